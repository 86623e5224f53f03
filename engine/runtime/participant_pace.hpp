#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "base/sync.hpp"
#include "base/time.hpp"

namespace sagad::runtime {

/// How the steps of a batch share a transaction (protocol, section 3).
enum class Mode {
  kTogether,    ///< no savepoints: who fails after writing rolls all of it back
  kSavepoints,  ///< one around each step
  kAlone,       ///< one transaction a step: its errors are its own
};

/// How one action is to be batched, learnt from how it went: running averages of the plugin time
/// a step takes and of how many steps had to be rolled back. Thread-safe.
class Pace {
 public:
  using Clock = base::SteadyClock;

  struct Limits {
    std::chrono::microseconds budget{20'000};  ///< of plugin time, a batch
    std::size_t max_batch = 256;
    std::size_t savepoint_batch = 60;
  };
  struct Plan {
    std::size_t size;
    Mode mode;
  };

  explicit Pace(Limits limits);

  /// For a batch out of `waiting` (> 0) steps.
  Plan plan(std::size_t waiting, Clock::time_point now) const;
  /// A step alone costs more than the budget: it goes to the threads for slow steps.
  bool slow() const;
  std::chrono::microseconds average() const;

  /// `steps` (> 0) were run in `time`.
  void took(std::size_t steps, std::chrono::microseconds time);
  /// Of `steps` (> 0) so many had to be rolled back: refused after a write, retried or thrown.
  void broke(std::size_t steps, std::size_t broken);
  /// A deadlock among `steps`: the batch size is halved, and comes back by doubling.
  void conflicted(std::size_t steps, Clock::time_point now);

 private:
  std::size_t allowed(Clock::time_point now) const;

  const Limits limits_;
  mutable base::Mutex mutex_;
  double average_us_;       ///< guarded by mutex_, as all below
  double broken_ = 0;       ///< share of steps
  std::size_t halved_ = 0;  ///< batch size after the last conflict; 0: none
  Clock::time_point halved_at_;
};

/// The paces of a participant's actions. Thread-safe.
class Paces {
 public:
  explicit Paces(Pace::Limits limits) : limits_(limits) {}
  /// Valid as long as this.
  Pace& of(const std::string& action);

 private:
  const Pace::Limits limits_;
  base::Mutex mutex_;
  std::map<std::string, std::unique_ptr<Pace>, std::less<>> paces_;  ///< guarded by mutex_
};

}  // namespace sagad::runtime
