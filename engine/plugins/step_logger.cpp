#include "plugins/step_logger.hpp"

namespace sagad::plugins {

void StepLogger::info(std::string_view message) { write(spdlog::level::info, message); }
void StepLogger::warn(std::string_view message) { write(spdlog::level::warn, message); }
void StepLogger::error(std::string_view message) { write(spdlog::level::err, message); }

void StepLogger::write(spdlog::level::level_enum level, std::string_view message) {
  if (!logger_.should_log(level)) return;
  logger_.log(level, "saga={} step={}{} attempt={} {}", execution_.saga_id, execution_.step_id,
              execution_.undo ? " undo" : "", execution_.attempt, message);
}

}  // namespace sagad::plugins
