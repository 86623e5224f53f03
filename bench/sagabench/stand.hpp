#pragma once

#include <optional>

#include "sagabench/books.hpp"
#include "sagabench/cost.hpp"
#include "sagabench/daemon.hpp"
#include "sagabench/doors.hpp"
#include "sagabench/latency.hpp"
#include "sagabench/throughput.hpp"

namespace sagad::bench {

/// sagad with all that is needed to measure it; the daemon is not started yet. Used by one thread.
class Stand {
 public:
  Stand(const Options& options, Installation& installation)
      : installation_(installation), daemon_(options, installation), jetstream_(installation) {
    daemon_.migrate();
    installation_.create_accounts("payments");
    books_.emplace(installation_);
    costs_.emplace(installation_, daemon_, jetstream_);
  }

  Daemon& daemon() { return daemon_; }
  JetStreamDoor& jetstream() { return jetstream_; }
  Books& books() { return *books_; }
  CostMeter& costs() { return *costs_; }
  StartMaker& maker() { return maker_; }
  ThroughputMeter throughput() { return ThroughputMeter(installation_, *books_, *costs_); }
  LatencyMeter latency() { return LatencyMeter(daemon_, *books_); }

  /// Starts the daemon in this form and lets it work a little: one that has just started
  /// compiles, connects and prepares first, which is not to be counted. Returns sagas a second.
  double begin_with(ActionForm form) {
    constexpr std::size_t kWarmUp = 400;
    daemon_.run(form);
    return throughput().measure(jetstream_, maker_, kWarmUp).sagas_per_s;
  }

 private:
  Installation& installation_;
  Daemon daemon_;
  JetStreamDoor jetstream_;
  std::optional<Books> books_;      // need the migrated tables
  std::optional<CostMeter> costs_;  // as above
  StartMaker maker_{20'240'601};
};

}  // namespace sagad::bench
