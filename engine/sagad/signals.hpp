#pragma once

#include <optional>

#include "base/time.hpp"

namespace sagad::daemon {

/// The signals of this process, and wake-ups by its own threads, as events of one thread.
/// To be made before any other thread, so that all of them leave the signals to it.
class Signals {
 public:
  enum class Event {
    kStop,    ///< SIGTERM or SIGINT
    kReload,  ///< SIGHUP
    kWakeUp,  ///< wake_up() was called
    kTimeout,
  };

  /// Throws std::system_error.
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// The next event; without a timeout it waits for as long as it takes.
  Event wait(std::optional<base::Duration> timeout = std::nullopt);
  /// Any thread.
  void wake_up();

 private:
  int signals_ = -1;
  int wake_ups_ = -1;
};

}  // namespace sagad::daemon
