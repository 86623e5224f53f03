#include "saga/final_answer.hpp"

#include "base/enum_names.hpp"

namespace sagad::saga {
namespace {

constexpr base::EnumNames<FinalVerdict, 8> kVerdicts{{{FinalVerdict::kTaken, "taken"},
                                                      {FinalVerdict::kKnown, "known"},
                                                      {FinalVerdict::kOther, "other_answer"},
                                                      {FinalVerdict::kTurnedBack, "turned_back"},
                                                      {FinalVerdict::kOldRound, "old_token"},
                                                      {FinalVerdict::kNotWaiting, "not_waiting"},
                                                      {FinalVerdict::kUnknownStep, "unknown_step"},
                                                      {FinalVerdict::kBadToken, "bad_token"}}};

FinalVerdict compare(bool same) { return same ? FinalVerdict::kKnown : FinalVerdict::kOther; }

/// Of a step whose action took effect and that waits for nothing any more.
FinalVerdict judge_ended(const StepState& step, const FinalAnswer& answer) {
  if (step.status == StepStatus::kFailed) {
    return compare(!answer.done && step.last_error && *step.last_error == answer.error);
  }
  if (!step.output) return FinalVerdict::kTurnedBack;
  return compare(answer.done && *step.output == answer.output);
}

/// A recorded `later` is never replaced, so that its token stays good when the round is raised.
int round_of_token(const StepState& step) {
  const bool in_flight = step.status == StepStatus::kRunning ||
                         step.status == StepStatus::kRetrying ||
                         step.status == StepStatus::kSettling;
  return step.in_effect && !in_flight ? step.done_round : step.round;
}

FinalVerdict judge(const StepState& step, const FinalAnswer& answer, bool saga_ended) {
  if (step.early_answer) return compare(*step.early_answer == answer);
  switch (step.status) {
    case StepStatus::kRunning:
    case StepStatus::kRetrying:
    case StepStatus::kSettling:
      return saga_ended ? FinalVerdict::kTurnedBack : FinalVerdict::kTaken;
    case StepStatus::kWaiting:
      if (!step.in_effect) return FinalVerdict::kNotWaiting;
      return saga_ended ? FinalVerdict::kTurnedBack : FinalVerdict::kTaken;
    default:
      return step.in_effect ? judge_ended(step, answer) : FinalVerdict::kNotWaiting;
  }
}

}  // namespace

std::string_view to_string(FinalVerdict verdict) { return base::name_of(kVerdicts, verdict); }

bool is_accepted(FinalVerdict verdict) {
  return verdict == FinalVerdict::kTaken || verdict == FinalVerdict::kKnown;
}

FinalVerdict judge(const definition::Definition& definition, const Instance& instance,
                   const event::FinalAnswered& given) {
  const auto* known = definition.find_step(given.step);
  if (known == nullptr) return FinalVerdict::kUnknownStep;
  const auto all = executions(instance.steps.at(static_cast<std::size_t>(known->index)));
  if (given.item < 0 || static_cast<std::size_t>(given.item) >= all.size()) {
    return FinalVerdict::kNotWaiting;
  }
  const auto& one = all[static_cast<std::size_t>(given.item)];
  if (given.round != round_of_token(one)) return FinalVerdict::kOldRound;
  return judge(one, given.answer, is_final(instance.status));
}

}  // namespace sagad::saga
