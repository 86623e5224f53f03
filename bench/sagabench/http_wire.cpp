#include "sagabench/http_wire.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <strings.h>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace sagad::bench {
namespace {

[[noreturn]] void not_http(std::string_view bytes) {
  throw std::runtime_error("the API of sagad answered with something else than HTTP: " +
                           std::string(bytes.substr(0, 200)));
}

template <typename Number>
Number number(std::string_view text, std::string_view bytes) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) not_http(bytes);
  return value;
}

/// The value of the header line if it has this name, without the space around it.
std::optional<std::string_view> header(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':' ||
      strncasecmp(line.data(), name.data(), name.size()) != 0) {
    return std::nullopt;
  }
  line.remove_prefix(name.size() + 1);
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  return line;
}

}  // namespace

std::string http_post(const std::string& target, const std::string& idempotency_key,
                      const std::string& body) {
  std::string text = "POST " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  text += "Content-Type: application/json\r\nIdempotency-Key: " + idempotency_key + "\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return text;
}

std::optional<HttpAnswer> read_answer(std::string_view bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const auto end = bytes.find(kEnd);
  if (end == std::string_view::npos) return std::nullopt;
  constexpr std::size_t kStatusAt = sizeof("HTTP/1.1 ") - 1;
  if (bytes.substr(0, 7) != "HTTP/1." || end < kStatusAt + 3) not_http(bytes);
  HttpAnswer answer;
  answer.status = number<int>(bytes.substr(kStatusAt, 3), bytes);
  std::size_t length = 0;
  for (std::size_t at = bytes.find("\r\n") + 2; at < end + 2;) {
    const auto line = bytes.substr(at, bytes.find("\r\n", at) - at);
    if (const auto value = header(line, "Content-Length")) {
      length = number<std::size_t>(*value, bytes);
    } else if (const auto word = header(line, "Connection")) {
      answer.closes = *word == "close";
    }
    at += line.size() + 2;
  }
  answer.size = end + kEnd.size() + length;
  if (bytes.size() < answer.size) return std::nullopt;
  answer.body = bytes.substr(end + kEnd.size(), length);
  return answer;
}

int connect_to(std::uint16_t port, bool blocking) {
  const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  if (connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      (!blocking && fcntl(file, F_SETFL, O_NONBLOCK) != 0)) {
    const int error = errno;
    close(file);
    throw std::system_error(error, std::generic_category(),
                            "connect to 127.0.0.1:" + std::to_string(port));
  }
  return file;
}

int http_get_status(std::uint16_t port, const std::string& target) {
  int file = -1;
  try {
    file = connect_to(port, true);
  } catch (const std::system_error&) {
    return 0;  // Nobody listens (yet): that is what is asked here.
  }
  const std::string request =
      "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
  std::string bytes;
  char buffer[4096];
  ssize_t got = send(file, request.data(), request.size(), MSG_NOSIGNAL);
  while (got > 0) {
    got = recv(file, buffer, sizeof buffer, 0);
    if (got > 0) bytes.append(buffer, static_cast<std::size_t>(got));
  }
  close(file);
  const auto answer = read_answer(bytes);
  return answer ? answer->status : 0;
}

}  // namespace sagad::bench
