#include "sagad/config_load.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "sagad/config_section.hpp"

namespace sagad::daemon {
namespace {

constexpr int kMostWorkers = 64;
/// Of external actions: they mostly wait.
constexpr int kMostExternalWorkers = 256;
constexpr int kMostConnections = 900;  // the HTTP library's select() ends at 1024 files

bool looks_like_database(const std::string& text) {
  return text.rfind("postgresql://", 0) == 0 || text.rfind("postgres://", 0) == 0 ||
         text.find('=') != std::string::npos;
}

bool is_participant_name(const std::string& name) {
  if (name.empty() || name.size() > 64 || name[0] < 'a' || name[0] > 'z') return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

/// Reads the parts of one file.
class ConfigReader {
 public:
  ConfigReader(ConfigSection top, std::filesystem::path folder)
      : top_(std::move(top)), folder_(std::move(folder)) {}

  Config read() {
    top_.allow_only(
        {"engine", "nats", "participants", "definitions", "roles", "api", "log", "shutdown_grace"});
    read_engine();
    read_nats();
    read_participants();
    for (const auto& path : top_.texts("definitions")) {
      config_.definitions.push_back(from_folder(path));
    }
    read_roles();
    read_api();
    read_log();
    if (const auto grace = top_.duration("shutdown_grace")) config_.shutdown_grace = *grace;
    return std::move(config_);
  }

 private:
  std::filesystem::path from_folder(const std::string& path) const {
    return (folder_ / path).lexically_normal();
  }

  /// An optional path; empty without.
  std::string path(ConfigSection& section, const std::string& key) const {
    const auto found = section.text(key);
    return found ? from_folder(*found).string() : std::string();
  }

  std::string database(ConfigSection& section) {
    if (!section.has("database")) {
      section.problem("",
                      "the key 'database' is missing: postgresql://user@host:5432/name, or "
                      "host=... dbname=...");
      return {};
    }
    auto found = section.text("database");
    if (!found) return {};
    if (!looks_like_database(*found)) {
      // Without the text: it may hold a password.
      section.problem("database",
                      "must be a URL (postgresql://user@host:5432/name) or keywords "
                      "(host=... dbname=...)");
    }
    return std::move(*found);
  }

  void read_engine() {
    auto section = top_.section("engine");
    if (!section) return;
    section->allow_only({"database", "workers", "rescue_after"});
    EngineConfig engine;
    engine.database = database(*section);
    engine.workers = section->number("workers", 1, kMostWorkers).value_or(engine.workers);
    engine.rescue_after = section->duration("rescue_after").value_or(engine.rescue_after);
    config_.engine = std::move(engine);
  }

  void read_nats() {
    auto section = top_.section("nats");
    if (!section) return;
    section->allow_only({"url", "namespace", "credentials", "tls"});
    auto& nats = config_.nats;
    nats.url = section->text("url").value_or(nats.url);
    nats.name_space = section->text("namespace").value_or(nats.name_space);
    nats.credentials = path(*section, "credentials");
    auto tls = section->section("tls");
    if (!tls) return;
    tls->allow_only({"ca", "cert", "key"});
    nats.tls_ca = path(*tls, "ca");
    nats.tls_cert = path(*tls, "cert");
    nats.tls_key = path(*tls, "key");
    if (nats.tls_cert.empty() != nats.tls_key.empty()) {
      tls->problem("", "'cert' and 'key' belong together: give both or none");
    }
  }

  void read_participants() {
    auto section = top_.section("participants");
    if (!section) return;
    for (auto& [name, below] : section->sections()) {
      if (!is_participant_name(name)) {
        below.problem("",
                      "a participant's name is a lower-case letter, then letters, digits and "
                      "'_'");
      }
      config_.participants.push_back(participant(name, below));
    }
    if (config_.participants.empty()) {
      section->problem("", "names no participant: write 'pay: { plugin: ..., database: ... }'");
    }
  }

  ParticipantConfig participant(const std::string& name, ConfigSection& section) {
    section.allow_only({"plugin", "database", "workers", "external_workers", "config"});
    ParticipantConfig participant;
    participant.name = name;
    participant.database = database(section);
    if (section.has("plugin")) {
      participant.plugin = path(section, "plugin");
    } else {
      section.problem("", "the key 'plugin' is missing: the path of " + name + ".so");
    }
    participant.workers = section.number("workers", 1, kMostWorkers).value_or(participant.workers);
    participant.external_workers = section.number("external_workers", 1, kMostExternalWorkers)
                                       .value_or(participant.external_workers);
    participant.config = section.object("config");
    return participant;
  }

  void read_roles() {
    const bool engine = config_.engine.has_value();
    auto& roles = config_.roles;
    if (!top_.has("roles")) {
      roles = {engine, engine, !config_.participants.empty()};
    }
    for (const auto& role : top_.texts("roles")) {
      if (role == "coordinator" || role == "api") {
        (role == "api" ? roles.api : roles.coordinator) = true;
        if (!engine) top_.problem("roles", "the role '" + role + "' needs the section 'engine'");
      } else if (role == "participants") {
        roles.participants = true;
        if (config_.participants.empty()) {
          top_.problem("roles", "the role 'participants' needs the section 'participants'");
        }
      } else {
        top_.problem("roles",
                     "unknown role '" + role + "'; known are 'coordinator', 'api', 'participants'");
      }
    }
    if (!top_.has("engine") && !top_.has("participants")) {
      top_.problem("", "there is nothing to run: add the section 'engine' or 'participants'");
    }
  }

  void read_api() {
    auto section = top_.section("api");
    if (!section) return;
    section->allow_only({"listen", "health_listen", "allow_remote", "connections"});
    auto& api = config_.api;
    api.listen = section->address("listen").value_or(api.listen);
    api.health_listen = section->address("health_listen").value_or(api.health_listen);
    api.allow_remote = section->flag("allow_remote").value_or(false);
    api.connections = section->number("connections", 4, kMostConnections).value_or(api.connections);
    if (!api.listen.is_loopback() && !api.allow_remote) {
      section->problem("listen", api.listen.str() +
                                     " can be reached by other machines, and the API asks nobody "
                                     "who they are: put a proxy that does in front of it, and "
                                     "write 'allow_remote: true'");
    }
    if (api.listen.port != 0 && api.listen.str() == api.health_listen.str()) {
      section->problem("health_listen", "must differ from 'listen'");
    }
  }

  void read_log() {
    auto section = top_.section("log");
    if (!section) return;
    section->allow_only({"level", "format"});
    config_.log.level = section->word("level", {"trace", "debug", "info", "warn", "error"})
                            .value_or(config_.log.level);
    if (section->word("format", {"text", "json"}) == "json") config_.log.format = LogFormat::kJson;
  }

  ConfigSection top_;
  std::filesystem::path folder_;
  Config config_;
};

void throw_if_any(definition::ProblemList& problems) {
  if (!problems.empty()) throw definition::DefinitionError(problems.take());
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

Config parse_config(std::string_view text, const std::filesystem::path& file,
                    const Environment& environment) {
  definition::ProblemList problems;
  const auto node = definition::read_yaml(text, file.string(), problems);
  throw_if_any(problems);
  if (node.kind != definition::SourceNode::Kind::kObject) {
    problems.add(node.position, "", "a configuration is a mapping, not " + node.describe());
    throw_if_any(problems);
  }
  const ConfigSection top(node, "", problems, environment);
  auto config = ConfigReader(top, file.parent_path()).read();
  throw_if_any(problems);
  return config;
}

Config load_config(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (std::filesystem::is_directory(file) || !stream || !(text << stream.rdbuf())) {
    throw definition::DefinitionError(
        {{{file.string(), 0, 0}, "", "cannot be read: is it there, and may you read it?"}});
  }
  return parse_config(text.str(), file, process_environment);
}

}  // namespace sagad::daemon
