#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "simulation/scheduler.hpp"

namespace spdlog {
class logger;
}

namespace sagad::simulation {

constexpr Micros kSecond = 1'000'000;

/// How often what goes wrong, while faults are on: chances for each occasion,
/// or means.
struct Faults {
  double kill = 0;              ///< the process dies at this call of the outside
  double lost_statement = 0;    ///< the database's session is lost before a statement
  double conflict = 0;          ///< deadlock: the transaction is aborted
  double unknown_commit = 0;    ///< the connection dies around COMMIT; half of them were applied
  double slow_statement = 0;    ///< takes seconds
  double lost_publish = 0;      ///< does not arrive
  double lost_confirm = 0;      ///< arrives, and nobody hears of it
  double double_publish = 0;    ///< stored twice
  double lost_message = 0;      ///< confirmed and gone (only if `bus_loses`)
  double late_message = 0;      ///< delivered seconds later
  double early_redelivery = 0;  ///< delivered again while it is worked on
  double lost_ack = 0;
  double reorder = 0;  ///< a fetch takes what waits in any order
  double lost_reply = 0;
  bool bus_loses = false;  ///< the bus may lose what it has confirmed: messages, or all of it
  double mean_between_events = 0;  ///< seconds between kills, freezes, outages, jumps of the clock
};

/// One run: everything that is not of a process.
class World {
 public:
  World(std::uint64_t seed, bool trace);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// True with this chance while faults are on.
  bool strikes(double chance) { return faults_on && chance > 0 && random.uniform() < chance; }
  std::uint64_t below(std::uint64_t bound) { return random.next() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  double between(double low, double high) { return low + (high - low) * random.uniform(); }

  /// By the clock of the databases, which the faults move.
  base::Time database_now() const {
    return kEpoch + std::chrono::microseconds(scheduler.now() + clock_offset);
  }
  /// By the machines' clocks.
  base::Time machine_now() const { return kEpoch + std::chrono::microseconds(scheduler.now()); }

  /// Something that touches the outside: enters the trace.
  void trace(const std::string& what);
  bool tracing() const { return tracing_; }
  std::uint64_t trace_hash() const { return hash_; }
  void violate(std::string what);

  /// Where the calling task gives way and may be killed; throws Killed. `what`
  /// enters the trace.
  void touch(const char* what, double latency_ms);

  static const base::Time kEpoch;

  const std::uint64_t seed;
  base::Random random;
  Scheduler scheduler;
  Faults faults;
  bool faults_on = true;
  Micros clock_offset = 0;
  std::vector<std::string> violations;
  std::shared_ptr<spdlog::logger> log;

 private:
  const bool tracing_;
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

/// The world of the calling thread of the machine; for what the engine takes
/// from the system.
World& current_world();

}  // namespace sagad::simulation
