#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "api/reader_pool.hpp"
#include "base/time.hpp"
#include "ports/bus.hpp"
#include "ports/metrics.hpp"
#include "runtime/children.hpp"
#include "runtime/completions.hpp"
#include "runtime/coordinator.hpp"
#include "runtime/dead_letters.hpp"
#include "runtime/definition_follower.hpp"
#include "runtime/definitions.hpp"
#include "runtime/final_answers.hpp"
#include "runtime/operators.hpp"
#include "runtime/relay.hpp"
#include "runtime/rescuer.hpp"
#include "runtime/signals.hpp"
#include "runtime/starter.hpp"
#include "runtime/timers.hpp"
#include "sagad/config.hpp"
#include "sagad/tools.hpp"

namespace sagad::daemon {

/// What works on the engine's database: the coordinator's loops and the start of sagas. The API
/// alone (role `api` without `coordinator`) needs only the latter.
class EnginePart {
 public:
  EnginePart(const Config& config, const Tools& tools);

  void start_relay() { relay_.start(); }
  void start();
  void stop_starter() {
    starter_.stop();
    signals_.stop();
  }
  void stop();
  void stop_relay() { relay_.stop(); }

  runtime::Definitions& definitions() { return definitions_; }
  runtime::Completions& completions() { return completions_; }
  runtime::Starter& starter() { return starter_; }
  runtime::Signals& signals() { return signals_; }
  api::ReaderPool& readers() { return readers_; }
  runtime::DeadLetters& dead_letters() { return dead_letters_; }
  runtime::Operators& operators() { return operators_; }
  runtime::FinalAnswers& final_answers() { return final_answers_; }

 private:
  /// The loops that change sagas which are there already.
  struct Loops {
    Loops(const Config& config, const Tools& tools, EnginePart& part);
    runtime::Coordinator coordinator;
    runtime::Children children;
    runtime::Timers timers;
    runtime::Rescuer rescuer;
  };

  const ports::EngineStoreFactory stores_;
  runtime::Definitions definitions_;
  runtime::DefinitionFollower follower_;
  runtime::Completions completions_;
  api::ReaderPool readers_;
  runtime::Relay relay_;
  std::optional<Loops> loops_;
  runtime::FinalAnswers final_answers_;
  runtime::Starter starter_;
  runtime::DeadLetters dead_letters_;
  runtime::Signals signals_;
  runtime::Operators operators_;
};

}  // namespace sagad::daemon
