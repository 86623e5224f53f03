#include "api/dead_letter_routes.hpp"

#include <charconv>
#include <map>
#include <utility>

#include "api/fields.hpp"
#include "api/parameters.hpp"

namespace sagad::api {
namespace {

using Outcome = runtime::RedriveOutcome;

constexpr int kDefaultLimit = 50;
constexpr int kMostLimit = 500;
constexpr int kDefaultBulk = 100;
constexpr int kMostBulk = 1000;

json::value text_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return json::string(text);
}

json::value saga_or_null(const std::optional<base::SagaId>& saga) {
  if (!saga) return nullptr;
  return json::string(saga->str());
}

json::object view(const ports::StoredDeadLetter& stored) {
  const auto& letter = stored.letter;
  json::object view{{"id", stored.id},
                    {"state", ports::to_string(stored.state)},
                    {"at", base::format_time(stored.at)},
                    {"last_at", base::format_time(stored.last_at)},
                    {"times", stored.times},
                    {"saga", saga_or_null(letter.saga)},
                    {"participant", letter.participant},
                    {"subject", letter.subject},
                    {"reason", letter.reason},
                    {"message", letter.message},
                    {"handled_at", nullptr},
                    {"handled_by", nullptr},
                    {"handled_reason", nullptr}};
  if (stored.handled) {
    view["handled_at"] = base::format_time(stored.handled->at);
    view["handled_by"] = text_or_null(stored.handled->by);
    view["handled_reason"] = text_or_null(stored.handled->reason);
  }
  return view;
}

std::int64_t letter_id(const std::string& text) {
  std::int64_t id = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, id);
  if (error == std::errc{} && stop == end && id > 0) return id;
  throw ProblemError({404, "unknown_dead_letter", "Unknown dead letter",
                      "'" + text + "' is not the id of a dead letter, which is a number"});
}

ProblemError unknown_letter(std::int64_t id) {
  return ProblemError({404, "unknown_dead_letter", "Unknown dead letter",
                       "there is no dead letter " + std::to_string(id)});
}

ProblemError not_open(std::int64_t id, ports::DeadLetterState state) {
  return ProblemError({409, "not_open", "Not open",
                       "dead letter " + std::to_string(id) + " is " +
                           std::string(ports::to_string(state)) + " already"});
}

std::string_view word(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::kSent:
      return "sent";
    case Outcome::Kind::kAnswered:
      return "answered";
    case Outcome::Kind::kStarted:
      return "started";
    case Outcome::Kind::kExisting:
      return "existing";
    case Outcome::Kind::kUnavailable:
      return "unavailable";
    default:
      return "refused";
  }
}

[[noreturn]] void refuse(std::int64_t id, const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::kUnknown) throw unknown_letter(id);
  if (outcome.kind == Outcome::Kind::kNotOpen) throw not_open(id, outcome.state);
  if (outcome.kind == Outcome::Kind::kUnavailable) {
    throw ProblemError({.status = 503,
                        .code = "unavailable",
                        .title = "Unavailable",
                        .detail = "it could not be sent, or it is not known whether it was; the "
                                  "letter is still open, and redriving it again does no harm",
                        .errors = outcome.errors,
                        .retry_after = 1});
  }
  throw ProblemError({.status = 409,
                      .code = "not_redrivable",
                      .title = "Cannot be sent again",
                      .detail = "dead letter " + std::to_string(id) + " stays open",
                      .errors = outcome.errors,
                      .more = {{"saga", saga_or_null(outcome.saga)}}});
}

ports::DeadLetterFilter query_filter(const Request& request) {
  ports::DeadLetterFilter filter;
  filter.participant = query_text(request, "participant");
  filter.reason = query_text(request, "reason");
  try {
    if (const auto state = query_text(request, "state")) {
      filter.state = ports::parse_dead_letter_state(*state);
    }
    if (const auto saga = query_text(request, "saga")) filter.saga = base::SagaId::parse(*saga);
  } catch (const std::invalid_argument& error) {
    throw ProblemError({400, "bad_parameter", "Bad parameter", error.what()});
  }
  return filter;
}

ports::DeadLetterFilter body_filter(const Fields& fields) {
  ports::DeadLetterFilter filter;
  filter.participant = fields.text("participant");
  filter.reason = fields.text("reason");
  try {
    if (const auto saga = fields.text("saga")) filter.saga = base::SagaId::parse(*saga);
  } catch (const std::invalid_argument& error) {
    throw ProblemError(
        {400, "bad_parameter", "Bad parameter", std::string("'filter.saga': ") + error.what()});
  }
  return filter;
}

runtime::Handler handler_of(const Fields& fields) {
  return {fields.text("by").value_or(""), fields.text("reason").value_or("")};
}

Response list(const Request& request, runtime::DeadLetters& letters) {
  check_query(request, {"state", "participant", "reason", "saga", "limit", "cursor"});
  const auto filter = query_filter(request);
  const int limit = query_number(request, "limit", 1, kMostLimit).value_or(kDefaultLimit);
  std::optional<std::int64_t> before;
  if (const auto cursor = query_text(request, "cursor")) before = letter_id(*cursor);
  const auto found = letters.list(filter, limit, before);
  json::array items;
  for (const auto& letter : found) items.push_back(view(letter));
  const bool full = found.size() == static_cast<std::size_t>(limit);
  const json::value next = full ? json::value(std::to_string(found.back().id)) : nullptr;
  return json_response(json::object{{"dead_letters", std::move(items)}, {"next_cursor", next}});
}

Response get(const Request& request, runtime::DeadLetters& letters) {
  check_query(request, {});
  const auto id = letter_id(request.parameters.at(0));
  const auto found = letters.get(id);
  if (!found) throw unknown_letter(id);
  auto document = view(*found);
  document["payload"] = found->letter.payload;
  return json_response(document);
}

Response redrive(const Request& request, runtime::DeadLetters& letters) {
  check_query(request, {});
  const auto id = letter_id(request.parameters.at(0));
  const Fields fields(json_body(request), {"by", "reason"});
  const auto outcome = letters.redrive(id, handler_of(fields));
  if (!outcome.ok()) refuse(id, outcome);
  return json_response(json::object{{"id", id},
                                    {"state", "redriven"},
                                    {"result", word(outcome.kind)},
                                    {"saga", saga_or_null(outcome.saga)}});
}

Response discard(const Request& request, runtime::DeadLetters& letters) {
  check_query(request, {});
  const auto id = letter_id(request.parameters.at(0));
  const Fields fields(json_body(request), {"by", "reason"});
  if (!letters.discard(id, handler_of(fields))) {
    const auto found = letters.get(id);
    if (!found) throw unknown_letter(id);
    throw not_open(id, found->state);
  }
  return json_response(json::object{{"id", id}, {"state", "discarded"}});
}

/// What many have in common.
struct Bulk {
  ports::DeadLetterFilter filter;
  runtime::Handler handler;
  int limit = kDefaultBulk;
  bool dry_run = false;
};

Bulk read_bulk(const Request& request) {
  check_query(request, {});
  const Fields fields(json_body(request), {"filter", "limit", "dry_run", "by", "reason"});
  Bulk bulk;
  bulk.filter = body_filter(fields.object("filter", {"participant", "reason", "saga"}));
  bulk.handler = handler_of(fields);
  bulk.limit = fields.number("limit", 1, kMostBulk).value_or(kDefaultBulk);
  bulk.dry_run = fields.boolean("dry_run").value_or(false);
  return bulk;
}

/// The oldest first. One that cannot be sent stops no other; the same request again goes on.
Response redrive_many(const Request& request, runtime::DeadLetters& letters) {
  const auto bulk = read_bulk(request);
  json::object answer{{"open", letters.count(bulk.filter)}, {"dry_run", bulk.dry_run}};
  if (bulk.dry_run) return json_response(answer);
  std::map<std::string, int> counts;
  json::array refusals;
  for (const auto id : letters.oldest(bulk.filter, bulk.limit)) {
    const auto outcome = letters.redrive(id, bulk.handler);
    if (outcome.kind == Outcome::Kind::kUnknown || outcome.kind == Outcome::Kind::kNotOpen) {
      continue;  // somebody else was faster
    }
    ++counts[std::string(word(outcome.kind))];
    if (outcome.ok()) continue;
    json::array errors;
    for (const auto& error : outcome.errors) errors.push_back(json::string(error));
    refusals.push_back(json::object{{"id", id}, {"errors", std::move(errors)}});
  }
  json::object results;
  for (const auto& [name, count] : counts) results[name] = count;
  answer["results"] = std::move(results);
  answer["refused"] = std::move(refusals);
  return json_response(answer);
}

Response discard_many(const Request& request, runtime::DeadLetters& letters) {
  const auto bulk = read_bulk(request);
  json::object answer{{"open", letters.count(bulk.filter)}, {"dry_run", bulk.dry_run}};
  if (bulk.dry_run) return json_response(answer);
  int discarded = 0;
  for (const auto id : letters.oldest(bulk.filter, bulk.limit)) {
    if (letters.discard(id, bulk.handler)) ++discarded;
  }
  answer["discarded"] = discarded;
  return json_response(answer);
}

}  // namespace

void add_dead_letter_routes(Router& router, runtime::DeadLetters& letters) {
  using Act = Response (*)(const Request&, runtime::DeadLetters&);
  const auto add = [&](const char* method, const char* path, Act act) {
    router.add(method, path,
               [act, &letters](const Request& request) { return act(request, letters); });
  };
  add("GET", "/v1/dead-letters", list);
  add("GET", "/v1/dead-letters/*", get);
  add("POST", "/v1/dead-letters/redrive", redrive_many);
  add("POST", "/v1/dead-letters/discard", discard_many);
  add("POST", "/v1/dead-letters/*/redrive", redrive);
  add("POST", "/v1/dead-letters/*/discard", discard);
}

}  // namespace sagad::api
