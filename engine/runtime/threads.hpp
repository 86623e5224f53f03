#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/random.hpp"
#include "base/sync.hpp"
#include "base/time.hpp"

namespace spdlog {
class logger;
}

namespace sagad::runtime {

/// Asks threads to stop and lets them sleep until then. Thread-safe.
class StopSignal {
 public:
  void request();
  void reset();
  bool requested() const;
  /// Sleeps; true if the stop was requested, before or during the sleep.
  bool wait_for(base::Duration duration);

 private:
  mutable base::Mutex mutex_;
  base::ConditionVariable changed_;
  bool requested_ = false;  ///< guarded by mutex_
};

/// The named threads of one service. Used by the thread that starts and stops the service.
class Threads {
 public:
  Threads() = default;
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() { join(); }

  /// `name` is cut to 15 characters (Linux).
  void run(const std::string& name, std::function<void()> body);
  void join();
  bool running() const { return !threads_.empty(); }

 private:
  std::vector<base::Thread> threads_;
};

/// Failures of something outside, seen by one loop: logs the first of a row and the end of the
/// row, and says how long to wait (100 ms, doubling to 5 s, jittered). One thread.
class Outage {
 public:
  /// `what` begins the log line: `coordinator: engine database`.
  Outage(std::shared_ptr<spdlog::logger> log, std::string what);

  base::Duration failed(const std::string& why);
  void over();

 private:
  std::shared_ptr<spdlog::logger> log_;
  std::string what_;
  base::Backoff backoff_{base::Duration{100}, 2.0, base::Duration{5000}, 0.2};
  base::Random random_ = base::Random::from_system();
  int failures_ = 0;
};

}  // namespace sagad::runtime
