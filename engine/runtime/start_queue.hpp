#pragma once

#include <deque>
#include <vector>

#include "base/sync.hpp"
#include "base/time.hpp"
#include "runtime/start_batch.hpp"

namespace sagad::runtime {

/// Starts that wait for the next group commit. Thread-safe.
class StartQueue {
 public:
  struct Waiting {
    StartItem item;
    base::Promise<StartOutcome> answer;
  };

  explicit StartQueue(std::size_t capacity) : capacity_(capacity) {}

  void open();
  /// Answers those that wait with kUnavailable; take() returns empty from now on.
  void close();

  /// Waits until the start is answered: at once with kOverloaded if too many wait, with
  /// kUnavailable if the queue is closed.
  StartOutcome submit(StartItem item);
  /// Up to `max`; waits for the first. Empty if the queue is closed.
  std::vector<Waiting> take(std::size_t max);

 private:
  const std::size_t capacity_;
  base::Mutex mutex_;
  base::ConditionVariable changed_;
  std::deque<Waiting> waiting_;  ///< guarded by mutex_
  bool open_ = false;            ///< guarded by mutex_
};

}  // namespace sagad::runtime
