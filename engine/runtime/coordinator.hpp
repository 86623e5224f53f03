#pragma once

#include <memory>
#include <string>

#include "base/service.hpp"
#include "ports/bus.hpp"
#include "ports/engine_store.hpp"
#include "ports/metrics.hpp"
#include "runtime/completions.hpp"
#include "runtime/definitions.hpp"
#include "runtime/relay.hpp"

namespace sagad::runtime {

/// Takes results in batches and decides what comes next: lock the instances, decide(), write
/// state, history and outbox, commit, publish from memory, ack. Several results of one saga are
/// folded in order; a batch that fails falls back to one instance at a time, so that one broken
/// instance stops no other. Also stores dead letters and pauses their sagas.
class Coordinator final : public base::Service {
 public:
  struct Options {
    int workers = 2;
    std::size_t max_batch = 256;
    base::Duration fetch_wait{1000};
    int give_up_after = 5;  ///< failures of one saga; then its messages are dead letters
  };

  Coordinator(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, Relay& relay,
              Definitions& definitions, Completions& completions, ports::Metrics& metrics,
              std::shared_ptr<spdlog::logger> log);
  ~Coordinator() override;

  void start() override;
  void stop() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sagad::runtime
