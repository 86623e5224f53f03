#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "base/id.hpp"
#include "base/sync.hpp"
#include "base/time.hpp"
#include "saga/instance.hpp"

namespace sagad::runtime {

/// Tells waiters of this daemon that a saga has ended or paused, with what was committed, so that
/// they need not read it. An end decided by another daemon is not heard here, so a waiter also
/// reads the database now and then. Thread-safe.
class Completions {
 private:
  struct Interest;

 public:
  /// The instance as it is after a commit; without tags, which only its start knows.
  using Ended = std::shared_ptr<const saga::Instance>;

  /// Wakes those who wait for it; costs one look-up if nobody does.
  void announce(saga::Instance&& instance);

  /// Registers interest before the saga is read, so that no announcement falls in between.
  /// One thread; not to outlive its Completions.
  class Watch {
   public:
    Watch(Completions& completions, base::SagaId id);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    /// The last one announced since the watch was made or since the last wait that returned one;
    /// nullptr after `timeout`.
    Ended wait(base::Duration timeout);

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
    Ended last;
    base::ConditionVariable changed;
  };
  base::Mutex mutex_;
  std::map<base::SagaId, Interest> interests_;  ///< guarded by mutex_; nodes do not move
};

}  // namespace sagad::runtime
