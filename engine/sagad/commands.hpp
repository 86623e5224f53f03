#pragma once

#include <filesystem>
#include <optional>
#include <ostream>
#include <string>

#include "api/address.hpp"
#include "sagad/exit_code.hpp"
#include "sagad/signals.hpp"

namespace sagad::daemon {

/// What the program can do, one function each. They throw what hinders them; main() turns that
/// into a sentence and an exit code.

/// `sagad run --config FILE`
ExitCode run_command(const std::filesystem::path& config, Signals& signals);

/// `sagad check --config FILE`: everything that run would check, without databases and bus.
ExitCode check_command(const std::filesystem::path& config, std::ostream& out);

/// `sagad migrate --config FILE [--dry-run]`
ExitCode migrate_command(const std::filesystem::path& config, bool dry_run, std::ostream& out);

/// `sagad dev`
struct DevOptions {
  std::filesystem::path data = ".sagad-dev";
  bool temporary = false;
  std::filesystem::path sagas = "sagas";
  std::filesystem::path plugins;  ///< empty: where the build or the package puts them
  api::Address listen{"127.0.0.1", 8080};
  std::filesystem::path ready_file;  ///< empty: none
  std::string log_level = "info";
};
ExitCode dev_command(const DevOptions& options, Signals& signals, std::ostream& out);

}  // namespace sagad::daemon
