#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/service.hpp"
#include "ports/bus.hpp"
#include "ports/metrics.hpp"
#include "ports/participant_store.hpp"
#include "ports/step_runner.hpp"
#include "runtime/relay.hpp"

namespace sagad::runtime {

/// Executes the commands of one participant (protocol, section 3): batches, the barrier with
/// settle, three modes of isolation, external actions with leases, the watchdog, poison.
class Participant final : public base::Service {
 public:
  struct Options {
    std::string name;
    /// Threads for `do`, and as many for steps slower than the budget, once there are such; undo
    /// and settle have one of their own.
    int workers = 2;
    /// Threads for external actions, once there are such: how many calls to the outside at once.
    int external_workers = 8;
    std::size_t max_batch = 256;
    base::Duration fetch_wait{1000};
    base::Duration batch_budget{20};  ///< of plugin time, by running average
    std::size_t savepoint_batch = 60;
    int poison_starts = 3;
    /// How long the lease of an external action lasts beyond its timeout.
    base::Duration lease_margin{5000};
    int max_hung_threads = 4;
    base::Duration stale_after{15 * 24 * 3'600'000LL};  ///< half the inbox retention
  };

  /// `hung` is called once, when more than max_hung_threads hang: the daemon drains and leaves with
  /// exit code 75, so that the service manager restarts it. It is called by a thread of the
  /// participant: it must not call stop() itself. What is passed by reference has to outlive the
  /// participant, and `runner` also the threads that still hang when it stops.
  Participant(Options options, ports::ParticipantStoreFactory stores,
              ports::SessionTerminator& terminator, ports::StepRunner& runner, ports::Bus& bus,
              Relay& relay, const base::Clock& clock, ports::Metrics& metrics,
              std::shared_ptr<spdlog::logger> log, std::function<void()> hung);
  ~Participant() override;

  /// Throws what the factories throw. Once only.
  void start() override;
  /// Fetches no more, ends the transactions that run, puts the rest back on the bus. Threads that
  /// hang are left behind: they hold nothing that they could still write.
  void stop() override;

  /// Actions that commands asked for and this daemon lacks: for /readyz. Thread-safe.
  std::vector<std::string> missing_actions() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  ///< hung threads own it too
};

}  // namespace sagad::runtime
