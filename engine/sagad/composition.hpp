#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "api/metrics.hpp"
#include "base/time.hpp"
#include "ports/bus.hpp"
#include "sagad/config.hpp"
#include "sagad/engine_part.hpp"
#include "sagad/front.hpp"
#include "sagad/loading.hpp"
#include "sagad/participant_part.hpp"
#include "sagad/tools.hpp"

namespace sagad::daemon {

/// The whole daemon, built by hand: the members stand in the order in which they are made, and
/// are destroyed in the reverse one. Used by one thread.
class Daemon {
 public:
  /// Connects to nothing. `hung` is called from any thread when too many threads of a participant
  /// hang. Throws std::invalid_argument if an option cannot be right.
  Daemon(const Config& config, const Loaded& loaded, std::shared_ptr<spdlog::logger> log,
         const std::function<void()>& hung);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Adds the definitions to the database, makes the streams, starts everything. Throws what
  /// hinders it: ports::DefinitionConflict, ports::Unavailable, std::runtime_error.
  void start();
  /// Drains, in this order: API, starts, commands and results, outboxes, health.
  void stop();
  /// New definitions for new starts; running sagas keep theirs. Throws ports::DefinitionConflict,
  /// ports::Unavailable.
  void reload(const std::vector<definition::DefinitionPtr>& definitions);

  std::optional<api::Address> api_address() const { return front_.api_address(); }
  const api::Address& health_address() const { return front_.health_address(); }

 private:
  std::vector<api::ReadinessCheck> readiness();
  void ensure_streams();

  const Config config_;
  const Loaded loaded_;
  const std::shared_ptr<spdlog::logger> log_;
  std::atomic<bool> started_{false};
  std::atomic<bool> stopping_{false};

  const base::SystemClock clock_;
  api::PrometheusMetrics metrics_;
  const std::unique_ptr<ports::Bus> bus_;
  const Tools tools_;
  std::unique_ptr<EnginePart> engine_;  ///< with the role coordinator or api
  std::vector<std::unique_ptr<ParticipantPart>> participants_;
  Front front_;
};

}  // namespace sagad::daemon
