#include "api/health_routes.hpp"

namespace sagad::api {
namespace {

Response readiness(const HealthServices& services) {
  std::vector<std::string> problems;
  json::array checks;
  for (const auto& check : services.checks) {
    const auto problem = check.problem();
    checks.push_back(json::object{{"name", check.name}, {"ok", !problem.has_value()}});
    if (problem) problems.push_back(check.name + ": " + *problem);
  }
  if (problems.empty()) {
    return json_response(json::object{{"status", "ready"}, {"checks", std::move(checks)}});
  }
  throw ProblemError({.status = 503,
                      .code = "not_ready",
                      .title = "Not ready",
                      .detail = problems.front(),
                      .errors = problems,
                      .more = {{"checks", std::move(checks)}},
                      .retry_after = 1});
}

Response metrics(const HealthServices& services) {
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = services.metrics()};
}

}  // namespace

void add_health_routes(Router& router, const HealthServices& services) {
  router.add("GET", "/healthz", [](const Request&) {
    return json_response(json::object{{"status", "alive"}});
  });
  router.add("GET", "/readyz", [&services](const Request&) { return readiness(services); });
  router.add("GET", "/metrics", [&services](const Request&) { return metrics(services); });
}

}  // namespace sagad::api
