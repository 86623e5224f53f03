#pragma once

#include <memory>

#include "base/time.hpp"
#include "ports/bus.hpp"
#include "ports/metrics.hpp"

namespace spdlog {
class logger;
}

namespace sagad::daemon {

/// What every part of the daemon works with; outlives the parts.
struct Tools {
  ports::Bus& bus;
  ports::Metrics& metrics;
  const base::Clock& clock;
  std::shared_ptr<spdlog::logger> log;
};

}  // namespace sagad::daemon
