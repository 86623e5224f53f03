#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/id.hpp"
#include "base/sync.hpp"
#include "base/time.hpp"
#include "runtime/instance_batch.hpp"

namespace sagad::runtime {

/// What became of one saga when a batch was run saga by saga.
enum class Fate {
  kDone,
  kBroken,       ///< its instance or its definition is at fault
  kUnavailable,  ///< locked by somebody else for too long, or the database is away
};

using Settled = std::function<void(base::SagaId, Fate, const std::string& why)>;

/// Runs the batch; if it fails, runs it again one saga at a time, so that one broken or locked
/// instance stops no other, and tells of each by `settled` (a batch that succeeds tells nothing).
/// Throws ports::Unavailable, Conflict or CommitUnknown if it is the database that is not well:
/// what has been told of is done even then.
BatchReport run_isolating(InstanceBatch& batch, const InstanceBatch::Collect& collect,
                          const Settled& settled);

/// The sagas that failed lately: how often, and how long they are left alone (1 s, doubling to 5
/// min). Kept in memory, at most 10,000 of them. Thread-safe.
class Failures {
 public:
  struct Failure {
    int count = 0;
    base::Duration delay{0};
  };

  /// `loop` begins the log lines; the first failure of a saga is logged.
  Failures(std::shared_ptr<spdlog::logger> log, std::string loop);

  Failure record(base::SagaId saga, const std::string& why);
  void forget(base::SagaId saga);
  /// Whether it is to be left alone for now.
  bool holds(base::SagaId saga) const;
  std::size_t size() const;

 private:
  using Clock = base::SteadyClock;
  struct Entry {
    int count = 0;
    Clock::time_point until;
  };

  void make_room();

  std::shared_ptr<spdlog::logger> log_;
  std::string loop_;
  mutable base::Mutex mutex_;
  std::map<base::SagaId, Entry> entries_;  ///< guarded by mutex_
};

}  // namespace sagad::runtime
