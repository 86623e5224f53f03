#pragma once

#include <memory>

#include "sagad/config.hpp"

namespace spdlog {
class logger;
}

namespace sagad::daemon {

/// A logger to standard error: text for people, or one JSON object a line
/// (`time`, `level`, `message`, `thread`). Thread-safe.
std::shared_ptr<spdlog::logger> make_logger(const LogConfig& config);

}  // namespace sagad::daemon
