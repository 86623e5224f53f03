#pragma once

#include <optional>
#include <string>

#include "ports/participant_store.hpp"
#include "saga/message.hpp"

namespace sagad::runtime {

/// What the barrier says of a command (protocol, sections 1 and 2). A value.
struct Verdict {
  enum class Action {
    kRun,     ///< run the plugin, then record its answer
    kAnswer,  ///< run nothing; `row` or `missing` is the answer
    /// External: `row` is the claim of the command's own key. It runs once nobody holds that.
    kOwnClaim,
    /// External: `row` is the claim of the action, which has no answer yet, and is to be ended
    /// before it is settled or undone.
    kActionClaim,
  };
  enum class Record {
    kNothing,
    kInsert,   ///< a new row
    kReplace,  ///< instead of a `failed` or `barred` row of a lower round
  };

  Action action = Action::kAnswer;
  Record record = Record::kNothing;
  /// With kAnswer: what is answered, and recorded if `record` says so.
  ports::InboxRow row;
  /// An undo whose action is known as done, but has no row: data loss, nothing is recorded.
  bool missing = false;
};

/// The key of what the command executes; for a settle that of the action which it settles.
ports::ExecutionKey execution_key(const saga::Command& command);
/// The key of the action that the command does, undoes or settles.
ports::ExecutionKey action_key(const saga::Command& command);

/// Judges a command by the rows that were found: `action` is the row of the step's `do`, `undo`
/// that of its `undo` (looked at for undo commands only). Pure.
Verdict judge(const saga::Command& command, const std::optional<ports::InboxRow>& action,
              const std::optional<ports::InboxRow>& undo);

}  // namespace sagad::runtime
