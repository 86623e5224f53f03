#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "saga/document.hpp"
#include "saga/intervention.hpp"

namespace sagad::saga {

enum class SagaStatus { kRunning, kCompensating, kCompleted, kCompensated, kPaused, kFailed };
std::string_view to_string(SagaStatus status);
SagaStatus parse_saga_status(std::string_view text);  ///< throws std::invalid_argument
/// completed, compensated or failed.
bool is_final(SagaStatus status);

enum class StepStatus {
  kPending,       ///< not started
  kRunning,       ///< `do` dispatched, not answered
  kRetrying,      ///< answered `retry`; waits for its back-off
  kWaiting,       ///< for time, a signal, a child or a later answer: no command is out
  kDone,          ///< took effect
  kFailed,        ///< refused, exhausted and barred, or its expression failed
  kSkipped,       ///< `when` was false, or it was barred before it ran
  kSettling,      ///< its fate is asked for
  kCompensating,  ///< `undo` dispatched or in its back-off
  kCompensated,   ///< undone
};
std::string_view to_string(StepStatus status);
StepStatus parse_step_status(std::string_view text);  ///< throws std::invalid_argument

/// An input that an operator gave a step, from `round` on.
struct EditedInput {
  bool undo = false;  ///< of the compensation, else of the action
  int round = 0;
  Document input;
};

/// How a step whose action answered `later` ends: done with `output`, or failed with `error`.
struct FinalAnswer {
  bool done = true;
  json::value output;
  Error error;
  bool operator==(const FinalAnswer&) const = default;
};

/// What is kept of a step while its saga lives.
struct StepState {
  StepStatus status = StepStatus::kPending;
  base::Time since;    ///< when it took this status
  std::string reason;  ///< why, where it is not plain: `retry 2 of 5: gateway_timeout`
  int attempt = 0;     ///< of the current operation (do or undo); 0 = never dispatched
  int round = 0;
  int resent = 0;                     ///< by the rescuer, since the last dispatch; not attempts
  std::optional<base::Time> sent_at;  ///< of the unanswered command, else none
  std::optional<base::Time> first_dispatched;  ///< of the current operation
  std::optional<base::Time> retry_at;          ///< in a back-off or a sleep: when it goes on
  bool exhausted = false;  ///< its attempts, total_timeout or a non-retryable code ran out
  /// Its action took effect although that is not all of its answer: it answered `later`, or it is
  /// an external one in doubt. Such a step is undone even if it has failed.
  bool in_effect = false;
  std::optional<Error> last_error;
  /// Signals that were sent and not taken yet; at the first step that waits for their name.
  int queued_signals = 0;
  std::string child_digest;  ///< of the definition of its child, as it was at the start of the saga
  int done_round = 0;        ///< the round in which the action took effect
  bool by_hand = false;  ///< an operator has done it: its undo runs although no action is recorded
  bool forced = false;   ///< an operator went on without its answer, which may still come
  std::vector<EditedInput> edits;
  /// A final answer that has overtaken the action's own `later`.
  std::shared_ptr<const FinalAnswer> early_answer;
  Document output;  ///< of the action; kept in rows of its own, null until done
  /// Of a `foreach` that has fanned out: each item is an execution of its own and kept in a row of
  /// its own. The step's own status says what is true of all of them.
  std::vector<StepState> items;

  /// A command for it is out and unanswered.
  bool unanswered() const { return sent_at.has_value(); }
};

/// What commands and answers are about: the items of a step that has fanned out, else the step.
std::span<const StepState> executions(const StepState& step);

/// The outputs of the items, in their order, as one list; null where there is none.
Document gather_outputs(const StepState& step);

/// What was sent to a saga from outside, for a step that waits for this name. A value.
struct Signal {
  base::SagaId id;  ///< UUIDv7, drawn where it came in
  std::string name;
  std::string key;  ///< the sender's: the same signal twice counts once; may be empty
  Document payload;
  base::Time received_at;
};

/// One run of a definition. A value; only the coordinator changes it.
struct Instance {
  base::SagaId id;
  std::string definition;
  int version = 1;
  std::string digest;
  std::string key;  ///< of the start; empty without one
  SagaStatus status = SagaStatus::kRunning;
  std::optional<SagaStatus> paused_from;  ///< while paused: what it goes back to
  std::string reason;                     ///< why it compensates, is paused or failed: a code
  std::optional<Error> error;             ///< the error that turned it
  Document input;
  Document output;  ///< null until completed
  base::Time created_at;
  base::Time updated_at;
  std::optional<base::Time> deadline_at;
  std::optional<base::Time> ended_at;
  Control control;
  /// By name, as text: set at the start. Only of a new instance, and of one that is read for
  /// people.
  std::map<std::string, std::string> tags;
  std::int64_t sequence = 0;  ///< of its last history row; raised by every change that is saved
  std::vector<StepState> steps;
  std::vector<Signal> signals;  ///< not taken yet, in the order in which they came

  /// The status, or while paused the one that it goes back to.
  SagaStatus heading() const { return paused_from.value_or(status); }
  /// The oldest sent_at of its unanswered steps: what the rescuer looks for.
  std::optional<base::Time> unanswered_since() const;
  /// False if no step can have an output yet.
  bool may_have_outputs() const;
};

/// Its action answered `later`, and its final answer is still to come.
bool waits_for_answer(const StepState& step);

/// The steps as the database keeps them (compact JSON, without outputs; of items only how many
/// there are), and back. decode throws std::invalid_argument.
std::string encode_steps(const std::vector<StepState>& steps);
std::vector<StepState> decode_steps(std::string_view text);
/// The same for one item.
std::string encode_item(const StepState& item);
StepState decode_item(std::string_view text);

}  // namespace sagad::saga
