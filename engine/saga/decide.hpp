#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "definition/definition.hpp"
#include "saga/instance.hpp"
#include "saga/message.hpp"

namespace sagad::saga {

/// How many items a `foreach` may have.
inline constexpr std::size_t kMaxItems = 1000;

/// What may happen to an instance.
namespace event {
/// A new instance is to take its first steps.
struct Started {};
/// A participant answered.
struct Answered {
  Result result;
};
/// A timer of a step fired.
struct TimerFired {
  enum class Kind {
    kRetry,  ///< the end of a back-off or of a sleep
    kTotalTimeout,
  };
  int step;
  Kind kind;
  int item = 0;
};
/// The saga's deadline has come.
struct DeadlineReached {};
/// Send again what has gone quiet: commands to `participant` sent before `horizon`.
struct Rescue {
  std::map<std::string, base::Time, std::less<>> horizons;
};
/// A command of this step crashed its participant, or could never be carried.
struct DeadLettered {
  std::string step;  ///< id; empty if only the saga is known
  std::string reason;
  int item = 0;
};
/// A person wants the command of a dead letter sent again.
struct Redriven {
  std::string step;         ///< id; empty, or no step of the saga: every step that is unanswered
  std::int64_t letter = 0;  ///< its id, for the history
  std::string by;
  std::string reason;
};
/// Somebody sent a signal. It is kept until a step takes it.
struct Signalled {
  Signal signal;
};
/// An operator wants something of the saga.
struct Operator {
  Intervention order;
};
/// The final answer of a step whose action answers `later`, under a token of (item, round).
struct FinalAnswered {
  std::string step;
  int item = 0;
  int round = 0;
  FinalAnswer answer;
};
/// The parent of this saga asks for it: `do` wants its answer, `settle` wants it cancelled if it
/// has not completed, `undo` wants it undone.
struct AskedByParent {
  Kind kind;
  int round = 0;  ///< in which the answer counts
};
}  // namespace event

using Event =
    std::variant<event::Started, event::Answered, event::TimerFired, event::DeadlineReached,
                 event::Rescue, event::DeadLettered, event::Redriven, event::Signalled,
                 event::Operator, event::FinalAnswered, event::AskedByParent>;

/// A wake-up that must survive: written as a row, fired by the timers service.
struct Timer {
  int step;
  event::TimerFired::Kind kind;
  base::Time due_at;
  int item = 0;
};

/// An item of a `foreach`: indices of the step and of the item.
struct ItemRef {
  int step;
  int item;
  auto operator<=>(const ItemRef&) const = default;
};

/// What became of a signal.
struct SignalChange {
  Signal signal;
  bool is_new = false;      ///< to be written; else it has a row
  std::optional<int> step;  ///< the step that took it; none: it is kept
};

/// One line of the instance's history. `type` is a stable word; of a step: `dispatched`, `done`,
/// `failed`, `retry`, `exhausted`, `skipped`, `settling`, `barred`, `undo_dispatched`,
/// `undo_retry`, `undo_exhausted`, `compensation_failed`, `compensated`, `resent`, `waiting`,
/// `signal_taken`, `late_answer`, `later`, `final_answer_kept`, `wait_ended`, `fanned_out`; of the
/// saga: `started`, `signalled`, `compensating`, `pivot_passed`, `output_error`, `completed`,
/// `compensated`, `failed`, `paused`, `resumed`, `redriven`; of an intervention: `verb_applied`,
/// `verb_pending`, `verb_refused`, `tag_error`.
struct HistoryEntry {
  std::string type;
  std::string step;  ///< empty for the saga itself
  json::object detail;
};

/// What decide() decided. `changed` is false if the event had nothing to say to this instance
/// (a duplicate, an answer of an attempt that is over): then nothing is to be written.
struct Decision {
  Instance instance;
  bool changed = false;
  std::vector<Command> commands;
  std::vector<Timer> timers;
  std::vector<HistoryEntry> history;
  std::vector<int> new_outputs;           ///< indices of steps whose output is new
  std::vector<ItemRef> changed_items;     ///< to be written; sorted, each once
  std::vector<ItemRef> new_item_outputs;  ///< likewise
  std::vector<SignalChange> signals;
  std::optional<Verdict> verdict;  ///< of event::Operator only
  std::optional<Result> answer;    ///< of a child to its parent; also without a change
};

/// What the world lends to decide().
struct DecideContext {
  base::Time now;  ///< the engine database's clock
  definition::Evaluator& evaluator;
  base::Random& random;  ///< for jitter
};

/// The state machine: what comes next, given what happened. Pure: it reads nothing but its
/// arguments, and the same arguments give the same decision. Takes the instance by value: move
/// it in, take it back from the decision. Never throws for an event that a peer can cause.
Decision decide(const definition::Definition& definition, Instance instance, const Event& event,
                DecideContext& context);

/// What may be ordered of an instance as it stands; of a step it depends on the step, too.
std::vector<Verb> possible_verbs(const Instance& instance);

/// A fresh instance, without steps taken: decide() it with event::Started.
Instance new_instance(const definition::Definition& definition, base::SagaId id, std::string key,
                      Document input, base::Time now);

}  // namespace sagad::saga
