#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/service.hpp"
#include "base/sync.hpp"
#include "ports/participant_store.hpp"

namespace spdlog {
class logger;
}

namespace sagad::runtime {

/// Ends executions that take too long (protocol, section 3): when the deadline passes it ends the
/// database session from another one, and when the thread does not come back even then, it counts
/// as hung and is given up.
class Watchdog final : public base::Service {
 public:
  struct Options {
    base::Duration interval{50};  ///< between two looks: how late a timeout may be
    base::Duration grace{1000};   ///< for a thread to come back, its session gone
    base::Duration terminate_timeout{5000};
    base::Duration retry_interval{1000};  ///< after a session that could not be ended
  };

  /// How an execution came back.
  enum class Return {
    kInTime,
    kTimedOut,   ///< its session was ended, or is about to be: what it did is to be discarded
    kAbandoned,  ///< it was answered for; the thread is to end and to touch nothing
  };

  /// The place of one worker thread, which alone calls its members.
  class Slot {
   public:
    /// The session that the next executions use; one without a pid: none.
    void session(ports::Session session);
    void begin(base::Duration timeout);
    /// Waits while the watchdog is ending the session.
    Return end();

   private:
    friend class Watchdog;
    enum class State { kIdle, kRunning, kEnding, kGone, kAbandoned };
    using Clock = base::SteadyClock;

    base::Mutex mutex_;
    base::ConditionVariable changed_;
    State state_ = State::kIdle;  ///< guarded by mutex_, as all below
    ports::Session session_;
    Clock::time_point deadline_;
    Clock::time_point gone_at_;
    bool expired_ = false;
    std::function<void()> hung_;
  };

  /// `terminator` has to outlive it.
  Watchdog(Options options, ports::SessionTerminator& terminator,
           std::shared_ptr<spdlog::logger> log);
  ~Watchdog() override;

  void start() override;
  void stop() override;

  /// A place for a worker; it is forgotten with its last owner. `hung` is called once, by the
  /// watchdog's thread, if the worker is given up.
  std::shared_ptr<Slot> watch(std::function<void()> hung);

 private:
  void run();
  void look();
  void check(Slot& slot);
  void end_session(Slot& slot, std::unique_lock<base::Mutex>& lock);

  Options options_;
  ports::SessionTerminator& terminator_;
  std::shared_ptr<spdlog::logger> log_;
  base::Mutex mutex_;
  base::ConditionVariable wake_;
  bool stopping_ = false;                   ///< guarded by mutex_
  std::vector<std::weak_ptr<Slot>> slots_;  ///< guarded by mutex_
  base::Thread thread_;
};

}  // namespace sagad::runtime
