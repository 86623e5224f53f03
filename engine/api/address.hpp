#pragma once

#include <string>
#include <string_view>

namespace sagad::api {

/// Where a listener listens. A value.
struct Address {
  std::string host;
  int port = 0;  ///< 0: any free port

  /// `127.0.0.1:8080`, `[::1]:8080`
  std::string str() const;
  /// Only programs of this machine can reach it.
  bool is_loopback() const;
};

/// Reads `host:port` or `[v6-address]:port`. Throws std::invalid_argument that quotes the text and
/// says what is expected.
Address parse_address(std::string_view text);

}  // namespace sagad::api
