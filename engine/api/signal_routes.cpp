#include "api/signal_routes.hpp"

#include <utility>

#include "api/parameters.hpp"

namespace sagad::api {
namespace {

using Kind = runtime::SignalOutcome::Kind;

constexpr int kRetryAfter = 1;

Problem problem_of(const runtime::SignalOutcome& outcome) {
  Problem problem;
  problem.detail = outcome.detail;
  if (outcome.saga) problem.more = {{"saga", outcome.saga->str()}};
  const auto is = [&](int status, const char* code, const char* title) {
    problem.status = status;
    problem.code = code;
    problem.title = title;
  };
  switch (outcome.kind) {
    case Kind::kUnknownSaga:
      is(404, "unknown_saga", "Unknown saga");
      break;
    case Kind::kUnknownSignal:
      is(404, "unknown_signal", "Unknown signal");
      break;
    case Kind::kEnded:
      is(409, "saga_ended", "Saga has ended");
      break;
    case Kind::kConflict:
      is(409, "key_in_use", "Idempotency key in use");
      break;
    case Kind::kTooMany:
      is(429, "too_many_signals", "Too many signals");
      problem.retry_after = kRetryAfter;
      break;
    case Kind::kInvalid:
      is(400, "bad_signal", "Bad signal");
      break;
    default:
      is(503, "unavailable", "Unavailable");
      problem.detail += "; send it again with the same Idempotency-Key";
      problem.retry_after = kRetryAfter;
  }
  return problem;
}

Response send(runtime::Signals& signals, const Request& request, runtime::SignalRequest signal) {
  signal.key = idempotency_key(request);
  if (!request.body.empty()) signal.payload = json_body(request);
  const auto name = signal.name;
  const auto outcome = signals.send(std::move(signal));
  if (outcome.kind != Kind::kAccepted && outcome.kind != Kind::kExisting) {
    throw ProblemError(problem_of(outcome));
  }
  return json_response(json::object{{"saga", outcome.saga->str()},
                                    {"signal", name},
                                    {"existing", outcome.kind == Kind::kExisting}});
}

Response send_by_id(runtime::Signals& signals, const Request& request) {
  check_query(request, {});
  runtime::SignalRequest signal;
  signal.saga = saga_id(request.parameters.at(0));
  signal.name = request.parameters.at(1);
  return send(signals, request, std::move(signal));
}

Response send_by_key(runtime::Signals& signals, const Request& request) {
  check_query(request, {"definition", "key"});
  const auto definition = query_text(request, "definition");
  const auto key = query_text(request, "key");
  if (!definition || definition->empty() || !key || key->empty()) {
    throw ProblemError({400, "bad_parameter", "Bad parameter",
                        "give 'definition' and 'key', those of the start of the saga; or send the "
                        "signal to /v1/sagas/{id}/signals/{name}"});
  }
  runtime::SignalRequest signal;
  signal.saga_key = {*definition, *key};
  signal.name = request.parameters.at(0);
  return send(signals, request, std::move(signal));
}

}  // namespace

void add_signal_routes(Router& router, runtime::Signals& signals) {
  router.add("POST", "/v1/sagas/*/signals/*",
             [&signals](const Request& request) { return send_by_id(signals, request); });
  router.add("POST", "/v1/signals/*",
             [&signals](const Request& request) { return send_by_key(signals, request); });
}

}  // namespace sagad::api
