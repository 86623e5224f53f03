#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/bulk_routes.hpp"
#include "api/health_routes.hpp"
#include "api/metrics.hpp"
#include "api/operator_routes.hpp"
#include "api/router.hpp"
#include "api/saga_gauges.hpp"
#include "api/saga_routes.hpp"
#include "api/server.hpp"
#include "api/waiting.hpp"
#include "sagad/config.hpp"
#include "sagad/engine_part.hpp"
#include "sagad/tools.hpp"

namespace sagad::daemon {

/// The two listeners: the API (only with the role `api`), and health with metrics, which must
/// answer while the API is busy.
class Front {
 public:
  /// `engine` is nullptr without the role `api`. All outlive it.
  Front(const Config& config, const Tools& tools, api::PrometheusMetrics& metrics,
        EnginePart* engine, std::vector<api::ReadinessCheck> checks);

  /// Health first, so that it can be asked while the rest starts.
  void start_health();
  void start_api();
  /// Ends waits, lets requests end, takes no more.
  void stop_api();
  void stop_health();

  /// Of the API if there is one; valid after start_api().
  std::optional<api::Address> api_address() const;
  const api::Address& health_address() const { return health_server_.address(); }

 private:
  std::string metrics_text();

  const Tools& tools_;
  api::PrometheusMetrics& metrics_;
  std::optional<api::SagaGauges> gauges_;
  api::HealthServices health_;
  api::WaitingRoom waiting_;
  api::Router health_router_;
  api::Router api_router_;
  api::HttpServer health_server_;
  std::unique_ptr<api::HttpServer> api_server_;
};

}  // namespace sagad::daemon
