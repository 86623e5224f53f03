#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/sync.hpp"
#include "ports/outbox.hpp"

namespace sagad::runtime {

/// What a relay remembers of the rows that it has published: which are in flight, and which are
/// confirmed and not deleted yet. Bounded: above the capacity rows are left to the sweep.
/// Thread-safe; one sweep at a time.
class RelayBook {
 public:
  using Clock = base::SteadyClock;

  /// What became of a sweep's rows.
  struct Swept {
    std::vector<ports::OutboxId> confirmed;
    std::map<ports::OutboxId, std::string> never;  ///< can never be published, and why
  };

  explicit RelayBook(std::size_t capacity) : capacity_(capacity) {}

  /// Enters rows that are about to be published; false, and nothing is entered, if they do not
  /// fit.
  bool enter(const std::vector<ports::OutboxRow>& rows);
  void confirmed(ports::OutboxId id);
  void refused(ports::OutboxId id, const std::string& reason, bool permanent);

  std::vector<ports::OutboxId> take_confirmed(std::size_t limit);
  void give_back(const std::vector<ports::OutboxId>& ids);
  /// How long the oldest confirmed row has waited to be taken; nothing without one.
  std::optional<Clock::duration> confirmed_age() const;

  /// Opens a sweep over rows that were found in the table and enters those that are to be
  /// published now, which it returns: not those in flight. Those known as confirmed are at once
  /// among the sweep's confirmed.
  std::vector<ports::OutboxRow> open_sweep(const std::vector<ports::OutboxRow>& rows);
  /// Waits until the sweep's rows are no longer in flight, and closes it. What is confirmed later
  /// is confirmed as if it came from enter().
  Swept close_sweep(Clock::duration timeout);

  std::size_t in_flight() const;
  /// Confirmations since the last call.
  std::uint64_t take_count();

 private:
  /// Takes the id out of flight; true if it belongs to the open sweep. With mutex_.
  bool land(ports::OutboxId id);
  void remember(ports::OutboxId id);

  const std::size_t capacity_;
  mutable base::Mutex mutex_;
  base::ConditionVariable swept_;
  // All guarded by mutex_:
  std::unordered_map<ports::OutboxId, std::uint64_t> in_flight_;  ///< to its sweep; 0: hot path
  std::deque<ports::OutboxId> confirmed_;
  Clock::time_point oldest_;  ///< when confirmed_ was last empty
  std::uint64_t sweep_ = 0;
  bool sweep_open_ = false;
  std::size_t sweep_in_flight_ = 0;
  Swept result_;
  std::uint64_t count_ = 0;
};

}  // namespace sagad::runtime
