#include "postgres/cutting_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace sagad::tests {

namespace {

int open_socket() {
  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (handle < 0) throw std::system_error(errno, std::generic_category(), "socket");
  return handle;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void check(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
}

/// False at the end of either side.
bool pass(int from, int to, std::string& seen) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::recv(from, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  seen.assign(buffer.data(), static_cast<std::size_t>(got));
  return ::send(to, seen.data(), seen.size(), MSG_NOSIGNAL) == got;
}

}  // namespace

CuttingProxy::CuttingProxy(std::uint16_t server_port, std::string trigger)
    : server_port_(server_port), trigger_(std::move(trigger)), listener_(open_socket()) {
  sockaddr_in address = loopback(0);
  check(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  check(::listen(listener_, 8), "listen");
  socklen_t size = sizeof address;
  check(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

CuttingProxy::~CuttingProxy() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
}

void CuttingProxy::accept_all() {
  std::vector<std::thread> connections;
  for (int client = ::accept(listener_, nullptr, nullptr); client >= 0;
       client = ::accept(listener_, nullptr, nullptr)) {
    connections.emplace_back([this, client] { serve(client); });
  }
  for (std::thread& connection : connections) connection.join();
}

void CuttingProxy::serve(int client) {
  const int server = open_socket();
  sockaddr_in address = loopback(server_port_);
  bool open = ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  std::string seen;
  while (open) {
    std::array<pollfd, 2> sides{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    check(::poll(sides.data(), sides.size(), -1), "poll");
    if (sides[1].revents != 0) open = pass(server, client, seen);
    if (open && sides[0].revents != 0) {
      open = pass(client, server, seen);
      if (open && armed_ && seen.find(trigger_) != std::string::npos) {
        std::array<char, 65536> answer;
        ::recv(server, answer.data(), answer.size(), 0);
        ++cuts_;
        open = false;
      }
    }
  }
  ::close(server);
  ::close(client);
}

}  // namespace sagad::tests
