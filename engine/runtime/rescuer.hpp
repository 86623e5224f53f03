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

/// Sends again what the streams can no longer hold (protocol, section 5), and repairs consumers
/// that can deliver nothing.
class Rescuer final : public base::Service {
 public:
  struct Options {
    base::Duration interval{5000};
    base::Duration silence{30'000};      ///< unanswered for so long before it is looked at
    base::Duration stuck_head{600'000};  ///< a head that has not moved: send anyway
    base::Duration longest_interval{21'600'000};
    base::Duration stuck_consumer{30'000};
    std::size_t page = 500;
  };

  Rescuer(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, Relay& relay,
          Definitions& definitions, Completions& completions, ports::Metrics& metrics,
          std::shared_ptr<spdlog::logger> log);
  ~Rescuer() override;

  void start() override;
  void stop() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sagad::runtime
