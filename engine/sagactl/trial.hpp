#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "definition/definition.hpp"
#include "saga/instance.hpp"
#include "sagactl/script.hpp"

namespace sagad::ctl {

/// Something that happened in a trial: an event of the history, or a command that was sent.
struct TrialLine {
  base::Duration at{0};  ///< since the start
  std::string text;      ///< `done pay`, `completed`; of a command: `do pay`
  bool command = false;
  std::string operation;        ///< of a command: `pay.charge`
  boost::json::value document;  ///< of an event: its details; of a command: its input
};

/// How a definition went with a script.
struct Trial {
  saga::Instance instance;
  std::vector<TrialLine> lines;
  base::Duration took{0};
  /// Neither ended nor paused, and nothing more will happen.
  bool stuck = false;
};

/// Plays the script: every answer goes through decide(), and time jumps from event to event. The
/// same script gives the same trial. Throws std::runtime_error if there is no end to it.
Trial run_trial(const definition::DefinitionPtr& definition, const Script& script);

}  // namespace sagad::ctl
