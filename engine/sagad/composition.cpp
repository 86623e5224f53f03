#include "sagad/composition.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <set>
#include <thread>

#include "jetstream/bus.hpp"
#include "ports/errors.hpp"

namespace sagad::daemon {
namespace {

/// How long a start waits for NATS. Without it the daemon starts all the same: sagas can be
/// started, and go on when it is back.
constexpr std::chrono::seconds kBusPatience{5};

jetstream::BusOptions bus_options(const NatsConfig& nats) {
  jetstream::BusOptions options;
  options.url = nats.url;
  options.name_space = nats.name_space;
  options.credentials_file = nats.credentials;
  options.tls_ca_file = nats.tls_ca;
  options.tls_cert_file = nats.tls_cert;
  options.tls_key_file = nats.tls_key;
  return options;
}

bool needs_engine(const Config& config) { return config.roles.coordinator || config.roles.api; }

std::unique_ptr<EnginePart> make_engine(const Config& config, const Tools& tools) {
  if (!needs_engine(config)) return nullptr;
  return std::make_unique<EnginePart>(config, tools);
}

std::vector<std::unique_ptr<ParticipantPart>> make_participants(const Config& config,
                                                                const Loaded& loaded,
                                                                const Tools& tools,
                                                                const std::function<void()>& hung) {
  std::vector<std::unique_ptr<ParticipantPart>> parts;
  if (!config.roles.participants) return parts;
  for (const auto& participant : config.participants) {
    parts.push_back(std::make_unique<ParticipantPart>(
        participant, loaded.plugins.at(participant.name), tools, hung));
  }
  return parts;
}

bool wait_for(const ports::Bus& bus) {
  const auto until = std::chrono::steady_clock::now() + kBusPatience;
  while (!bus.connected() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return bus.connected();
}

std::optional<std::string> problem_of(api::ReaderPool& readers) {
  try {
    const bool ok = readers.with([](ports::EngineReader& reader) { return reader.ping(); });
    if (ok) return std::nullopt;
  } catch (const ports::Unavailable& error) {
    return error.what();
  }
  return "does not answer";
}

std::optional<std::string> missing_actions(const ParticipantPart& part) {
  std::string names;
  for (const auto& action : part.missing_actions()) {
    names += (names.empty() ? "" : ", ") + part.name() + "." + action;
  }
  if (names.empty()) return std::nullopt;
  return "commands ask for actions that the plugin lacks: " + names;
}

}  // namespace

Daemon::Daemon(const Config& config, const Loaded& loaded, std::shared_ptr<spdlog::logger> log,
               const std::function<void()>& hung)
    : config_(config),
      loaded_(loaded),
      log_(std::move(log)),
      bus_(jetstream::make_bus(bus_options(config_.nats), log_)),
      tools_{*bus_, metrics_, clock_, log_},
      engine_(make_engine(config_, tools_)),
      participants_(make_participants(config_, loaded_, tools_, hung)),
      front_(config_, tools_, metrics_, config_.roles.api ? engine_.get() : nullptr, readiness()) {}

Daemon::~Daemon() { stop(); }

void Daemon::start() {
  front_.start_health();
  if (engine_) engine_->definitions().add(loaded_.definitions, config_.replace_definitions);
  ensure_streams();
  if (engine_) engine_->start_relay();
  for (auto& participant : participants_) participant->start_relay();
  for (auto& participant : participants_) participant->start();
  if (engine_) engine_->start();
  front_.start_api();
  started_ = true;
}

void Daemon::stop() {
  stopping_ = true;
  front_.stop_api();
  if (engine_) engine_->stop_starter();
  for (auto& participant : participants_) participant->stop();
  if (engine_) engine_->stop();
  for (auto& participant : participants_) participant->stop_relay();
  if (engine_) engine_->stop_relay();
  front_.stop_health();
}

void Daemon::reload(const std::vector<definition::DefinitionPtr>& definitions) {
  if (engine_) engine_->definitions().add(definitions, config_.replace_definitions);
}

/// Commands for a participant that has never run need their stream too.
void Daemon::ensure_streams() {
  if (!wait_for(*bus_)) {
    log_->warn("NATS does not answer; starting without it, messages wait in the outboxes");
    return;
  }
  using Kind = ports::StreamRef::Kind;
  std::set<std::string> names;
  if (engine_) names = engine_->definitions().participants();
  for (const auto& participant : participants_) names.insert(participant->name());
  try {
    for (const auto& name : names) bus_->ensure_stream({Kind::kCommands, name});
    for (const auto kind : {Kind::kResults, Kind::kStarts, Kind::kSignals, Kind::kDead}) {
      bus_->ensure_stream({kind, {}});
    }
  } catch (const ports::Unavailable& error) {
    log_->warn("NATS went away while the streams were checked: {}", error.what());
  }
}

std::vector<api::ReadinessCheck> Daemon::readiness() {
  std::vector<api::ReadinessCheck> checks;
  checks.push_back({"daemon", [this]() -> std::optional<std::string> {
                      if (stopping_) return "shutting down";
                      if (!started_) return "starting";
                      return std::nullopt;
                    }});
  checks.push_back({"bus", [this]() -> std::optional<std::string> {
                      if (bus_->connected()) return std::nullopt;
                      return "not connected to NATS";
                    }});
  if (engine_) {
    checks.push_back({"database engine", [this] { return problem_of(engine_->readers()); }});
  }
  for (auto& participant : participants_) {
    auto* part = participant.get();
    checks.push_back({"database " + part->name(), [part] { return part->probe().problem(); }});
    checks.push_back({"actions of " + part->name(), [part] { return missing_actions(*part); }});
  }
  return checks;
}

}  // namespace sagad::daemon
