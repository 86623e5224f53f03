#include "runtime/participant_barrier.hpp"

#include <utility>

#include "base/mutant.hpp"

namespace sagad::runtime {
namespace {

using saga::Kind;
using saga::Outcome;

Verdict run(Verdict::Record record) {
  Verdict verdict;
  verdict.action = Verdict::Action::kRun;
  verdict.record = record;
  return verdict;
}

Verdict answer(ports::InboxRow row, Verdict::Record record) {
  Verdict verdict;
  verdict.record = record;
  verdict.row = std::move(row);
  return verdict;
}

/// `later` is an effect too: its final answer is the coordinator's affair.
bool took_effect(const ports::InboxRow& row) {
  return row.outcome == Outcome::kDone || row.outcome == Outcome::kLater;
}

/// `failed` and `barred` hold for their round and the ones before; what took effect for ever.
bool gives_way(const ports::InboxRow& row, int round) {
  return !took_effect(row) && row.round < round;
}

Verdict claimed(Verdict::Action action, const ports::InboxRow& row) {
  Verdict verdict;
  verdict.action = action;
  verdict.row = row;
  return verdict;
}

ports::InboxRow new_row(const saga::Command& command, Outcome outcome) {
  ports::InboxRow row;
  row.key = execution_key(command);
  row.round = command.round;
  row.outcome = outcome;
  if (outcome == Outcome::kDone) row.output = "{}";
  return row;
}

Verdict judge_do(const saga::Command& command, const std::optional<ports::InboxRow>& action) {
  if (!action) return run(Verdict::Record::kInsert);
  if (action->claimed) return claimed(Verdict::Action::kOwnClaim, *action);
  if (gives_way(*action, command.round)) return run(Verdict::Record::kReplace);
  return answer(*action, Verdict::Record::kNothing);
}

Verdict judge_settle(const saga::Command& command, const std::optional<ports::InboxRow>& action) {
  if (!action) return answer(new_row(command, Outcome::kBarred), Verdict::Record::kInsert);
  if (action->claimed) return claimed(Verdict::Action::kActionClaim, *action);
  // A `do` of this round that is still on its way would find the old row giving way to it.
  if (gives_way(*action, command.round)) {
    if (action->in_doubt) {  // of the round before: what it may have done is still to be undone
      auto doubt = *action;
      doubt.round = command.round;
      return answer(std::move(doubt), Verdict::Record::kReplace);
    }
    return answer(new_row(command, Outcome::kBarred), Verdict::Record::kReplace);
  }
  return answer(*action, Verdict::Record::kNothing);
}

Verdict judge_undo(const saga::Command& command, const std::optional<ports::InboxRow>& action,
                   const std::optional<ports::InboxRow>& undo) {
  if (undo && undo->claimed) return claimed(Verdict::Action::kOwnClaim, *undo);
  if (undo && !gives_way(*undo, command.round)) return answer(*undo, Verdict::Record::kNothing);
  const auto record = undo ? Verdict::Record::kReplace : Verdict::Record::kInsert;
  if (command.by_hand) return run(record);
  if (!action) {
    Verdict verdict;
    verdict.missing = true;
    return verdict;
  }
  if (action->claimed) return claimed(Verdict::Action::kActionClaim, *action);
  if (!took_effect(*action) && !action->in_doubt)
    return answer(new_row(command, Outcome::kDone), record);
  return run(record);
}

}  // namespace

ports::ExecutionKey action_key(const saga::Command& command) {
  const int item = SAGAD_MUTANT("items_share_a_key") ? 0 : command.item;
  return {command.saga, command.step, item, Kind::kDo};
}

ports::ExecutionKey execution_key(const saga::Command& command) {
  auto key = action_key(command);
  if (command.kind == Kind::kUndo) key.kind = Kind::kUndo;
  return key;
}

Verdict judge(const saga::Command& command, const std::optional<ports::InboxRow>& action,
              const std::optional<ports::InboxRow>& undo) {
  switch (command.kind) {
    case Kind::kDo:
      return judge_do(command, action);
    case Kind::kSettle:
      return judge_settle(command, action);
    case Kind::kUndo:
      break;
  }
  return judge_undo(command, action, undo);
}

}  // namespace sagad::runtime
