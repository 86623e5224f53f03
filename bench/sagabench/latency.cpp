#include "sagabench/latency.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <stdexcept>

#include "base/random.hpp"
#include "sagabench/http_load.hpp"

namespace sagad::bench {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::seconds kPatience{30};
constexpr int kTrialSagas = 30;
/// Fewer than the daemon lets wait (daemon.cpp); what finds none free waits, and that counts.
constexpr int kOpenLoopConnections = 256;

void check_completed(const HttpOutcome& outcome) {
  if (outcome.status == 201) {
    const auto document = boost::json::parse(outcome.body);
    if (document.at("status") == "completed") return;
  }
  throw std::runtime_error("sagad answered a start with ?wait with " +
                           std::to_string(outcome.status) + ": " + outcome.body);
}

}  // namespace

LoadLatencies LatencyMeter::run(const std::vector<Start>& starts, std::vector<nanoseconds> due,
                                int connections, const SagaKind& kind) {
  std::vector<HttpRequest> requests;
  requests.reserve(starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    requests.push_back({http_post("/v1/sagas/" + starts[i].definition + "?wait=30s", starts[i].key,
                                  starts[i].input),
                        due.empty() ? nanoseconds{0} : due[i]});
  }
  const auto mark = books_.mark();
  const auto outcomes = run_http_load(daemon_.api_port(), connections, requests, true);
  std::vector<double> samples;
  nanoseconds last{0};
  for (const auto& outcome : outcomes) {
    check_completed(outcome);
    samples.push_back(due.empty() ? outcome.millis_since_sent() : outcome.millis_since_due());
    last = std::max(last, outcome.answered);
  }
  books_.wait_for(mark, starts.size(), kPatience, kind);
  books_.wait_until_quiet(kPatience);
  books_.check(mark, starts, 0, kind);
  return {
      .rate = 0,
      .completed = static_cast<double>(starts.size()) / std::chrono::duration<double>(last).count(),
      .millis = percentiles(std::move(samples))};
}

LoadLatencies LatencyMeter::closed_loop(StartMaker& maker, std::chrono::duration<double> time,
                                        const SagaKind& kind) {
  // As many as fit into the time, as far as a few of them tell.
  const auto trial = run(maker.make(kTrialSagas, 0, kind), {}, 1, kind);
  const auto count = static_cast<std::size_t>(trial.completed * time.count());
  return run(maker.make(std::max<std::size_t>(count, kTrialSagas), 0, kind), {}, 1, kind);
}

LoadLatencies LatencyMeter::open_loop(StartMaker& maker, double rate,
                                      std::chrono::duration<double> time, std::uint64_t seed) {
  base::Random random(seed);
  std::vector<nanoseconds> due;
  for (double at = 0;;) {
    at += -std::log(1 - random.uniform()) / rate;
    if (at > time.count()) break;
    due.emplace_back(static_cast<std::int64_t>(at * 1e9));
  }
  if (due.empty()) throw std::runtime_error("the rate of the open loop is too small");
  const auto starts = maker.make(due.size());
  auto result = run(starts, std::move(due), kOpenLoopConnections, {});
  result.rate = rate;
  return result;
}

}  // namespace sagad::bench
