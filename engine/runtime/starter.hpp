#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/service.hpp"
#include "ports/bus.hpp"
#include "ports/engine_store.hpp"
#include "ports/metrics.hpp"
#include "runtime/definitions.hpp"
#include "runtime/relay.hpp"

namespace sagad::runtime {

/// A wish to start a saga, from whichever door.
struct StartRequest {
  std::string definition;
  std::optional<int> version;
  std::string key;  ///< may be empty only through the API
  boost::json::value input;
  std::optional<base::SagaId> id;  ///< SQL starts bring theirs
};

/// What became of it. Only kStarted and kExisting are sagas; only a commit acknowledges.
struct StartOutcome {
  enum class Kind {
    kStarted,
    kExisting,           ///< same key, same input: the first instance
    kConflict,           ///< same key, another input (409); `id` is the first instance
    kUnknownDefinition,  ///< 404
    kRetired,            ///< 409: the version that was asked for, or every version, is retired
    kInvalidInput,       ///< 422, `errors`; through bus and SQL an instance `failed` is kept: `id`
    kUnavailable,        ///< 503: nothing was committed, or it is not known; ask again by key
    kOverloaded,         ///< 429: too many wait already
  };
  Kind kind;
  base::SagaId id;
  std::vector<std::string> errors;
};

/// Starts sagas: groups the API's starts into batches of one transaction (group commit), and
/// consumes the starts stream (bus and SQL) the same way, answering `Sagad-Reply-To`.
class Starter final : public base::Service {
 public:
  struct Options {
    std::size_t max_batch = 256;
    std::size_t max_waiting = 10'000;  ///< API starts; above it kOverloaded
    base::Duration fetch_wait{1000};
    int api_workers = 1;
    int bus_workers = 1;
  };

  Starter(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, Relay& relay,
          Definitions& definitions, const base::Clock& clock, ports::Metrics& metrics,
          std::shared_ptr<spdlog::logger> log);
  ~Starter() override;

  void start() override;
  void stop() override;

  /// Blocks until the start's transaction has committed (or failed). Thread-safe.
  StartOutcome submit(StartRequest request);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sagad::runtime
