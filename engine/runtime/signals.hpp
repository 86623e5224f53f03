#pragma once

#include <memory>

#include "base/service.hpp"
#include "ports/bus.hpp"
#include "ports/engine_store.hpp"
#include "ports/metrics.hpp"
#include "runtime/completions.hpp"
#include "runtime/definitions.hpp"
#include "runtime/relay.hpp"
#include "runtime/signal_batch.hpp"

namespace sagad::runtime {

/// Takes signals: those of the API at once, and those of the bus in batches, answering
/// `Sagad-Reply-To`. What the bus brings and no saga can have becomes a dead letter.
class Signals final : public base::Service {
 public:
  struct Options {
    bool bus = true;              ///< whether it serves the bus
    std::size_t connections = 4;  ///< signals of the API that are committed at one time
    std::size_t max_batch = 64;
    base::Duration fetch_wait{1000};
    base::Duration patience{5000};  ///< of a signal of the API, for a connection
    int give_up_after = 5;          ///< deliveries of a signal that fails alone
  };

  Signals(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, Relay& relay,
          Definitions& definitions, Completions& completions, ports::Metrics& metrics,
          std::shared_ptr<spdlog::logger> log);
  ~Signals() override;

  void start() override;
  void stop() override;

  /// Blocks until the transaction has committed (or failed). Thread-safe; also before start().
  SignalOutcome send(SignalRequest request);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sagad::runtime
