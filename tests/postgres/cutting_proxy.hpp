#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace sagad::tests {

/// Stands between a client and PostgreSQL on 127.0.0.1 and loses the answer to a message: once
/// the client has sent `trigger`, the message goes to the server, the server's answer is awaited
/// and thrown away, and the connection is cut. One thread a direction and connection.
class CuttingProxy {
 public:
  /// `server_port`: of PostgreSQL. Listens on a free port.
  CuttingProxy(std::uint16_t server_port, std::string trigger);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  std::uint16_t port() const { return port_; }
  /// From now on the trigger is looked for; before, everything passes.
  void arm() { armed_ = true; }
  int cuts() const { return cuts_; }

 private:
  void accept_all();
  void serve(int client);

  std::uint16_t server_port_;
  std::string trigger_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> armed_ = false;
  std::atomic<int> cuts_ = 0;
  std::thread acceptor_;
};

}  // namespace sagad::tests
