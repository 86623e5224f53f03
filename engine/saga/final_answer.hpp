#pragma once

#include <string_view>

#include "definition/definition.hpp"
#include "saga/decide.hpp"

namespace sagad::saga {

/// What becomes of a final answer.
enum class FinalVerdict {
  kTaken,        ///< it ends the step, or will as soon as the action's own answer is here
  kKnown,        ///< the step has this very answer already
  kOther,        ///< the step has another answer already
  kTurnedBack,   ///< the saga has turned back or ended: what the action did is undone
  kOldRound,     ///< of a round that is over
  kNotWaiting,   ///< the step takes no answer
  kUnknownStep,  ///< the definition has no such step
  kBadToken,     ///< the token is not that of the step
};
/// `taken`, `known`, `other_answer`, `turned_back`, `old_token`, `not_waiting`, `unknown_step`,
/// `bad_token`.
std::string_view to_string(FinalVerdict verdict);
/// Whether the answer is the step's: taken, now or before.
bool is_accepted(FinalVerdict verdict);

/// What decide() makes of the answer; its token is known to be genuine. Pure.
FinalVerdict judge(const definition::Definition& definition, const Instance& instance,
                   const event::FinalAnswered& given);

}  // namespace sagad::saga
