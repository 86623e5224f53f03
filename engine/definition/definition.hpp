#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.hpp"
#include "base/time.hpp"
#include "definition/expression.hpp"

namespace sagad::definition {

/// When and how often a step is tried again.
struct RetryPolicy {
  int max_attempts = 5;  ///< counts the first try; 0 = no limit
  base::Backoff backoff;
  std::optional<base::Duration> give_up_after;    ///< since the first dispatch; compensations: 1 h
  std::vector<std::string> non_retryable_errors;  ///< codes of `retry` that exhaust at once
};

/// An operation of a plugin, with what it is called with.
struct Operation {
  std::string participant;  ///< `pay`
  std::string action;       ///< `charge`
  Template input;
  base::Duration timeout{30'000};  ///< one attempt, from the start of its execution
  RetryPolicy retry;

  std::string full_name() const { return participant + "." + action; }
};

enum class OnExhausted { kCompensate, kPause };

/// The engine itself, as the participant that carries out child steps. No plugin can be called so.
inline constexpr std::string_view kChildParticipant = "@child";

/// What a step does: exactly one of the four.
enum class StepKind {
  kAction,  ///< has a participant execute an operation; with `foreach`, one for each item
  kSleep,   ///< lets time pass
  kSignal,  ///< waits for an event from outside
  kChild,   ///< runs another saga
};

std::string_view to_string(StepKind kind);

/// Fans an action out over a list: one unit of work for each item.
struct ForEach {
  Expression list;        ///< must yield a list
  int max_parallel = 10;  ///< how many items may be in flight at once
};

/// Waits until someone sends the saga a signal of this name; its payload is the step's output.
struct SignalWait {
  std::string name;
  std::optional<base::Duration> timeout;  ///< then the step is exhausted; none: waits for ever
};

/// Runs another saga; its output is the step's output.
struct ChildSaga {
  std::string definition;
  int version = 1;
  Template input;
};

/// A value that a saga can be searched by.
struct Tag {
  std::string name;
  Template value;  ///< reads only the input and the saga; evaluated at the start
};

/// A step. Steps are known by their index, which is their place in the file.
struct Step {
  std::string id;
  int index = 0;
  StepKind kind = StepKind::kAction;
  Operation action;                     ///< kAction; of kChild one of kChildParticipant
  std::optional<Operation> compensate;  ///< kAction; kChild always has one
  bool nothing_to_undo = false;         ///< `compensate: none`: it does nothing that lasts
  std::optional<ForEach> foreach;       ///< kAction only
  base::Duration sleep{0};              ///< kSleep only
  std::optional<SignalWait> signal;     ///< kSignal
  std::optional<ChildSaga> child;       ///< kChild
  std::vector<int> needs;               ///< direct, sorted
  std::vector<int> dependents;          ///< the reverse of needs, sorted
  std::optional<Expression> when;
  std::optional<base::Duration> total_timeout;  ///< all attempts and the waiting in between
  OnExhausted on_exhausted = OnExhausted::kCompensate;
  bool pivot = false;
  Position position;

  /// What it does, in words: `pay.charge`, `sleep 10s`, `signal paid`, `child order-pay@1`.
  std::string describe() const;
};

/// Checks start inputs against the definition's `input_schema`. Immutable, thread-safe.
class InputSchema {
 public:
  InputSchema() = default;
  InputSchema(const InputSchema&) = delete;
  InputSchema& operator=(const InputSchema&) = delete;
  virtual ~InputSchema() = default;

  /// Empty if the input is valid; else one sentence an error, each with a JSON Pointer.
  virtual std::vector<std::string> check(const json::value& input) const = 0;
};

/// A parsed definition. Immutable and shared by all threads.
struct Definition {
  std::string name;
  int version = 1;
  std::string description;
  /// SHA-256, hexadecimal, over `canonical`.
  std::string digest;
  /// The canonical JSON of the keys that the file sets, without `description`: what the digest
  /// covers and what the database keeps; load_canonical() reads it back.
  std::string canonical;
  std::shared_ptr<const InputSchema> input_schema;  ///< null without one: any input is valid
  std::optional<base::Duration> deadline;
  std::vector<Step> steps;
  std::optional<int> pivot;  ///< index of the pivot step
  Template output;           ///< of null without one
  std::vector<Tag> tags;
  /// Expressions that need jq, in the order of their branch numbers.
  std::vector<Expression> jq_branches;

  /// nullptr if there is none.
  const Step* find_step(std::string_view id) const;
};

using DefinitionPtr = std::shared_ptr<const Definition>;

/// Compiles what must be compiled. Throws ExpressionError (never for a definition that the loader
/// has accepted).
std::unique_ptr<Evaluator> make_evaluator(DefinitionPtr definition);

}  // namespace sagad::definition
