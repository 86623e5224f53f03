#pragma once

#include <functional>
#include <memory>

#include "sagad/composition.hpp"
#include "sagad/config.hpp"
#include "sagad/exit_code.hpp"
#include "sagad/loading.hpp"
#include "sagad/signals.hpp"

namespace sagad::daemon {

/// Runs a daemon until SIGTERM or SIGINT: waits for its databases (up to a minute), checks their
/// migrations, starts, calls `ready`, reloads the definitions on SIGHUP, and drains at the end.
/// Leaves the process at once (_exit) if the drain takes longer than its grace or a second signal
/// comes. Throws what hinders the start.
ExitCode serve(const Config& config, const Loaded& loaded, Signals& signals,
               const std::shared_ptr<spdlog::logger>& log,
               const std::function<void(const Daemon&)>& ready);

}  // namespace sagad::daemon
