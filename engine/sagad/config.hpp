#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "api/address.hpp"
#include "base/time.hpp"

namespace sagad::daemon {

/// What a daemon is told by its configuration file (docs/configuration.md). Values.

struct EngineConfig {
  std::string database;  ///< URL or conninfo
  int workers = 2;
  base::Duration rescue_after{30'000};  ///< unanswered for so long before it may be sent again
};

struct NatsConfig {
  std::string url = "nats://127.0.0.1:4222";
  std::string name_space = "sagad";
  std::string credentials;  ///< path of a .creds file; empty without one
  std::string tls_ca;       ///< paths; empty without
  std::string tls_cert;
  std::string tls_key;
};

struct ParticipantConfig {
  std::string name;
  std::filesystem::path plugin;
  std::string database;
  int workers = 2;
  int external_workers = 8;
  boost::json::object config;  ///< for the plugin
};

struct Roles {
  bool coordinator = false;
  bool api = false;
  bool participants = false;
};

struct ApiConfig {
  api::Address listen{"127.0.0.1", 8080};
  api::Address health_listen{"127.0.0.1", 8081};
  bool allow_remote = false;
  int connections = 256;
};

enum class LogFormat { kText, kJson };

struct LogConfig {
  std::string level = "info";
  LogFormat format = LogFormat::kText;
};

struct Config {
  std::optional<EngineConfig> engine;
  NatsConfig nats;
  std::vector<ParticipantConfig> participants;
  std::vector<std::filesystem::path> definitions;  ///< folders
  Roles roles;
  ApiConfig api;
  LogConfig log;
  base::Duration shutdown_grace{30'000};
  bool replace_definitions = false;  ///< only `sagad dev`: a changed file takes the same version
};

}  // namespace sagad::daemon
