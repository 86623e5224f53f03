#pragma once

#include <memory>

#include "base/service.hpp"
#include "ports/bus.hpp"
#include "ports/engine_store.hpp"
#include "ports/metrics.hpp"
#include "runtime/completions.hpp"
#include "runtime/definitions.hpp"
#include "runtime/relay.hpp"

namespace sagad::runtime {

/// The engine as a participant: takes the commands of child steps (`do`, `settle`, `undo` to
/// `@child`) and starts, cancels and undoes child sagas. A child answers its parent itself, in the
/// transaction in which it ends.
class Children final : public base::Service {
 public:
  struct Options {
    std::size_t max_batch = 64;
    base::Duration fetch_wait{1000};
    int give_up_after = 5;  ///< deliveries of a command that fails alone; then its parent pauses
  };

  Children(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, Relay& relay,
           Definitions& definitions, Completions& completions, ports::Metrics& metrics,
           std::shared_ptr<spdlog::logger> log);
  ~Children() override;

  void start() override;
  void stop() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sagad::runtime
