#include "sagad/engine_part.hpp"

#include <algorithm>

#include "postgres/stores.hpp"

namespace sagad::daemon {
namespace {

constexpr std::size_t kReaders = 8;

runtime::Starter::Options starter_options(const Roles& roles) {
  runtime::Starter::Options options;
  options.api_workers = roles.api ? 1 : 0;
  options.bus_workers = roles.coordinator ? 1 : 0;
  return options;
}

runtime::Signals::Options signals_options(const Roles& roles) {
  runtime::Signals::Options options;
  options.bus = roles.coordinator;
  return options;
}

runtime::Relay::Options relay_options() {
  runtime::Relay::Options options;
  options.database = "engine";
  return options;
}

runtime::Coordinator::Options coordinator_options(const EngineConfig& engine) {
  runtime::Coordinator::Options options;
  options.workers = engine.workers;
  return options;
}

/// It looks six times as often as something may be silent, so that a rescue is not much later.
runtime::Rescuer::Options rescuer_options(const EngineConfig& engine) {
  runtime::Rescuer::Options options;
  options.silence = engine.rescue_after;
  options.stuck_consumer = engine.rescue_after;
  options.interval = std::max(engine.rescue_after / 6, base::Duration{100});
  return options;
}

}  // namespace

EnginePart::Loops::Loops(const Config& config, const Tools& tools, EnginePart& part)
    : coordinator(coordinator_options(*config.engine), part.stores_, tools.bus, part.relay_,
                  part.definitions_, part.completions_, tools.metrics, tools.log),
      children({}, part.stores_, tools.bus, part.relay_, part.definitions_, part.completions_,
               tools.metrics, tools.log),
      timers({}, part.stores_, part.relay_, part.definitions_, part.completions_, tools.metrics,
             tools.log),
      rescuer(rescuer_options(*config.engine), part.stores_, tools.bus, part.relay_,
              part.definitions_, part.completions_, tools.metrics, tools.log) {}

EnginePart::EnginePart(const Config& config, const Tools& tools)
    : stores_([target = config.engine->database] { return postgres::make_engine_store(target); }),
      definitions_(postgres::make_definition_store(config.engine->database)),
      follower_({}, definitions_, tools.log),
      readers_([target = config.engine->database] { return postgres::make_engine_reader(target); },
               kReaders),
      relay_(
          relay_options(),
          [target = config.engine->database] {
            return postgres::make_outbox_store(target, "engine");
          },
          tools.bus, tools.metrics, tools.log),
      final_answers_(stores_, {relay_, definitions_, &completions_, tools.metrics, tools.log}),
      starter_(starter_options(config.roles), stores_, tools.bus, relay_, definitions_, tools.clock,
               tools.metrics, tools.log),
      dead_letters_(
          postgres::make_dead_letter_store(config.engine->database), stores_,
          {relay_, definitions_, &completions_, tools.metrics, tools.log},
          [this](runtime::StartRequest start) { return starter_.submit(std::move(start)); }),
      signals_(signals_options(config.roles), stores_, tools.bus, relay_, definitions_,
               completions_, tools.metrics, tools.log),
      operators_({}, stores_, {relay_, definitions_, &completions_, tools.metrics, tools.log}) {
  if (config.roles.coordinator) loops_.emplace(config, tools, *this);
}

void EnginePart::start() {
  if (loops_) {
    loops_->coordinator.start();
    loops_->children.start();
    loops_->timers.start();
    loops_->rescuer.start();
  }
  follower_.start();
  starter_.start();
  signals_.start();
}

void EnginePart::stop() {
  follower_.stop();
  if (!loops_) return;
  loops_->rescuer.stop();
  loops_->timers.stop();
  loops_->children.stop();
  loops_->coordinator.stop();
}

}  // namespace sagad::daemon
