#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ports/bus.hpp"

namespace sagad::jetstream {

/// The publishes that are not confirmed yet: at most `capacity`, each with a deadline. It owns
/// the promise that every one of them ends in exactly one call of its sink. Knows nothing of
/// NATS. Thread-safe; sinks are called without its lock.
class InFlight {
 public:
  using Clock = std::chrono::steady_clock;
  /// Names one publish: the place in the table and how often that place was used, so that a late
  /// answer to an older publish is not taken for one to a newer.
  using Token = std::uint64_t;

  /// `capacity` is at most 65,536.
  InFlight(std::size_t capacity, std::chrono::milliseconds timeout);
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight() = default;

  /// Takes in as many of the rows as have room, from the first on; returns their tokens.
  std::vector<Token> enter(std::span<const ports::OutboxRow> rows, ports::PublishSink& sink,
                           Clock::time_point now);

  /// End a publish. Unknown tokens (ended before) are ignored.
  void confirm(Token token);
  void refuse(Token token, const std::string& reason, bool permanent);

  /// Refuses those whose deadline has passed; returns how many.
  std::size_t refuse_expired(Clock::time_point now);
  /// Refuses all that are in flight now; returns how many.
  std::size_t refuse_all(const std::string& reason);

  /// When the oldest one expires; none if nothing is in flight.
  std::optional<Clock::time_point> next_deadline() const;
  /// Waits until the sink has been called for all of its publishes and has returned.
  bool wait_for(ports::PublishSink& sink, std::chrono::milliseconds timeout);
  /// Waits until no sink is in a call any more; after refuse_all() and the last enter().
  void wait_idle();
  std::size_t size() const;

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = ~Index{0};

  struct Place {
    ports::OutboxId id;
    ports::PublishSink* sink = nullptr;  ///< null: free
    Clock::time_point deadline;
    std::uint64_t used = 0;
    Index before = kNone;  ///< neighbours in the order of deadlines
    Index after = kNone;   ///< or the next free place
  };
  struct Ended {
    ports::OutboxId id;
    ports::PublishSink* sink;
  };

  static Token token_of(Index index, std::uint64_t used);
  // These want the lock.
  Token occupy(const ports::OutboxId& id, ports::PublishSink& sink, Clock::time_point deadline);
  std::optional<Ended> release(Token token);
  Ended release_oldest();
  void unlink(Index index);

  void refuse_each(const std::vector<Ended>& ended, const std::string& reason);
  void returned(ports::PublishSink& sink, std::size_t count);

  const std::chrono::milliseconds timeout_;
  mutable std::mutex mutex_;
  std::condition_variable all_ended_;
  std::vector<Place> places_;  ///< guarded by mutex_, as all below
  Index free_ = kNone;
  Index oldest_ = kNone;
  Index newest_ = kNone;
  std::size_t size_ = 0;
  std::unordered_map<ports::PublishSink*, std::size_t> open_;  ///< calls that a sink still awaits
};

}  // namespace sagad::jetstream
