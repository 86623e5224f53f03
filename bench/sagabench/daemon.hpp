#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "dev/child_process.hpp"
#include "sagabench/installation.hpp"
#include "sagabench/options.hpp"

namespace sagad::bench {

/// What the daemon runs: the plugins with the row-at-a-time form of their actions or with the
/// batch form, or no participant at all.
enum class ActionForm { kRows, kBatch, kNone };

/// The daemon that is measured: `sagad run` with all roles, as it comes, and the shipped
/// definitions. Used by one thread.
class Daemon {
 public:
  Daemon(const Options& options, const Installation& installation);

  /// `sagad migrate`: makes the tables of the three databases.
  void migrate();
  /// Starts the daemon, after it has stopped if it runs in another form, and returns when it is
  /// ready. Throws std::runtime_error with the end of its log.
  void run(ActionForm form);
  /// Asks it to stop (SIGTERM) and waits. Throws std::runtime_error unless it exits with 0.
  void stop();

  bool running() const { return process_ && process_->running(); }
  pid_t pid() const { return process_ ? process_->pid() : -1; }
  std::uint16_t api_port() const { return api_port_; }
  std::filesystem::path log_file() const;

 private:
  std::filesystem::path write_config(ActionForm form);
  void wait_until_ready();

  const Options& options_;
  const Installation& installation_;
  std::uint16_t api_port_ = 0;
  std::uint16_t health_port_ = 0;
  ActionForm form_ = ActionForm::kRows;
  std::unique_ptr<dev::ChildProcess> process_;
};

}  // namespace sagad::bench
