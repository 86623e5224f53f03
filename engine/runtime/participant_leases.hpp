#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/sync.hpp"
#include "ports/claims.hpp"
#include "ports/participant_store.hpp"
#include "runtime/threads.hpp"

namespace spdlog {
class logger;
}

namespace sagad::runtime {

/// Keeps the leases of external actions that run longer than they may: as long as a thread is in
/// an action, nobody else is to begin it. A lease lasts longer than its action's timeout, so that
/// in the ordinary case nothing is renewed. Thread-safe; its thread begins with the first lease.
class Leases {
 public:
  /// `margin`: how long a lease lasts beyond the timeout, and each renewal.
  Leases(ports::ParticipantStoreFactory stores, base::Duration margin,
         std::shared_ptr<spdlog::logger> log, std::string participant);
  ~Leases();
  Leases(const Leases&) = delete;
  Leases& operator=(const Leases&) = delete;

  /// How long a lease for an action of this timeout has to last.
  base::Duration length(base::Duration timeout) const { return timeout + margin_; }
  /// From now on it is renewed whenever it is about to end.
  void hold(const ports::ExecutionKey& key, const ports::Lease& lease);
  /// It is given back, or is to end by itself.
  void drop(const ports::LeaseToken& token);
  /// Ends the thread; leases end by themselves from now on.
  void stop();

 private:
  using Clock = base::SteadyClock;
  struct Held {
    ports::ExecutionKey key;
    Clock::time_point until;
  };

  void run();
  /// Those that end soon.
  std::map<ports::LeaseToken, Held> ending() const;
  void renew(const std::map<ports::LeaseToken, Held>& held);

  const ports::ParticipantStoreFactory stores_;
  const base::Duration margin_;
  const std::shared_ptr<spdlog::logger> log_;
  const std::string participant_;
  std::unique_ptr<ports::ParticipantStore> store_;  ///< of the thread
  StopSignal stop_;
  mutable base::Mutex mutex_;
  std::map<ports::LeaseToken, Held> held_;  ///< guarded by mutex_
  Threads thread_;                          ///< guarded by mutex_ until stop()
};

}  // namespace sagad::runtime
