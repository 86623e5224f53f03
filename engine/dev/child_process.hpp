#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "dev/spawn.hpp"

namespace sagad::dev {

/// How a program ended.
struct ExitStatus {
  int code = 0;    ///< What it returned, if no signal ended it.
  int signal = 0;  ///< The signal that ended it, or 0.

  bool ok() const { return code == 0 && signal == 0; }
  /// "exit code 1" or "signal 9 (Killed)".
  std::string text() const;
};

/// A program that runs for as long as this object lives, and never longer than
/// our own process, even if that is killed.
///
/// A thread starts the program and waits for its end. It is not there for
/// speed: the kernel ties the death signal to the *thread* that forked, so that
/// one must not end earlier. Safe to use from several threads.
class ChildProcess {
 public:
  /// Starts the program. Throws std::system_error if it cannot be started.
  explicit ChildProcess(Command command);
  /// Kills the program (SIGKILL) if it still runs, and waits for it.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ChildProcess(ChildProcess&&) = delete;
  ChildProcess& operator=(ChildProcess&&) = delete;

  pid_t pid() const { return pid_; }
  bool running() const;
  /// How it ended; empty if it still runs after `timeout`.
  std::optional<ExitStatus> wait_for(std::chrono::milliseconds timeout) const;
  /// Sends a signal; does nothing if the program has ended.
  void signal(int number);
  /// Sends `number` and waits; after `patience`, kills. Returns how it ended.
  ExitStatus stop(int number, std::chrono::milliseconds patience);

 private:
  void wait_for_end();

  mutable std::mutex mutex_;
  mutable std::condition_variable ended_;
  std::optional<ExitStatus> exit_;
  pid_t pid_ = -1;
  std::thread keeper_;
};

/// Runs a program to its end. Throws std::runtime_error with the end of its
/// output (if `command.output` names a file) if it fails or takes too long.
void run_to_end(const Command& command, std::chrono::milliseconds timeout);

}  // namespace sagad::dev
