#include "sagad/front.hpp"

#include <chrono>

#include "api/dead_letter_routes.hpp"
#include "api/signal_routes.hpp"
#include "sagad/version.hpp"

namespace sagad::daemon {
namespace {

constexpr std::size_t kHealthConnections = 16;
constexpr std::size_t kHealthBody = 4096;

api::HttpServer::Options health_options(const ApiConfig& config) {
  return {config.health_listen, kHealthConnections, kHealthBody};
}

api::HttpServer::Options api_options(const ApiConfig& config) {
  api::HttpServer::Options options;
  options.listen = config.listen;
  options.max_connections = static_cast<std::size_t>(config.connections);
  return options;
}

auto handler_of(const api::Router& router) {
  return [&router](api::Request request) { return router.handle(std::move(request)); };
}

}  // namespace

Front::Front(const Config& config, const Tools& tools, api::PrometheusMetrics& metrics,
             EnginePart* engine, std::vector<api::ReadinessCheck> checks)
    : tools_(tools),
      metrics_(metrics),
      health_{std::move(checks), [this] { return metrics_text(); }},
      // Half of the connections stay for requests that do not wait.
      waiting_(static_cast<std::size_t>(config.api.connections) / 2),
      health_router_(metrics, tools.log),
      api_router_(metrics, tools.log),
      health_server_(health_options(config.api), handler_of(health_router_)) {
  metrics_.set("sagad_build_info", {{"version", kVersion}}, 1);
  const std::chrono::duration<double> now = tools.clock.now().time_since_epoch();
  metrics_.set("sagad_start_time_seconds", {}, now.count());
  api::add_health_routes(health_router_, health_);
  if (engine == nullptr) return;
  gauges_.emplace(engine->readers(), metrics_);
  api::add_health_routes(api_router_, health_);
  const api::SagaServices services{engine->starter(),     engine->definitions(),
                                   engine->completions(), engine->readers(),
                                   engine->operators(),   engine->final_answers()};
  // Before that of starts, whose path would fit.
  api::add_bulk_routes(api_router_, services, waiting_);
  api::add_saga_routes(api_router_, services, waiting_);
  api::add_operator_routes(api_router_, services, waiting_);
  api::add_signal_routes(api_router_, engine->signals());
  api::add_definition_routes(api_router_, engine->definitions());
  api::add_dead_letter_routes(api_router_, engine->dead_letters());
  api_server_ = std::make_unique<api::HttpServer>(api_options(config.api), handler_of(api_router_));
}

void Front::start_health() { health_server_.start(); }

void Front::start_api() {
  if (api_server_) api_server_->start();
}

void Front::stop_api() {
  waiting_.close();
  if (api_server_) api_server_->stop();
}

void Front::stop_health() { health_server_.stop(); }

std::optional<api::Address> Front::api_address() const {
  if (!api_server_) return std::nullopt;
  return api_server_->address();
}

std::string Front::metrics_text() {
  if (gauges_) gauges_->refresh();
  bool ready = true;
  for (const auto& check : health_.checks) ready = ready && !check.problem();
  metrics_.set("sagad_ready", {}, ready ? 1 : 0);
  metrics_.set("sagad_bus_connected", {}, tools_.bus.connected() ? 1 : 0);
  return metrics_.text();
}

}  // namespace sagad::daemon
