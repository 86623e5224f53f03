#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.hpp"
#include "ports/metrics.hpp"

namespace spdlog {
class logger;
}

namespace sagad::api {

/// Finds the handler of a request, and turns everything that goes wrong into problem+json:
/// ProblemError, ports::Unavailable (503), any other exception (500, its text only in the log).
/// Built before it is used by several threads.
class Router {
 public:
  using Handler = std::function<Response(const Request&)>;

  Router(ports::Metrics& metrics, std::shared_ptr<spdlog::logger> log);

  /// `pattern` is a path whose segments are literal or `*`, which stands for one segment that
  /// is not empty.
  void add(std::string method, std::string pattern, Handler handler);

  /// Never throws. Thread-safe.
  Response handle(Request request) const;

 private:
  struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
    Handler handler;
  };
  /// The route and its parameters; nullptr, and the methods that would do, if there is none.
  const Route* find(const Request& request, std::vector<std::string>& parameters,
                    std::string& allowed) const;
  Response call(const Route& route, const Request& request) const;
  Response answer(Request& request, std::string& pattern) const;

  std::vector<Route> routes_;
  ports::Metrics& metrics_;
  std::shared_ptr<spdlog::logger> log_;
};

}  // namespace sagad::api
