#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sagad::bench {

/// A POST of a JSON document, as it goes over the wire (HTTP/1.1, connection kept alive).
std::string http_post(const std::string& target, const std::string& idempotency_key,
                      const std::string& body);

/// One answer out of a stream of bytes.
struct HttpAnswer {
  int status = 0;
  std::string_view body;
  std::size_t size = 0;  ///< of the whole answer
  bool closes = false;   ///< the server ends the connection after it
};

/// Nothing if `bytes` is not a whole answer yet. Knows only what sagad sends: Content-Length.
/// Throws std::runtime_error if it is not HTTP.
std::optional<HttpAnswer> read_answer(std::string_view bytes);

/// A connected socket of 127.0.0.1:`port`, without Nagle's delay. Throws std::system_error.
int connect_to(std::uint16_t port, bool blocking);

/// GET, over a connection of its own. 0 if nobody listens.
int http_get_status(std::uint16_t port, const std::string& target);

}  // namespace sagad::bench
