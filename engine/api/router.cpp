#include "api/router.hpp"

#include <spdlog/spdlog.h>

#include <chrono>

#include "api/text.hpp"
#include "ports/errors.hpp"

namespace sagad::api {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
  }
  return segments;
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path,
             std::vector<std::string>& parameters) {
  if (pattern.size() != path.size()) return false;
  parameters.clear();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == "*") {
      if (path[i].empty()) return false;
      parameters.push_back(path[i]);
    } else if (pattern[i] != path[i]) {
      return false;
    }
  }
  return true;
}

Problem method_not_allowed(const Request& request, const std::string& allowed) {
  return {405, "method_not_allowed", "Method not allowed",
          request.method + " is not possible here; allowed: " + allowed};
}

}  // namespace

Router::Router(ports::Metrics& metrics, std::shared_ptr<spdlog::logger> log)
    : metrics_(metrics), log_(std::move(log)) {}

void Router::add(std::string method, std::string pattern, Handler handler) {
  auto segments = split(pattern);
  routes_.push_back(
      {std::move(method), std::move(pattern), std::move(segments), std::move(handler)});
}

const Router::Route* Router::find(const Request& request, std::vector<std::string>& parameters,
                                  std::string& allowed) const {
  if (request.path.empty() || request.path.front() != '/') return nullptr;
  const auto path = split(request.path);
  for (const auto& route : routes_) {
    if (!matches(route.segments, path, parameters)) continue;
    if (route.method == request.method) return &route;
    if (allowed.find(route.method) == std::string::npos) {
      allowed += (allowed.empty() ? "" : ", ") + route.method;
    }
  }
  return nullptr;
}

Response Router::call(const Route& route, const Request& request) const {
  try {
    return route.handler(request);
  } catch (const ProblemError& error) {
    return problem_response(error.problem(), request.path);
  } catch (const ports::Unavailable& error) {
    log_->warn("{} {}: {}", request.method, route.pattern, error.what());
    return problem_response({.status = 503,
                             .code = "unavailable",
                             .title = "Unavailable",
                             .detail = "the engine's database does not answer; try again",
                             .retry_after = 1},
                            request.path);
  } catch (const std::exception& error) {
    log_->error("{} {}: {}", request.method, route.pattern, error.what());
    return problem_response({.status = 500,
                             .code = "internal",
                             .title = "Internal error",
                             .detail = "the server failed; its log says why"},
                            request.path);
  }
}

Response Router::answer(Request& request, std::string& pattern) const {
  std::string allowed;
  const auto* route = find(request, request.parameters, allowed);
  if (route != nullptr) {
    pattern = route->pattern;
    return call(*route, request);
  }
  if (allowed.empty()) return problem_response(problem_of_status(404), request.path);
  auto response = problem_response(method_not_allowed(request, allowed), request.path);
  response.headers["Allow"] = allowed;
  return response;
}

Response Router::handle(Request request) const {
  const auto started = std::chrono::steady_clock::now();
  std::string pattern = "other";
  auto response = answer(request, pattern);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  metrics_.add("sagad_http_requests_total", {{"method", request.method},
                                             {"route", pattern},
                                             {"status", std::to_string(response.status)}});
  metrics_.observe("sagad_http_request_duration_seconds", {{"route", pattern}}, took.count());
  return response;
}

}  // namespace sagad::api
