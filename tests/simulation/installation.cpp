#include "simulation/installation.hpp"

#include <algorithm>
#include <optional>

#include "base/mutant.hpp"
#include "runtime/children.hpp"
#include "runtime/coordinator.hpp"
#include "runtime/participant.hpp"
#include "runtime/rescuer.hpp"
#include "runtime/timers.hpp"
#include "simulation/definitions.hpp"
#include "simulation/plugin.hpp"

namespace sagad::simulation {
namespace {

/// As large as a run can bear: idle fetches are only work for the simulation.
constexpr base::Duration kFetchWait{10'000};

class MachineClock final : public base::Clock {
 public:
  explicit MachineClock(World& world) : world_(world) {}
  base::Time now() const override { return world_.machine_now(); }

 private:
  World& world_;
};

class Terminator final : public ports::SessionTerminator {
 public:
  explicit Terminator(Database& database) : database_(database) {}
  bool terminate(const ports::Session& session, base::Duration) override {
    if (database_.world().scheduler.check_alive()) return false;
    database_.world().touch("terminate session", 2);
    if (database_.down()) throw ports::Unavailable(database_.name() + " is down");
    return database_.terminate(session.pid);
  }

 private:
  Database& database_;
};

runtime::Relay::Options relay_options(const std::string& database) {
  runtime::Relay::Options options;
  options.database = database;
  options.depth_interval = base::Duration{3'600'000};
  options.idle_interval = base::Duration{500};
  return options;
}

/// Sooner than in earnest, for shorter runs; in the same proportions.
runtime::Rescuer::Options rescuer_options() {
  runtime::Rescuer::Options options;
  options.interval = base::Duration{2000};
  options.silence = base::Duration{6000};
  options.stuck_head = base::Duration{60'000};
  options.longest_interval = base::Duration{600'000};
  options.stuck_consumer = base::Duration{6000};
  return options;
}

runtime::Coordinator::Options coordinator_options(const Plan& plan) {
  runtime::Coordinator::Options options;
  options.workers = plan.participants_workers;
  options.fetch_wait = kFetchWait;
  return options;
}

runtime::Children::Options children_options() {
  runtime::Children::Options options;
  options.fetch_wait = kFetchWait;
  return options;
}

/// Less often than in earnest: an idle look is only work for the simulation.
runtime::Timers::Options timers_options() {
  runtime::Timers::Options options;
  options.interval = base::Duration{250};
  options.deadline_interval = base::Duration{1000};
  return options;
}

runtime::Starter::Options starter_options() {
  runtime::Starter::Options options;
  options.fetch_wait = kFetchWait;
  return options;
}

runtime::Signals::Options signals_options() {
  runtime::Signals::Options options;
  options.fetch_wait = kFetchWait;
  return options;
}

/// The composition of a daemon's engine, as in engine/sagad/engine_part.cpp.
struct EnginePart {
  EnginePart(World& world, const Plan& plan, Installation& site, ports::Bus& bus,
             const base::Clock& clock, ports::Metrics& metrics)
      : stores([&site] { return site.engine.store(); }),
        definitions(site.engine.definition_store()),
        relay(
            relay_options("engine"),
            [&site] { return make_outbox_store(site.engine, site.engine.outbox); }, bus, metrics,
            world.log),
        starter(starter_options(), stores, bus, relay, definitions, clock, metrics, world.log),
        coordinator(coordinator_options(plan), stores, bus, relay, definitions, completions,
                    metrics, world.log),
        children(children_options(), stores, bus, relay, definitions, completions, metrics,
                 world.log),
        timers(timers_options(), stores, relay, definitions, completions, metrics, world.log),
        rescuer(rescuer_options(), stores, bus, relay, definitions, completions, metrics,
                world.log),
        signals(signals_options(), stores, bus, relay, definitions, completions, metrics,
                world.log),
        final_answers(stores, {relay, definitions, &completions, metrics, world.log}),
        operators({}, stores, {relay, definitions, &completions, metrics, world.log}) {}

  void start(bool with_rescuer) {
    coordinator.start();
    children.start();
    timers.start();
    if (with_rescuer && !SAGAD_MUTANT("rescuer_off")) rescuer.start();
    signals.start();
    starter.start();
  }
  void stop() {
    signals.stop();
    rescuer.stop();
    timers.stop();
    children.stop();
    coordinator.stop();
  }

  ports::EngineStoreFactory stores;
  runtime::Definitions definitions;
  runtime::Completions completions;
  runtime::Relay relay;
  runtime::Starter starter;
  runtime::Coordinator coordinator;
  runtime::Children children;
  runtime::Timers timers;
  runtime::Rescuer rescuer;
  runtime::Signals signals;
  runtime::FinalAnswers final_answers;
  runtime::Operators operators;
};

runtime::Participant::Options participant_options(const Plan& plan, const std::string& name) {
  runtime::Participant::Options options;
  options.name = name;
  options.workers = plan.participants_workers;
  options.fetch_wait = kFetchWait;
  options.max_hung_threads = 2;
  return options;
}

/// As in engine/sagad/participant_part.cpp.
struct ParticipantPart {
  ParticipantPart(World& world, const Plan& plan, ParticipantDatabase& database, ports::Bus& bus,
                  const base::Clock& clock, ports::Metrics& metrics, std::function<void()> hung)
      : terminator(database),
        plugin(make_plugin(world, plan, database)),
        relay(
            relay_options(database.name()),
            [&database] { return make_outbox_store(database, database.outbox); }, bus, metrics,
            world.log),
        participant(
            participant_options(plan, database.name()), [&database] { return database.store(); },
            terminator, *plugin, bus, relay, clock, metrics, world.log, std::move(hung)) {}

  Terminator terminator;
  std::unique_ptr<ports::StepRunner> plugin;
  runtime::Relay relay;
  runtime::Participant participant;
};

}  // namespace

Installation::Installation(World& world, const Plan& plan)
    : engine(world, "engine"), bus(world), world_(world), plan_(plan) {
  for (int i = 0; i < kParticipants; ++i) {
    participants.push_back(
        std::make_unique<ParticipantDatabase>(world, "p" + std::to_string(i), effects));
  }
  for (int i = 0; i < plan.engines; ++i) daemons_.emplace_back().has_engine = true;
  for (std::size_t i = 0; i < participants.size(); ++i) {
    if (!plan.one_daemon) daemons_.emplace_back();
    (plan.one_daemon ? daemons_.front() : daemons_.back()).participants.push_back(i);
  }
}

void Installation::start(const ProcessPtr& around) {
  for (std::size_t i = 0; i < daemons_.size(); ++i) {
    world_.scheduler.spawn(around, [this, i] { watch(i); });
  }
}

/// The service manager: starts the daemon again whenever it has ended.
void Installation::watch(std::size_t index) {
  auto& daemon = daemons_[index];
  for (int run = 0; !shut_; ++run) {
    const auto name = "daemon" + std::to_string(index) + "." + std::to_string(run);
    const auto leave = std::make_shared<WaitList>();
    daemon.process = std::make_shared<Process>(name);
    daemon.leave = leave;
    daemon.leaving = false;
    world_.scheduler.spawn(daemon.process, [this, &daemon, leave] { main(daemon, leave); });
    const auto process = daemon.process;
    world_.scheduler.await_end(*process);
    if (shut_) return;
    ++daemon.restarts;
    world_.trace("restarts " + name);
    const double most = world_.faults_on ? 8 : 1;
    sleep_until(world_.scheduler.now() + static_cast<Micros>(world_.between(0.05, most) * kSecond));
  }
}

void Installation::main(Daemon& daemon, const std::shared_ptr<WaitList>& leave) {
  struct Gone {
    Daemon& daemon;
    ~Gone() { daemon.api = nullptr; }
  } const gone{daemon};
  try {
    run_daemon(daemon, leave);
  } catch (const std::exception& error) {
    // As the program does: it says why, and is started again.
    world_.trace(std::string("ends: ") + error.what());
  }
  if (daemon.process->ended()) return;
  // exit() does not wait for threads that hang.
  world_.scheduler.kill(daemon.process);
}

void Installation::run_daemon(Daemon& daemon, const std::shared_ptr<WaitList>& leave) {
  const auto connection = connect(bus);
  const MachineClock clock(world_);
  ports::NoMetrics metrics;
  std::optional<EnginePart> engine_part;
  std::vector<std::unique_ptr<ParticipantPart>> parts;
  if (daemon.has_engine) engine_part.emplace(world_, plan_, *this, *connection, clock, metrics);
  for (const auto index : daemon.participants) {
    parts.push_back(std::make_unique<ParticipantPart>(
        world_, plan_, *participants[index], *connection, clock, metrics, [&daemon, leave] {
          daemon.leaving = true;
          leave->wake_all();
        }));
  }
  if (engine_part) {
    std::vector<definition::DefinitionPtr> definitions;
    // The file of a definition may be gone, but not before it was added.
    const bool all = engine.definitions.empty() || !world_.one_in(8);
    for (const auto& wish : plan_.wishes) {
      for (auto& one : with_children(wish.definition)) {
        if (all) definitions.push_back(std::move(one));
      }
    }
    engine_part->definitions.add(definitions, false);
    engine_part->relay.start();
  }
  for (const auto& part : parts) part->relay.start();
  for (const auto& part : parts) part->participant.start();
  if (engine_part) {
    engine_part->start(plan_.rescuer);
    daemon.api =
        std::make_shared<Api>(Api{daemon.process, engine_part->starter, engine_part->signals,
                                  engine_part->final_answers, engine_part->operators});
  }
  while (!daemon.leaving) leave->wait(std::nullopt);
  world_.trace("drains");
  const auto api = std::exchange(daemon.api, nullptr);
  if (engine_part) engine_part->starter.stop();
  while (api && api->requests > 0) sleep_until(world_.scheduler.now() + kSecond / 20);
  for (const auto& part : parts) part->participant.stop();
  if (engine_part) engine_part->stop();
  for (const auto& part : parts) part->relay.stop();
  if (engine_part) engine_part->relay.stop();
}

void Installation::terminate(std::size_t index) {
  auto& daemon = daemons_[index];
  daemon.leaving = true;
  if (daemon.leave) daemon.leave->wake_all();
}

std::shared_ptr<Installation::Api> Installation::api() {
  std::vector<const Daemon*> ready;
  for (const auto& daemon : daemons_) {
    if (daemon.api != nullptr && !daemon.process->dead()) ready.push_back(&daemon);
  }
  return ready.empty() ? nullptr : ready[world_.below(ready.size())]->api;
}

int Installation::restarts(std::size_t participant) const {
  int restarts = 0;
  for (const auto& daemon : daemons_) {
    for (const auto index : daemon.participants) {
      if (index == participant) restarts += daemon.restarts;
    }
  }
  return restarts;
}

void Installation::shut_down() {
  shut_ = true;
  for (const auto& daemon : daemons_) {
    if (daemon.process) world_.scheduler.kill(daemon.process);
  }
}

bool Installation::ended() const {
  return std::all_of(daemons_.begin(), daemons_.end(), [](const Daemon& daemon) {
    return daemon.process == nullptr || daemon.process->ended();
  });
}

}  // namespace sagad::simulation
