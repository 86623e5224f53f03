#include "sagactl/scripted_participant.hpp"

#include <algorithm>

namespace sagad::ctl {
namespace {

using saga::Kind;
using saga::Outcome;

saga::Result to_result(const saga::Command& command, const ScriptedAnswer& answer) {
  saga::Result result;
  result.saga = command.saga;
  result.definition = command.definition;
  result.participant = command.participant;
  result.step = command.step;
  result.item = command.item;
  result.kind = command.kind;
  result.attempt = command.attempt;
  result.round = command.round;
  result.sent_at = command.sent_at;
  result.outcome = answer.outcome;
  result.output = answer.output;
  result.code = answer.code;
  result.message = answer.message;
  result.after = answer.after;
  return result;
}

ScriptedAnswer barred() {
  ScriptedAnswer answer;
  answer.outcome = Outcome::kBarred;
  return answer;
}

/// As the watchdog answers for an execution that takes too long.
ScriptedAnswer timed_out(base::Duration timeout) {
  ScriptedAnswer answer;
  answer.outcome = Outcome::kRetry;
  answer.code = "timeout";
  answer.message = "it took longer than " + base::format_duration(timeout);
  answer.takes = timeout;
  return answer;
}

}  // namespace

std::optional<ScriptedParticipant::Answer> ScriptedParticipant::answer(const saga::Command& command,
                                                                       base::Time now) {
  const Kind row = command.kind == Kind::kUndo ? Kind::kUndo : Kind::kDo;
  const auto found = inbox_.find({command.step, command.item, row});
  if (found != inbox_.end()) {
    const auto& recorded = found->second;
    const bool final = recorded.answer.outcome == Outcome::kDone || command.kind == Kind::kSettle ||
                       command.round <= recorded.round;
    if (final) {
      auto result = to_result(command, recorded.answer);
      result.round = recorded.round;
      return Answer{std::move(result), std::max(now, recorded.at)};
    }
  }
  return command.kind == Kind::kSettle ? settle(command, now) : execute(command, now);
}

std::optional<ScriptedParticipant::Answer> ScriptedParticipant::settle(const saga::Command& command,
                                                                       base::Time now) {
  const auto& scripted = script_of(command).settle;
  const auto answer = scripted.value_or(barred());
  if (answer.lost) return std::nullopt;
  const auto at = now + answer.takes;
  inbox_[{command.step, command.item, Kind::kDo}] = {answer, command.round, at};
  return Answer{to_result(command, answer), at};
}

std::optional<ScriptedParticipant::Answer> ScriptedParticipant::execute(
    const saga::Command& command, base::Time now) {
  auto answer = next(command);
  if (answer.lost) return std::nullopt;
  // Nobody but its deadline hurries a child.
  const bool child = command.participant == definition::kChildParticipant;
  if (!child && answer.takes > command.timeout) answer = timed_out(command.timeout);
  const auto at = now + answer.takes;
  if (answer.outcome != Outcome::kRetry) {
    inbox_[{command.step, command.item, command.kind}] = {answer, command.round, at};
  }
  return Answer{to_result(command, answer), at};
}

/// What is not scripted is done, and returns nothing.
const ScriptedAnswer& ScriptedParticipant::next(const saga::Command& command) {
  static const ScriptedAnswer kDone;
  const auto& script = script_of(command);
  const auto& answers = command.kind == Kind::kUndo ? script.undo : script.act;
  if (answers.empty()) return kDone;
  auto& used = used_[{command.step, command.item, command.kind}];
  return answers[std::min(used++, answers.size() - 1)];
}

const StepScript& ScriptedParticipant::script_of(const saga::Command& command) const {
  static const StepScript kNothing;
  const auto found = script_.steps.find(command.step);
  if (found == script_.steps.end()) return kNothing;
  const auto& items = found->second.items;
  const auto own = items.find(command.item);
  return own == items.end() ? found->second : own->second;
}

}  // namespace sagad::ctl
