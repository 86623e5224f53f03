#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "plugins/step_runner.hpp"
#include "ports/participant_store.hpp"
#include "runtime/participant.hpp"
#include "runtime/relay.hpp"
#include "sagad/config.hpp"
#include "sagad/probes.hpp"
#include "sagad/tools.hpp"

namespace sagad::daemon {

/// What works on one participant's database.
class ParticipantPart {
 public:
  /// `hung`: see runtime::Participant.
  ParticipantPart(const ParticipantConfig& config, std::shared_ptr<const plugins::Plugin> plugin,
                  const Tools& tools, std::function<void()> hung);

  void start_relay() { relay_.start(); }
  void start() { participant_.start(); }
  void stop() { participant_.stop(); }
  void stop_relay() { relay_.stop(); }

  const std::string& name() const { return name_; }
  std::vector<std::string> missing_actions() const { return participant_.missing_actions(); }
  DatabaseProbe& probe() { return probe_; }

 private:
  const std::string name_;
  const ports::ParticipantStoreFactory stores_;
  DatabaseProbe probe_;
  std::unique_ptr<ports::SessionTerminator> terminator_;
  plugins::PluginStepRunner runner_;
  runtime::Relay relay_;
  runtime::Participant participant_;
};

}  // namespace sagad::daemon
