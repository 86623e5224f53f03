#include <utility>

#include "saga/decider.hpp"
#include "saga/final_answer.hpp"

// Answers that come later: the action took effect, and the step waits for its final answer.

namespace sagad::saga {

bool waits_for_answer(const StepState& step) {
  return step.status == StepStatus::kWaiting && step.in_effect;
}

void Decider::on(const event::FinalAnswered& given) {
  if (judge(definition_, saga(), given) != FinalVerdict::kTaken) return;
  const int index = definition_.find_step(given.step)->index;
  in_execution(index, given.item, [&] {
    if (state(index).status == StepStatus::kWaiting) return end_waiting(index, given.answer);
    // It has overtaken what the action itself answers. Kept, because until that is here it is not
    // known whether what the action wrote is committed: it may yet be a retry.
    state(index).early_answer = std::make_shared<const FinalAnswer>(given.answer);
    note("final_answer_kept", index);
  });
  proceed();
}

/// The action answered `later`, to its `do` or to a `settle`.
void Decider::record_later(int index, const Result& result) {
  auto& current = state(index);
  const bool settling = current.status == StepStatus::kSettling;
  current.sent_at.reset();
  current.retry_at.reset();
  current.in_effect = true;
  current.done_round = result.round;
  note("later", index, {{"attempt", current.attempt}, {"reason", result.message}});
  if (const auto early = std::exchange(current.early_answer, nullptr)) {
    end_waiting(index, *early);
  } else if (!settling || !heads_back() || step(index).pivot) {
    enter(index, StepStatus::kWaiting,
          result.message.empty() ? "for its final answer" : result.message);
    if (settling) pass_pivot_after_all(index);
  } else {
    stop_waiting(index);
  }
}

void Decider::end_waiting(int index, const FinalAnswer& answer) {
  if (answer.done) {
    record_output(index, std::make_shared<const json::value>(answer.output));
  } else {
    fail_step(index, answer.error);
  }
}

/// The saga turns back: what the action did is undone, however its final answer would have been.
void Decider::stop_waiting(int index) {
  enter(index, StepStatus::kDone, "took effect; its final answer is not awaited");
  note("wait_ended", index);
}

}  // namespace sagad::saga
