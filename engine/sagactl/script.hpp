#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "definition/definition.hpp"
#include "saga/instance.hpp"
#include "saga/message.hpp"

namespace sagad::ctl {

/// What `sagactl test` plays, and what is expected of it. docs/cli.md describes the file. Values.

/// What a participant answers to one execution.
struct ScriptedAnswer {
  saga::Outcome outcome = saga::Outcome::kDone;
  bool lost = false;  ///< there is no answer, ever; the other members do not count
  boost::json::value output;
  std::string code;
  std::string message;
  std::optional<base::Duration> after;  ///< of a retry: wished by the action
  base::Duration takes{0};              ///< the execution
};

struct StepScript {
  std::vector<ScriptedAnswer> act;  ///< in their order; the last is repeated
  std::vector<ScriptedAnswer> undo;
  std::optional<ScriptedAnswer> settle;  ///< what is found of an action that has not answered
  std::map<int, StepScript> items;       ///< of a foreach: items with a script of their own
};

/// A command that was sent, or should have been.
struct ExpectedCommand {
  std::string text;  ///< `do pay`, of an item `do pay[0]`
  std::optional<boost::json::value> input;
};

/// A signal that comes from outside.
struct ScriptedSignal {
  base::Duration at{0};  ///< since the start
  std::string name;
  boost::json::value payload;
};

struct Expectations {
  std::optional<saga::SagaStatus> status;
  std::optional<std::string> reason;
  std::optional<std::string> error;  ///< its code
  std::optional<boost::json::value> output;
  std::optional<std::vector<std::string>> path;  ///< `done pay`, `completed`
  std::optional<std::vector<ExpectedCommand>> commands;
};

struct Script {
  std::string file;
  boost::json::value input = boost::json::object();
  std::string key;
  std::map<std::string, StepScript, std::less<>> steps;
  std::vector<ScriptedSignal> signals;
  Expectations expect;
};

/// Reads a script for this definition. `file` is only for messages. Throws
/// definition::DefinitionError with every problem that it can find.
Script read_script(std::string_view text, const std::string& file,
                   const definition::Definition& definition);

}  // namespace sagad::ctl
