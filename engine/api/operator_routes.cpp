#include "api/operator_routes.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "api/answer_routes.hpp"
#include "api/operator_body.hpp"
#include "api/parameters.hpp"
#include "api/saga_view.hpp"

namespace sagad::api {
namespace {

using saga::Verb;
using saga::Verdict;
using std::chrono::steady_clock;

constexpr base::Duration kDefaultWait{10'000};
constexpr base::Duration kLongestWait{60'000};
constexpr base::Duration kFirstLook{10};
constexpr base::Duration kLastLook{250};

json::array names_of(const std::vector<Verb>& verbs) {
  json::array names;
  for (const auto verb : verbs) names.emplace_back(saga::to_string(verb));
  return names;
}

/// The handlers of one API. Thread-safe, as what it works with is.
class OperatorRoutes {
 public:
  OperatorRoutes(SagaServices services, WaitingRoom& waiting)
      : services_(services), waiting_(waiting) {}

  /// `step` says whether the path names one.
  Response handle(const Request& request, Verb verb, bool step);

 private:
  saga::Instance read(base::SagaId id);
  Verdict wait_for(base::SagaId id, const saga::Intervention& order, base::Duration wait);
  Verdict outcome(base::SagaId id, const saga::Intervention& order);
  Response answer(base::SagaId id, const saga::Intervention& order, const Verdict& verdict);
  [[noreturn]] void refuse(base::SagaId id, const saga::Intervention& order,
                           const Verdict& verdict);

  SagaServices services_;
  WaitingRoom& waiting_;
};

ProblemError unknown_saga(base::SagaId id) {
  return ProblemError({404, "unknown_saga", "Unknown saga", "there is no saga " + id.str()});
}

Response OperatorRoutes::handle(const Request& request, Verb verb, bool step) {
  if (verb == Verb::kComplete) {
    // The same path for those who have the step's token: whoever does the work, not an operator.
    if (const auto body = json_body(request); has_token(body)) {
      return complete_with_token(request, body, services_.final_answers);
    }
  }
  check_query(request, {"wait"});
  const auto id = saga_id(request.parameters.at(0));
  const auto wait = query_wait(request, kLongestWait).value_or(kDefaultWait);
  auto order = read_order(object_body(request), verb);
  if (step) order.step = request.parameters.at(1);
  const auto ordered = services_.operators.order(id, order);
  if (!ordered.error.empty()) throw ports::Unavailable(ordered.error);
  if (!ordered.verdict) throw unknown_saga(id);
  auto verdict = *ordered.verdict;
  if (verdict.kind == Verdict::Kind::kPending) verdict = wait_for(id, order, wait);
  if (verdict.kind == Verdict::Kind::kRefused) refuse(id, order, verdict);
  return answer(id, order, verdict);
}

/// Answers of participants come in milliseconds, or after somebody has mended something.
Verdict OperatorRoutes::wait_for(base::SagaId id, const saga::Intervention& order,
                                 base::Duration wait) {
  const WaitingRoom::Seat seat(waiting_, std::nothrow);
  const auto until = steady_clock::now() + (seat.taken() ? wait : base::Duration{0});
  auto pause = kFirstLook;
  for (;;) {
    const auto instance = read(id);
    const auto& pending = instance.control.pending;
    if (!pending || pending->order.verb != order.verb || pending->order.step != order.step) {
      return outcome(id, order);
    }
    const auto left = std::chrono::duration_cast<base::Duration>(until - steady_clock::now());
    if (left.count() <= 0 || waiting_.closed()) return {Verdict::Kind::kPending, {}, {}};
    std::this_thread::sleep_for(std::min(pause, left));
    pause = std::min(pause * 2, kLastLook);
  }
}

/// What the history says became of it: of an order that was given twice, it is the first's.
Verdict OperatorRoutes::outcome(base::SagaId id, const saga::Intervention& order) {
  const auto rows =
      services_.readers.with([&](ports::EngineReader& reader) { return reader.history(id); });
  const auto events = history_view(rows);
  const auto text = [](const json::object& event, std::string_view name) {
    const auto* value = event.if_contains({name.data(), name.size()});
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
  };
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    const auto& one = event->as_object();
    if (text(one, "verb") != saga::to_string(order.verb) || text(one, "step") != order.step) {
      continue;
    }
    if (text(one, "type") == "verb_applied") return {Verdict::Kind::kApplied, {}, {}};
    if (text(one, "type") == "verb_refused") {
      return {Verdict::Kind::kRefused, text(one, "code"), text(one, "message")};
    }
  }
  return {Verdict::Kind::kPending, {}, {}};
}

Response OperatorRoutes::answer(base::SagaId id, const saga::Intervention& order,
                                const Verdict& verdict) {
  const auto instance = read(id);
  const auto definition = services_.definitions.by_digest(instance.digest);
  json::object document{{"id", id.str()},
                        {"verb", saga::to_string(order.verb)},
                        {"result", saga::to_string(verdict.kind)},
                        {"saga", saga_view(instance, definition.get())}};
  return json_response(document, verdict.kind == Verdict::Kind::kPending ? 202 : 200);
}

void OperatorRoutes::refuse(base::SagaId id, const saga::Intervention& order,
                            const Verdict& verdict) {
  if (verdict.code == "unknown_step") {
    throw ProblemError({404, "unknown_step", "Unknown step", verdict.message});
  }
  const auto instance = read(id);
  throw ProblemError({.status = 409,
                      .code = "verb_refused",
                      .title = "Refused",
                      .detail = verdict.message,
                      .more = {{"saga", id.str()},
                               {"verb", saga::to_string(order.verb)},
                               {"code", verdict.code},
                               {"status", saga::to_string(instance.status)},
                               {"possible", names_of(saga::possible_verbs(instance))}}});
}

saga::Instance OperatorRoutes::read(base::SagaId id) {
  auto instance =
      services_.readers.with([&](ports::EngineReader& reader) { return reader.get(id); });
  if (!instance) throw unknown_saga(id);
  return std::move(*instance);
}

}  // namespace

void add_operator_routes(Router& router, SagaServices services, WaitingRoom& waiting) {
  const auto routes = std::make_shared<OperatorRoutes>(services, waiting);
  const auto add = [&](const std::string& path, Verb verb, bool step) {
    router.add("POST", path + std::string(saga::to_string(verb)),
               [routes, verb, step](const Request& r) { return routes->handle(r, verb, step); });
  };
  for (const auto verb : {Verb::kCancel, Verb::kPause, Verb::kResume, Verb::kRetry, Verb::kFail}) {
    add("/v1/sagas/*/", verb, false);
  }
  for (const auto verb : {Verb::kSkip, Verb::kComplete, Verb::kEdit, Verb::kRetry}) {
    add("/v1/sagas/*/steps/*/", verb, true);
  }
}

}  // namespace sagad::api
