#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/sync.hpp"
#include "base/time.hpp"
#include "runtime/participant_attempt.hpp"

namespace sagad::runtime {

/// Steps that are too slow for a batch, on their way to the threads for them. Thread-safe.
class SlowQueue {
 public:
  explicit SlowQueue(std::size_t capacity) : capacity_(capacity) {}

  /// False if it is full. Compensations go before actions.
  bool push(Work work);
  /// The next one; nothing after `wait`.
  std::optional<Work> pop(base::Duration wait);
  std::size_t size() const;
  /// In-progress acks for all that waits.
  void keep_alive() const;
  /// Puts back on the bus what waits.
  void give_back();

 private:
  const std::size_t capacity_;
  mutable base::Mutex mutex_;
  base::ConditionVariable filled_;
  std::deque<Work> waiting_;  ///< guarded by mutex_
};

}  // namespace sagad::runtime
