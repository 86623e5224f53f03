#include "api/address.hpp"

#include <charconv>
#include <stdexcept>

namespace sagad::api {
namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw std::invalid_argument("not an address: '" + std::string(text.substr(0, 128)) +
                              "' (expected host:port, for example 127.0.0.1:8080 or [::1]:8080)");
}

int parse_port(std::string_view text, std::string_view whole) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port < 0 || port > 65535) {
    refuse(whole);
  }
  return port;
}

}  // namespace

std::string Address::str() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool Address::is_loopback() const {
  return host == "localhost" || host == "::1" || host.rfind("127.", 0) == 0;
}

Address parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) refuse(text);
  auto host = text.substr(0, colon);
  const int port = parse_port(text.substr(colon + 1), text);
  if (host.front() == '[') {
    if (host.size() < 4 || host.back() != ']') refuse(text);
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    refuse(text);
  }
  return {std::string(host), port};
}

}  // namespace sagad::api
