#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "base/id.hpp"
#include "base/time.hpp"
#include "saga/instance.hpp"

namespace sagad::runtime {

/// Tells waiters of this daemon that a saga has ended or paused. A hint only: an end decided by
/// another daemon is not heard here, so a waiter also reads the database now and then.
/// Thread-safe.
class Completions {
 private:
  struct Interest;

 public:
  /// Wakes those who wait for `id`; costs one look-up if nobody does.
  void announce(base::SagaId id, saga::SagaStatus status);

  /// Registers interest before the saga is read, so that no announcement falls in between.
  /// One thread; not to outlive its Completions.
  class Watch {
   public:
    Watch(Completions& completions, base::SagaId id);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    /// The last status announced since the watch was made or since the last wait that returned
    /// one; nothing after `timeout`.
    std::optional<saga::SagaStatus> wait(base::Duration timeout);

   private:
    Completions& completions_;
    base::SagaId id_;
    Interest* interest_;
    std::uint64_t seen_ = 0;
  };

 private:
  struct Interest {
    int watchers = 0;
    std::uint64_t announcements = 0;
    saga::SagaStatus status = saga::SagaStatus::kRunning;
    std::condition_variable changed;
  };
  std::mutex mutex_;
  std::map<base::SagaId, Interest> interests_;  ///< guarded by mutex_; nodes do not move
};

}  // namespace sagad::runtime
