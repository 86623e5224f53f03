#pragma once

#include <spdlog/logger.h>

#include <sagad/context.hpp>

namespace sagad::plugins {

/// Writes an action's lines to the daemon's log, each with saga, step and attempt in front.
/// Refers to its logger and execution. Thread-safe.
class StepLogger final : public Logger {
 public:
  StepLogger(spdlog::logger& logger, const Execution& execution)
      : logger_(logger), execution_(execution) {}

  void info(std::string_view message) override;
  void warn(std::string_view message) override;
  void error(std::string_view message) override;

 private:
  void write(spdlog::level::level_enum level, std::string_view message);

  spdlog::logger& logger_;
  const Execution& execution_;
};

}  // namespace sagad::plugins
