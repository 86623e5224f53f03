#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/router.hpp"
#include "api/services.hpp"

namespace sagad::api {

/// What health and metrics are made of; outlives the router.
struct HealthServices {
  std::vector<ReadinessCheck> checks;
  /// The text of /metrics. Throws nothing.
  std::function<std::string()> metrics;
};

/// Adds `/healthz` (the process lives), `/readyz` (it can do its work) and `/metrics`.
void add_health_routes(Router& router, const HealthServices& services);

}  // namespace sagad::api
