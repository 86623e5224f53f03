#include "dev/network.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <random>
#include <stdexcept>

namespace sagad::dev {

namespace {

constexpr int kFirstPort = 20000;
constexpr int kLastPort = 32000;

/// A TCP socket that closes itself.
class Socket {
 public:
  Socket() : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (handle_ >= 0) {
      ::close(handle_);
    }
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket(Socket&&) = delete;
  Socket& operator=(Socket&&) = delete;

  int handle() const { return handle_; }

 private:
  int handle_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool is_free(std::uint16_t port) {
  const Socket socket;
  // As servers do: a connection that lingers after its server does not count.
  const int yes = 1;
  ::setsockopt(socket.handle(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = loopback(port);
  return ::bind(socket.handle(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::uint16_t free_port() {
  std::random_device random;
  std::uniform_int_distribution<int> ports(kFirstPort, kLastPort);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const auto port = static_cast<std::uint16_t>(ports(random));
    if (is_free(port)) {
      return port;
    }
  }
  throw std::runtime_error("no free TCP port on 127.0.0.1 between 20000 and 32000");
}

std::string greeting_of(std::uint16_t port) {
  const Socket socket;
  const timeval timeout{1, 0};
  ::setsockopt(socket.handle(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  const sockaddr_in address = loopback(port);
  if (::connect(socket.handle(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
      0) {
    return {};
  }
  std::array<char, 4096> buffer{};
  const auto length = ::recv(socket.handle(), buffer.data(), buffer.size(), 0);
  return length > 0 ? std::string(buffer.data(), static_cast<std::size_t>(length)) : std::string();
}

}  // namespace sagad::dev
