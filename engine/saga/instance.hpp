#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

namespace sagad::saga {

namespace json = boost::json;

/// A document that is written once and shared by copies of its instance.
using Document = std::shared_ptr<const json::value>;

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

struct Error {
  std::string code;
  std::string message;
  bool operator==(const Error&) const = default;
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
  std::optional<base::Time> retry_at;          ///< in a back-off
  bool exhausted = false;  ///< its attempts, total_timeout or a non-retryable code ran out
  std::optional<Error> last_error;
  /// Signals that were sent and not taken yet; at the first step that waits for their name.
  int queued_signals = 0;
  Document output;  ///< of the action; kept in rows of its own, null until done

  /// A command for it is out and unanswered.
  bool unanswered() const { return sent_at.has_value(); }
};

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
  /// By name, as text: set at the start. Only of a new instance, and of one that is read for
  /// people.
  std::map<std::string, std::string> tags;
  std::int64_t sequence = 0;  ///< of its last history row; raised by every change that is saved
  std::vector<StepState> steps;
  std::vector<Signal> signals;  ///< not taken yet, in the order in which they came

  /// The oldest sent_at of its unanswered steps: what the rescuer looks for.
  std::optional<base::Time> unanswered_since() const;
  /// False if no step can have an output yet.
  bool may_have_outputs() const;
};

/// The steps as the database keeps them (compact JSON, without outputs), and back.
/// decode throws std::invalid_argument.
std::string encode_steps(const std::vector<StepState>& steps);
std::vector<StepState> decode_steps(std::string_view text);

}  // namespace sagad::saga
