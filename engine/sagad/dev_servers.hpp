#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dev/files.hpp"
#include "dev/private_nats.hpp"
#include "dev/private_postgres.hpp"
#include "sagad/commands.hpp"
#include "sagad/config.hpp"

namespace sagad::daemon {

/// The configuration of `sagad dev` before there are servers: a participant for each plugin of the
/// folder. Throws LoadError if it has none.
Config dev_config(const DevOptions& options);

/// The private servers of `sagad dev`; they end with it.
class DevServers {
 public:
  /// Starts both. Throws std::runtime_error that says what is missing.
  explicit DevServers(const DevOptions& options);
  ~DevServers();
  DevServers(const DevServers&) = delete;
  DevServers& operator=(const DevServers&) = delete;

  /// Puts them into a configuration of dev_config(), and makes the databases that are not there:
  /// `engine`, and one for each participant. Throws std::runtime_error.
  void connect(Config& config);
  /// Accounts to play with, where the payment service has none of these names.
  void add_sample_accounts();

  const std::filesystem::path& data() const { return data_; }
  const dev::PrivateNats& nats() const { return nats_; }

 private:
  std::string make_database(const std::string& name);

  std::optional<dev::TempDir> temporary_;
  const std::filesystem::path data_;
  dev::PrivatePostgres postgres_;
  dev::PrivateNats nats_;
};

}  // namespace sagad::daemon
