#pragma once

#include <memory>

#include "base/service.hpp"
#include "ports/engine_store.hpp"
#include "ports/metrics.hpp"
#include "runtime/completions.hpp"
#include "runtime/definitions.hpp"
#include "runtime/relay.hpp"

namespace sagad::runtime {

/// Fires due timers (back-off, total_timeout) and deadlines, judged by the database's clock.
/// Any number of daemons may run it: due rows are locked with SKIP LOCKED, and decide() ignores
/// what is no longer true.
class Timers final : public base::Service {
 public:
  struct Options {
    base::Duration interval{50};
    base::Duration deadline_interval{500};
    std::size_t limit = 256;
  };

  Timers(Options options, ports::EngineStoreFactory stores, Relay& relay, Definitions& definitions,
         Completions& completions, ports::Metrics& metrics, std::shared_ptr<spdlog::logger> log);
  ~Timers() override;

  void start() override;
  void stop() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sagad::runtime
