#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/backoff.hpp"
#include "base/id.hpp"
#include "base/random.hpp"
#include "base/sync.hpp"
#include "runtime/participant.hpp"
#include "runtime/participant_leases.hpp"
#include "runtime/participant_message.hpp"
#include "runtime/participant_pace.hpp"
#include "runtime/participant_report.hpp"
#include "runtime/threads.hpp"
#include "runtime/watchdog.hpp"

namespace sagad::runtime {

/// Throws unless the database answers: a transaction alone would not ask it.
inline void ask_database(ports::ParticipantStore& store) {
  store.begin()->find(std::vector{ports::ExecutionKey{}});
}

/// The actions that commands asked for and the plugin lacks. Thread-safe.
class MissingActions {
 public:
  /// True if it was not known.
  bool add(const std::string& action) {
    const std::lock_guard lock(mutex_);
    return names_.insert(action).second;
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return {names_.begin(), names_.end()};
  }

 private:
  mutable base::Mutex mutex_;
  std::set<std::string> names_;  ///< guarded by mutex_
};

/// What the workers of one participant share: a bundle of references and of thread-safe things.
/// A hung worker holds it until its thread comes back.
struct ParticipantContext {
  ParticipantContext(Participant::Options options_in, ports::ParticipantStoreFactory stores_in,
                     ports::StepRunner& runner_in, ports::Bus& bus_in, Relay& relay_in,
                     const base::Clock& clock_in, ports::Metrics& metrics_in,
                     std::shared_ptr<spdlog::logger> log_in)
      : options(std::move(options_in)),
        stores(std::move(stores_in)),
        runner(runner_in),
        bus(bus_in),
        relay(relay_in),
        clock(clock_in),
        metrics(metrics_in),
        log(std::move(log_in)),
        paces({options.batch_budget, options.max_batch, options.savepoint_batch}),
        publisher(bus_in),
        leases(stores, options.lease_margin, log, options.name) {}

  const Participant::Options options;
  const ports::ParticipantStoreFactory stores;
  ports::StepRunner& runner;
  ports::Bus& bus;
  Relay& relay;
  const base::Clock& clock;
  ports::Metrics& metrics;
  const std::shared_ptr<spdlog::logger> log;

  Paces paces;
  ConfirmedPublisher publisher;
  Leases leases;
  MissingActions missing;
  StopSignal stop;      ///< the participant ends
  StopSignal no_fetch;  ///< too many threads hang, or the participant ends
};

/// What belongs to one worker thread. Only `held` and `slot` are seen by other threads.
struct WorkerContext {
  explicit WorkerContext(ParticipantContext& shared_in) : shared(shared_in) {}

  /// When a command that was not executed shall come again: later, the oftener it came.
  base::Duration nak_delay(const HeldCommand& command) {
    return nak_backoff.interval(command.deliveries(), random.uniform());
  }
  ports::OutboxId next_id() { return ids.next(shared.clock.now()); }

  ParticipantContext& shared;
  std::unique_ptr<ports::ParticipantStore> store;
  std::shared_ptr<Watchdog::Slot> slot;
  HeldSet held;
  base::IdGenerator ids;
  base::Random random = base::Random::from_system();
  const base::Backoff nak_backoff{base::Duration{200}, 2.0, base::Duration{30'000}, 0.2};
};

}  // namespace sagad::runtime
