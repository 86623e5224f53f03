#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "saga/document.hpp"

namespace sagad::saga {

/// What an operator may order a live saga to do; docs/operations.md has the table of what each does
/// in which status.
enum class Verb { kCancel, kPause, kResume, kRetry, kSkip, kComplete, kFail, kEdit };
std::string_view to_string(Verb verb);
Verb parse_verb(std::string_view text);  ///< throws std::invalid_argument
/// skip, complete and edit: they concern one step, retry may.
bool needs_step(Verb verb);

/// An order of an operator. A value.
struct Intervention {
  Verb verb = Verb::kPause;
  std::string id;      ///< names it in the history
  std::string step;    ///< id; empty: the whole saga
  bool force = false;  ///< cancel: also after the pivot; else: without waiting for answers
  std::string by;
  std::string reason;
  Document value;  ///< complete: the output; edit: the input; may be null
};

/// An intervention that waits until the fate of what is in flight is known.
struct PendingIntervention {
  Intervention order;
  bool resumes = false;     ///< the saga is paused for it only, or is to go on with it
  std::string proved_done;  ///< fail: a step that turned out to have taken effect
};

/// What operators have ordered of a saga, and what a pause has to remember. A value; empty for
/// sagas that nobody has touched.
struct Control {
  std::optional<base::Time> paused_at;  ///< since when its clocks stand still
  std::string reason;                   ///< while paused: that of the status before
  std::optional<Error> error;           ///< likewise
  bool forced = false;                  ///< cancelled by force: a passed pivot holds nothing back
  std::optional<PendingIntervention> pending;

  bool empty() const;
};

/// Compact JSON as the database keeps it, and back; empty text is an empty control.
/// decode throws std::invalid_argument.
std::string encode_control(const Control& control);
Control decode_control(std::string_view text);

/// What became of an intervention.
struct Verdict {
  enum class Kind {
    kApplied,
    kUnchanged,  ///< it was so already
    kPending,    ///< what is in flight is settled first; the history will tell
    kRefused,    ///< nothing was changed
  };
  Kind kind = Kind::kApplied;
  std::string code;     ///< of a refusal: `ended`, `unknown_step`, `step_done`, `pivot_passed`, …
  std::string message;  ///< of a refusal: why, and what can be done instead
};
std::string_view to_string(Verdict::Kind kind);

}  // namespace sagad::saga
