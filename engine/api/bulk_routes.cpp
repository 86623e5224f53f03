#include "api/bulk_routes.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "api/operator_body.hpp"
#include "api/saga_filter.hpp"

namespace sagad::api {
namespace {

using saga::Verdict;
using std::chrono::steady_clock;

/// One request works for so long, then its client asks for the rest.
constexpr std::chrono::seconds kOneRequest{5};
constexpr int kMostLimit = 10'000;
constexpr int kDefaultRate = 50;
constexpr int kMostRate = 1000;
/// Sagas in one transaction at most: they are locked together.
constexpr int kMostTogether = 64;
/// Refusals are listed up to so many, and counted beyond.
constexpr std::size_t kMostListed = 100;

/// What is to be done to which sagas.
struct Bulk {
  saga::Intervention order;
  ports::SagaFilter filter;
  bool dry_run = false;
  int limit = 1000;
  int rate = kDefaultRate;  ///< sagas a second
};

/// What one request has done.
struct Report {
  int applied = 0;
  int unchanged = 0;
  int pending = 0;
  int refused = 0;
  int failed = 0;
  json::array refusals;

  int all() const { return applied + unchanged + pending + refused + failed; }

  void add(const runtime::Ordered& one) {
    if (!one.error.empty()) {
      ++failed;
      list(one.saga, "unavailable", one.error);
    } else if (one.verdict) {
      add(one.saga, *one.verdict);
    }
  }

 private:
  void add(base::SagaId saga, const Verdict& verdict) {
    switch (verdict.kind) {
      case Verdict::Kind::kApplied:
        ++applied;
        break;
      case Verdict::Kind::kUnchanged:
        ++unchanged;
        break;
      case Verdict::Kind::kPending:
        ++pending;
        break;
      case Verdict::Kind::kRefused:
        ++refused;
        list(saga, verdict.code, verdict.message);
        break;
    }
  }
  void list(base::SagaId saga, const std::string& code, const std::string& message) {
    if (refusals.size() >= kMostListed) return;
    refusals.push_back({{"saga", saga.str()}, {"code", code}, {"message", message}});
  }
};

/// `{"NAME": "VALUE"}`: with all of these tags.
std::vector<std::pair<std::string, std::string>> tags_of(const json::value& member) {
  if (!member.is_object()) refuse_order("'filter': 'tags' must be an object of strings");
  std::vector<std::pair<std::string, std::string>> tags;
  for (const auto& [name, value] : member.get_object()) {
    if (!value.is_string()) {
      refuse_order("'filter': the tag '" + std::string(name) + "' must be a string");
    }
    tags.emplace_back(name, value.get_string());
  }
  return tags;
}

ports::SagaFilter filter_of(const json::object& body) {
  const auto* member = body.if_contains("filter");
  if (member == nullptr || !member->is_object() || member->get_object().empty()) {
    refuse_order(
        "'filter' must be an object with at least one member, like "
        "{\"status\": \"paused\"}: without one it would be every live saga");
  }
  constexpr std::string_view kKnown[] = {"status", "definition", "key",        "retrying",
                                         "reason", "error_code", "older_than", "younger_than"};
  auto members = member->get_object();
  std::vector<std::pair<std::string, std::string>> tags;
  if (const auto* given = members.if_contains("tags")) {
    tags = tags_of(*given);
    members.erase("tags");
  }
  for (const auto& [name, value] : members) {
    const std::string_view text(name.data(), name.size());
    const bool known = std::find(std::begin(kKnown), std::end(kKnown), text) != std::end(kKnown);
    if (!known) refuse_order("'filter' has the unknown member '" + std::string(text) + "'");
    if (!value.is_string() && !value.is_bool()) {
      refuse_order("'filter': '" + std::string(text) + "' must be a string");
    }
  }
  auto filter = read_filter([&](std::string_view name) -> std::optional<std::string> {
    const auto* value = members.if_contains({name.data(), name.size()});
    if (value == nullptr) return std::nullopt;
    if (value->is_bool()) return value->get_bool() ? "true" : "false";
    return std::string(value->get_string());
  });
  if (filter.status && saga::is_final(*filter.status)) {
    refuse_order("'filter': a saga that is " + std::string(saga::to_string(*filter.status)) +
                 " has ended: nothing can be ordered of it");
  }
  filter.live = true;
  filter.tags = std::move(tags);
  return filter;
}

saga::Verb verb_of(const json::object& body) {
  try {
    return saga::parse_verb(member_text(body, "verb", 20).value_or(""));
  } catch (const std::invalid_argument& error) {
    refuse_order(error.what());
  }
}

Bulk read_bulk(const Request& request) {
  const auto body = object_body(request);
  Bulk bulk;
  bulk.order =
      read_order(body, verb_of(body),
                 {"verb", "filter", "dry_run", "limit", "max_per_second", "cursor", "step"});
  bulk.order.step = member_text(body, "step", 200).value_or("");
  if (saga::needs_step(bulk.order.verb) && bulk.order.step.empty()) {
    refuse_order("'step' is missing: '" + std::string(saga::to_string(bulk.order.verb)) +
                 "' concerns a step");
  }
  bulk.filter = filter_of(body);
  bulk.dry_run = member_flag(body, "dry_run").value_or(false);
  bulk.limit = member_number(body, "limit", 1, kMostLimit).value_or(bulk.limit);
  bulk.rate = member_number(body, "max_per_second", 1, kMostRate).value_or(bulk.rate);
  if (const auto cursor = member_text(body, "cursor", 36)) {
    bulk.filter.before = read_cursor(*cursor);
  }
  return bulk;
}

Response dry_run(const Bulk& bulk, const SagaServices& services) {
  const auto counts = services.readers.with(
      [&](ports::EngineReader& reader) { return reader.count_live(bulk.filter); });
  std::int64_t matching = 0;
  json::array groups;
  for (const auto& count : counts) {
    matching += count.count;
    groups.push_back({{"definition", count.definition},
                      {"status", saga::to_string(count.status)},
                      {"count", count.count}});
  }
  return json_response(
      json::object{{"dry_run", true}, {"matching", matching}, {"sagas", std::move(groups)}});
}

/// Works until the limit is reached, nothing is left, or the time is over.
Response run(Bulk bulk, const SagaServices& services, const WaitingRoom& waiting) {
  const auto until = steady_clock::now() + kOneRequest;
  const int together = std::clamp(bulk.rate / 4, 1, kMostTogether);
  auto next = steady_clock::now();
  Report report;
  bool more = true;
  while (more && report.all() < bulk.limit && steady_clock::now() < until && !waiting.closed()) {
    std::this_thread::sleep_until(next);
    bulk.filter.limit = std::min(together, bulk.limit - report.all());
    const auto sagas = services.readers.with(
        [&](ports::EngineReader& reader) { return reader.list(bulk.filter); });
    more = sagas.size() == static_cast<std::size_t>(bulk.filter.limit);
    if (sagas.empty()) break;
    std::vector<base::SagaId> ids;
    for (const auto& saga : sagas) ids.push_back(saga.id);
    for (const auto& one : services.operators.order(ids, bulk.order)) report.add(one);
    bulk.filter.before = ids.back();
    next += std::chrono::microseconds(1'000'000LL * static_cast<long long>(ids.size()) / bulk.rate);
  }
  const json::value cursor =
      more && bulk.filter.before ? json::value(bulk.filter.before->str()) : nullptr;
  return json_response(json::object{{"dry_run", false},
                                    {"applied", report.applied},
                                    {"unchanged", report.unchanged},
                                    {"pending", report.pending},
                                    {"refused", report.refused},
                                    {"failed", report.failed},
                                    {"refusals", std::move(report.refusals)},
                                    {"next_cursor", cursor}});
}

}  // namespace

void add_bulk_routes(Router& router, SagaServices services, WaitingRoom& waiting) {
  router.add("POST", "/v1/sagas/bulk", [services, &waiting](const Request& request) {
    auto bulk = read_bulk(request);
    if (bulk.dry_run) return dry_run(bulk, services);
    const WaitingRoom::Seat seat(waiting);
    return run(std::move(bulk), services, waiting);
  });
}

}  // namespace sagad::api
