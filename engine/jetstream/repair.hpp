#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

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

  /// True if for `stuck_for` the stream has begun with the same message and has held more than its
  /// consumers (all of them in `consumers`) have pending or unacknowledged: after a crash the
  /// server may keep a message that its consumer has already passed, and deliver it no more.
  bool has_orphans(const std::string& stream, const std::vector<ConsumerState>& consumers,
                   base::Duration stuck_for, Clock::time_point now);

 private:
  struct Sight {
    ConsumerState state;
    Clock::time_point since;  ///< it has looked like this, pending and pulled
  };
  struct Orphans {
    std::uint64_t first = 0;
    Clock::time_point since;
  };
  std::map<std::string, Sight> sights_;
  std::map<std::string, Orphans> orphans_;
};

/// Deletes and makes anew what StuckFinder finds: the new consumer delivers everything that the
/// stream holds, and what had been dealt with is recognised by those who get it. Thread-safe.
class Repair {
 public:
  Repair(Names names, std::shared_ptr<Streams> streams, std::shared_ptr<spdlog::logger> log);
  /// Of one stream; returns how many. Throws ports::Unavailable.
  int run(const ports::StreamRef& stream, base::Duration stuck_for);

 private:
  using Seen = std::pair<ConsumerSpec, ConsumerState>;

  bool is_stuck(const Seen& seen, base::Duration stuck_for);
  bool has_orphans(const ports::StreamRef& stream, const std::vector<Seen>& consumers,
                   base::Duration stuck_for);

  const Names names_;
  const std::shared_ptr<Streams> streams_;
  const std::shared_ptr<spdlog::logger> log_;
  std::mutex mutex_;
  StuckFinder finder_;  ///< guarded by mutex_
};

}  // namespace sagad::jetstream
