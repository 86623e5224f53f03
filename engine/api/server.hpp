#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "api/address.hpp"
#include "api/http.hpp"
#include "base/service.hpp"

namespace sagad::api {

/// An HTTP/1.1 listener. Each connection has a thread while it is open; further ones wait.
class HttpServer final : public base::Service {
 public:
  struct Options {
    Address listen;
    std::size_t max_connections = 256;
    std::size_t max_body = 1024 * 1024;  ///< bytes
  };
  /// Called by several threads at once; must not throw.
  using Handler = std::function<Response(Request)>;

  HttpServer(Options options, Handler handler);
  ~HttpServer() override;

  /// Listens when it returns. Throws std::runtime_error that names the address.
  void start() override;
  /// Refuses new connections, lets running requests end (idle connections linger for up to 2 s).
  void stop() override;

  /// With the port that was really taken. Valid after start().
  const Address& address() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sagad::api
