#include "sagad/serve.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "ports/errors.hpp"
#include "sagad/databases.hpp"
#include "sagad/version.hpp"

namespace sagad::daemon {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kDatabasePatience{60};
constexpr base::Duration kDatabaseInterval{1000};

/// Returns without flushing or destroying anything: threads may still be running.
[[noreturn]] void leave_at_once(const std::shared_ptr<spdlog::logger>& log, ExitCode code) {
  log->flush();
  ::_exit(static_cast<int>(code));
}

/// False if the daemon was told to stop meanwhile. Throws postgres::MigrationError, and
/// ports::Unavailable when the patience is over.
bool await_databases(const Config& config, const Loaded& loaded, Signals& signals,
                     const std::shared_ptr<spdlog::logger>& log) {
  const auto lines = migration_lines(config, loaded);
  const auto until = steady_clock::now() + kDatabasePatience;
  for (;;) {
    try {
      check_databases(lines);
      return true;
    } catch (const ports::Unavailable& error) {
      if (steady_clock::now() >= until) throw;
      log->warn("waiting for the database: {}", error.what());
    }
    if (signals.wait(kDatabaseInterval) == Signals::Event::kStop) return false;
  }
}

void reload(Daemon& daemon, const Config& config, const std::shared_ptr<spdlog::logger>& log) {
  try {
    const auto definitions = load_definitions(config);
    daemon.reload(definitions);
    log->info("definitions reloaded: {}", definitions.size());
  } catch (const std::exception& error) {
    log->error("the definitions were not reloaded, the old ones stay: {}", error.what());
  }
}

/// Stops the daemon within its grace and returns `code`, or leaves the process.
ExitCode drain(Daemon& daemon, Signals& signals, base::Duration grace, ExitCode code,
               const std::shared_ptr<spdlog::logger>& log) {
  log->info("draining, for at most {}", base::format_duration(grace));
  const ExitCode give_up = code == ExitCode::kRestart ? code : ExitCode::kFailure;
  const auto until = steady_clock::now() + grace;
  std::atomic<bool> done{false};
  std::thread worker([&] {
    daemon.stop();
    done = true;
    signals.wake_up();
  });
  while (!done) {
    const auto left = std::chrono::duration_cast<base::Duration>(until - steady_clock::now());
    const auto event = signals.wait(std::max(left, base::Duration{0}));
    if (done) break;
    if (event == Signals::Event::kStop) {
      log->error("second signal: leaving at once; what was not finished comes again");
      leave_at_once(log, give_up);
    }
    if (event == Signals::Event::kTimeout) {
      log->error("not drained within {}: leaving; what was not finished comes again",
                 base::format_duration(grace));
      leave_at_once(log, give_up);
    }
  }
  worker.join();
  log->info("stopped");
  return code;
}

/// Until the daemon is to stop; what it is then to end with.
ExitCode run_until_stop(Daemon& daemon, const Config& config, Signals& signals,
                        const std::atomic<bool>& hung, const std::shared_ptr<spdlog::logger>& log) {
  for (;;) {
    const auto event = signals.wait();
    if (hung) {
      log->error("too many threads hang in a plugin: leaving, to be started anew");
      return ExitCode::kRestart;
    }
    if (event == Signals::Event::kStop) return ExitCode::kOk;
    if (event == Signals::Event::kReload) reload(daemon, config, log);
  }
}

}  // namespace

ExitCode serve(const Config& config, const Loaded& loaded, Signals& signals,
               const std::shared_ptr<spdlog::logger>& log,
               const std::function<void(const Daemon&)>& ready) {
  log->info("sagad {} starts", kVersion);
  if (!await_databases(config, loaded, signals, log)) return ExitCode::kOk;
  std::atomic<bool> hung{false};
  Daemon daemon(config, loaded, log, [&] {
    hung = true;
    signals.wake_up();
  });
  daemon.start();
  if (const auto api = daemon.api_address()) log->info("API on http://{}", api->str());
  log->info("ready; health and metrics on http://{}", daemon.health_address().str());
  if (ready) ready(daemon);
  const auto code = run_until_stop(daemon, config, signals, hung, log);
  return drain(daemon, signals, config.shutdown_grace, code, log);
}

}  // namespace sagad::daemon
