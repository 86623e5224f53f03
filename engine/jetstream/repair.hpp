#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "base/time.hpp"
#include "jetstream/streams.hpp"

namespace sagad::jetstream {

/// Finds consumers that can deliver nothing (protocol, section 5), by what it saw of them before.
/// Knows nothing of NATS. Not thread-safe.
class StuckFinder {
 public:
  using Clock = std::chrono::steady_clock;

  /// True if the consumer is ahead of its stream, or has pending messages and open pulls but has
  /// not moved for `stuck_for`, as far as these looks show.
  bool is_stuck(const std::string& consumer, const ConsumerState& state, base::Duration stuck_for,
                Clock::time_point now);
  void forget(const std::string& consumer);

 private:
  struct Sight {
    ConsumerState state;
    Clock::time_point since;  ///< it has looked like this, pending and pulled
  };
  std::map<std::string, Sight> sights_;
};

/// Deletes and makes anew what StuckFinder finds. Thread-safe.
class Repair {
 public:
  Repair(Names names, std::shared_ptr<Streams> streams, std::shared_ptr<spdlog::logger> log);
  /// Of one stream; returns how many. Throws ports::Unavailable.
  int run(const ports::StreamRef& stream, base::Duration stuck_for);

 private:
  const Names names_;
  const std::shared_ptr<Streams> streams_;
  const std::shared_ptr<spdlog::logger> log_;
  std::mutex mutex_;
  StuckFinder finder_;  ///< guarded by mutex_
};

}  // namespace sagad::jetstream
