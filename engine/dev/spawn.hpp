#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dev/files.hpp"

namespace sagad::dev {

/// What to run, and how.
struct Command {
  /// The program, as an absolute path, and its arguments.
  std::vector<std::string> argv;
  /// Where standard output and error are appended to; empty: nowhere.
  std::filesystem::path output;
  /// The folder to run in; empty: "/".
  std::filesystem::path folder;
  /// "NAME=value", on top of our own environment.
  std::vector<std::string> environment;
  /// The account to run as; none: our own.
  std::optional<SystemUser> user;
  /// Sent to the program when the thread that started it ends, in whatever way.
  int death_signal = SIGKILL;
};

/// Forks and executes `command`; returns its process id once the program runs.
/// It gets a session of its own (a Ctrl-C at our terminal does not reach it),
/// default signal handling and no file of ours. Throws std::system_error that
/// names the step that failed. `death_signal` is tied to the calling thread.
pid_t spawn(const Command& command);

}  // namespace sagad::dev
