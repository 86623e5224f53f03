#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "dev/child_process.hpp"
#include "dev/files.hpp"

namespace sagad::dev {

struct NatsOptions {
  /// Where configuration, streams and log are kept, and found again by the next
  /// start; empty: a temporary folder that goes with the object.
  std::filesystem::path folder;
};

/// A NATS server of our own with JetStream on file storage, which listens on
/// 127.0.0.1 only. It ends with this object, and also when our process is
/// killed. If we are root it runs as the user `nobody`. Not safe to use from
/// several threads, apart from url().
class PrivateNats {
 public:
  /// Starts the server; returns when it accepts connections. Throws
  /// std::runtime_error that says what is missing or quotes the server's log.
  explicit PrivateNats(const NatsOptions& options = {});
  /// Stops the server.
  ~PrivateNats();
  PrivateNats(const PrivateNats&) = delete;
  PrivateNats& operator=(const PrivateNats&) = delete;
  PrivateNats(PrivateNats&&) = delete;
  PrivateNats& operator=(PrivateNats&&) = delete;

  /// Starts it again after stop() or kill(), on the same port and with the same
  /// streams. Does nothing if it runs.
  void start();
  /// Shuts it down in order.
  void stop();
  /// Kills it (SIGKILL).
  void kill();
  /// Loses everything that JetStream holds: streams, consumers and messages. A
  /// running server is killed before and started again after.
  void wipe_store();
  bool running() const;

  std::uint16_t port() const { return port_; }
  /// "nats://127.0.0.1:20222".
  std::string url() const;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path log_file() const { return folder_ / "nats.log"; }

 private:
  void write_configuration() const;
  bool try_start();

  std::optional<TempDir> temporary_;
  std::filesystem::path folder_;
  std::filesystem::path store_;
  std::string program_;
  std::optional<SystemUser> user_;
  bool knows_sync_interval_ = false;
  std::uint16_t port_ = 0;
  bool port_is_settled_ = false;
  std::unique_ptr<ChildProcess> server_;
};

}  // namespace sagad::dev
