#include "api/saga_routes.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include "api/parameters.hpp"
#include "api/saga_filter.hpp"
#include "api/saga_view.hpp"

namespace sagad::api {
namespace {

using Outcome = runtime::StartOutcome;
using std::chrono::steady_clock;

constexpr base::Duration kLongestWait{60'000};
/// How long a waiter trusts announcements alone; an end decided by another daemon is not announced.
constexpr base::Duration kPollInterval{500};
constexpr int kDefaultLimit = 50;
constexpr int kMostLimit = 500;

ProblemError unknown_saga(base::SagaId id) {
  return ProblemError({404, "unknown_saga", "Unknown saga", "there is no saga " + id.str()});
}

/// The id in `parent`, which goes with no other filter but status and definition.
std::optional<base::SagaId> query_parent(const Request& request, const ports::SagaFilter& filter) {
  const auto text = query_text(request, "parent");
  if (!text) return std::nullopt;
  const bool more = filter.key || filter.retrying || filter.reason || filter.error_code ||
                    filter.older_than || filter.younger_than || !filter.tags.empty();
  if (more) {
    throw ProblemError({400, "bad_parameter", "Bad parameter",
                        "'parent' goes with no other filter than 'status' and 'definition'"});
  }
  return read_cursor(*text);
}

bool has_children(const definition::Definition& definition) {
  return std::any_of(definition.steps.begin(), definition.steps.end(),
                     [](const definition::Step& step) { return step.child.has_value(); });
}

/// The handlers of one API. Thread-safe, as what it works with is.
class SagaRoutes {
 public:
  SagaRoutes(SagaServices services, WaitingRoom& waiting)
      : services_(services), waiting_(waiting) {}

  Response start(const Request& request);
  Response get(const Request& request);
  Response history(const Request& request);
  Response list(const Request& request);

 private:
  saga::Instance read(base::SagaId id);
  bool is_whole(const saga::Instance& ended);
  saga::Instance wait_for(base::SagaId id, base::Duration wait);
  saga::Instance wait_for(base::SagaId id, runtime::Completions::Watch& watch, base::Duration wait,
                          bool just_started);
  /// Waits for the end of what `outcome` says, if asked to, and shows it. `watch` is on the id
  /// that a new saga gets, and older than that saga: its end cannot be missed.
  void add_end_state(json::object& document, const Outcome& outcome,
                     runtime::Completions::Watch& watch, base::Duration wait);
  json::object view(const saga::Instance& instance);
  Outcome submit(const Request& request, std::optional<base::SagaId> id);
  base::SagaId next_id();
  Outcome find_started(const runtime::StartRequest& start, Outcome retired);

  SagaServices services_;
  WaitingRoom& waiting_;
  std::mutex mutex_;
  base::IdGenerator ids_;  ///< guarded by mutex_
};

/// `tag.NAME=VALUE`, each.
std::vector<std::pair<std::string, std::string>> query_tags(const Request& request) {
  constexpr std::string_view kPrefix = "tag.";
  std::vector<std::pair<std::string, std::string>> tags;
  for (const auto& [name, value] : request.query) {
    if (name.rfind(kPrefix, 0) == 0) tags.emplace_back(name.substr(kPrefix.size()), value);
  }
  return tags;
}

[[noreturn]] void refuse(const Outcome& outcome, const runtime::StartRequest& start) {
  const auto version = start.version ? " in version " + std::to_string(*start.version) : "";
  switch (outcome.kind) {
    case Outcome::Kind::kUnknownDefinition:
      throw ProblemError({404, "unknown_definition", "Unknown definition",
                          "there is no active definition '" + start.definition + "'" + version +
                              "; GET /v1/definitions lists what there is"});
    case Outcome::Kind::kRetired:
      throw ProblemError({409, "retired_definition", "Retired definition",
                          "the definition '" + start.definition + "'" + version +
                              " is retired: no new saga is started with it; start another "
                              "version, or make it active again"});
    case Outcome::Kind::kInvalidInput:
      throw ProblemError({422, "invalid_input", "Invalid input",
                          "the input does not fit the input_schema of '" + start.definition + "'",
                          outcome.errors});
    case Outcome::Kind::kConflict:
      throw ProblemError({.status = 409,
                          .code = "key_in_use",
                          .title = "Idempotency key in use",
                          .detail = "the key '" + start.key +
                                    "' has started a saga with another input: " + outcome.id.str(),
                          .more = {{"saga", outcome.id.str()}}});
    case Outcome::Kind::kOverloaded:
      throw ProblemError({.status = 429,
                          .code = "overloaded",
                          .title = "Overloaded",
                          .detail = "too many starts wait already; nothing was started",
                          .retry_after = 1});
    default:
      throw ProblemError({.status = 503,
                          .code = "unavailable",
                          .title = "Unavailable",
                          .detail = "the start could not be committed, or it is not known whether "
                                    "it was; send it again with the same Idempotency-Key",
                          .errors = outcome.errors,
                          .retry_after = 1});
  }
}

Outcome SagaRoutes::submit(const Request& request, std::optional<base::SagaId> id) {
  runtime::StartRequest start;
  start.id = id;
  start.definition = request.parameters.at(0);
  start.version = query_number(request, "version", 1, 1'000'000'000);
  start.key = idempotency_key(request);
  start.input = json_body(request);
  auto outcome = services_.starter.submit(start);
  if (outcome.kind == Outcome::Kind::kRetired) outcome = find_started(start, outcome);
  if (outcome.kind != Outcome::Kind::kStarted && outcome.kind != Outcome::Kind::kExisting) {
    refuse(outcome, start);
  }
  return outcome;
}

/// A start is repeated because its answer was lost: also if the version was retired since, it gets
/// its saga.
Outcome SagaRoutes::find_started(const runtime::StartRequest& start, Outcome retired) {
  if (start.key.empty()) return retired;
  ports::SagaFilter filter;
  filter.definition = start.definition;
  filter.key = start.key;
  const auto found = services_.readers.with([&](ports::EngineReader& reader) {
    const auto sagas = reader.list(filter);
    return sagas.empty() ? std::nullopt : reader.get(sagas.front().id);
  });
  if (!found) return retired;
  const bool same = base::canonical_json(*found->input) == base::canonical_json(start.input);
  return {same ? Outcome::Kind::kExisting : Outcome::Kind::kConflict, found->id, {}};
}

Response SagaRoutes::start(const Request& request) {
  check_query(request, {"wait", "version"});
  const auto wait = query_wait(request, kLongestWait);
  std::optional<WaitingRoom::Seat> seat;
  std::optional<base::SagaId> id;
  std::optional<runtime::Completions::Watch> watch;
  if (wait) {
    seat.emplace(waiting_);
    id = next_id();
    watch.emplace(services_.completions, *id);
  }

  const auto outcome = submit(request, id);
  const bool existing = outcome.kind == Outcome::Kind::kExisting;
  json::object document{
      {"id", outcome.id.str()}, {"definition", request.parameters.at(0)}, {"existing", existing}};
  if (wait) add_end_state(document, outcome, *watch, *wait);
  auto response = json_response(document, existing ? 200 : 201);
  response.headers["Location"] = "/v1/sagas/" + outcome.id.str();
  return response;
}

base::SagaId SagaRoutes::next_id() {
  const std::lock_guard lock(mutex_);
  return ids_.next(base::SystemClock().now());
}

void SagaRoutes::add_end_state(json::object& document, const Outcome& outcome,
                               runtime::Completions::Watch& watch, base::Duration wait) {
  try {
    const auto ended = outcome.kind == Outcome::Kind::kStarted
                           ? wait_for(outcome.id, watch, wait, true)
                           : wait_for(outcome.id, wait);
    for (auto& [name, value] : view(ended)) document[name] = value;
  } catch (const ports::Unavailable&) {
    // The start is committed. An error here would say that it is not, and a client without a key
    // would start a second saga; so the answer is that of a start without `wait`.
    document["detail"] = "started, but its state could not be read: look at Location";
  }
}

Response SagaRoutes::get(const Request& request) {
  check_query(request, {"wait"});
  const auto id = saga_id(request.parameters.at(0));
  const auto wait = query_wait(request, kLongestWait);
  if (!wait) return json_response(view(read(id)));
  const WaitingRoom::Seat seat(waiting_);
  return json_response(view(wait_for(id, *wait)));
}

Response SagaRoutes::history(const Request& request) {
  check_query(request, {});
  const auto id = saga_id(request.parameters.at(0));
  const auto rows =
      services_.readers.with([&](ports::EngineReader& reader) { return reader.history(id); });
  // Every saga has a history, from its start on.
  if (rows.empty()) throw unknown_saga(id);
  return json_response(json::object{{"id", id.str()}, {"events", history_view(rows)}});
}

Response SagaRoutes::list(const Request& request) {
  check_query(request, {"status", "definition", "key", "parent", "retrying", "reason", "error_code",
                        "older_than", "younger_than", "limit", "cursor", "tag.*"});
  auto filter =
      read_filter([&](std::string_view name) { return query_text(request, std::string(name)); });
  filter.tags = query_tags(request);
  filter.parent = query_parent(request, filter);
  filter.limit = query_number(request, "limit", 1, kMostLimit).value_or(kDefaultLimit);
  if (const auto cursor = query_text(request, "cursor")) filter.before = read_cursor(*cursor);
  const auto sagas =
      services_.readers.with([&](ports::EngineReader& reader) { return reader.list(filter); });
  json::array items;
  for (const auto& saga : sagas) items.push_back(saga_summary(saga));
  const bool full = sagas.size() == static_cast<std::size_t>(filter.limit);
  const json::value next = full ? json::value(sagas.back().id.str()) : nullptr;
  return json_response(json::object{{"sagas", std::move(items)}, {"next_cursor", next}});
}

saga::Instance SagaRoutes::read(base::SagaId id) {
  auto instance =
      services_.readers.with([&](ports::EngineReader& reader) { return reader.get(id); });
  if (!instance) throw unknown_saga(id);
  return std::move(*instance);
}

saga::Instance SagaRoutes::wait_for(base::SagaId id, base::Duration wait) {
  runtime::Completions::Watch watch(services_.completions, id);
  return wait_for(id, watch, wait, false);
}

/// The saga when it has ended or paused, or as it is when the time is over. One that was just
/// started is not read before something is heard of it: it has hardly ended yet.
saga::Instance SagaRoutes::wait_for(base::SagaId id, runtime::Completions::Watch& watch,
                                    base::Duration wait, bool just_started) {
  const auto until = steady_clock::now() + wait;
  runtime::Completions::Ended ended;
  if (just_started) ended = watch.wait(std::min(wait, kPollInterval));
  for (;;) {
    if (ended != nullptr && is_whole(*ended)) return *ended;
    auto instance = read(id);
    const auto left = std::chrono::duration_cast<base::Duration>(until - steady_clock::now());
    if (saga::is_final(instance.status) || instance.status == saga::SagaStatus::kPaused ||
        left.count() <= 0 || waiting_.closed()) {
      return instance;
    }
    ended = watch.wait(std::min(left, kPollInterval));
  }
}

/// Whether nothing of it is in the database only.
bool SagaRoutes::is_whole(const saga::Instance& ended) {
  const auto definition = services_.definitions.by_digest(ended.digest);
  return definition != nullptr && definition->tags.empty();
}

json::object SagaRoutes::view(const saga::Instance& instance) {
  const auto definition = services_.definitions.by_digest(instance.digest);
  auto view = saga_view(instance, definition.get());
  if (definition == nullptr || !has_children(*definition)) return view;
  ports::SagaFilter filter;
  filter.parent = instance.id;
  filter.limit = kMostLimit;
  json::array children;
  for (const auto& child :
       services_.readers.with([&](ports::EngineReader& reader) { return reader.list(filter); })) {
    children.push_back(saga_summary(child));
  }
  view["children"] = std::move(children);
  return view;
}

}  // namespace

void add_saga_routes(Router& router, SagaServices services, WaitingRoom& waiting) {
  const auto routes = std::make_shared<SagaRoutes>(services, waiting);
  router.add("POST", "/v1/sagas/*", [routes](const Request& r) { return routes->start(r); });
  router.add("GET", "/v1/sagas", [routes](const Request& r) { return routes->list(r); });
  router.add("GET", "/v1/sagas/*", [routes](const Request& r) { return routes->get(r); });
  router.add("GET", "/v1/sagas/*/history",
             [routes](const Request& r) { return routes->history(r); });
}

}  // namespace sagad::api
