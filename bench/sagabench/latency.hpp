#pragma once

#include <chrono>
#include <cstdint>

#include "sagabench/books.hpp"
#include "sagabench/daemon.hpp"
#include "sagabench/starts.hpp"
#include "sagabench/statistics.hpp"

namespace sagad::bench {

/// What one load gave.
struct LoadLatencies {
  double rate = 0;       ///< starts a second that were asked for; 0 in a closed loop
  double completed = 0;  ///< sagas a second that were completed
  Latencies millis;
};

/// Measures the time from a start to the answer that the saga is completed, as the client of the
/// HTTP API sees it (`?wait`). The books are checked afterwards. Used by one thread.
class LatencyMeter {
 public:
  LatencyMeter(const Daemon& daemon, Books& books) : daemon_(daemon), books_(books) {}

  /// One client, which starts the next saga when the one before has ended.
  LoadLatencies closed_loop(StartMaker& maker, std::chrono::duration<double> time,
                            const SagaKind& kind = {});
  /// Starts arrive by themselves (Poisson), `rate` a second, whatever has become of the earlier
  /// ones; each is measured from the moment when it was due.
  LoadLatencies open_loop(StartMaker& maker, double rate, std::chrono::duration<double> time,
                          std::uint64_t seed);

 private:
  LoadLatencies run(const std::vector<Start>& starts, std::vector<std::chrono::nanoseconds> due,
                    int connections, const SagaKind& kind);

  const Daemon& daemon_;
  Books& books_;
};

}  // namespace sagad::bench
