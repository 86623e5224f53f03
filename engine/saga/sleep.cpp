#include "saga/decider.hpp"

namespace sagad::saga {

void Decider::begin_sleep(int index) {
  auto& current = state(index);
  current.first_dispatched = context_.now;
  current.retry_at = context_.now + step(index).sleep;
  enter(index, StepStatus::kWaiting, "sleeps until " + base::format_time(*current.retry_at));
  note("waiting", index, {{"until", base::format_time(*current.retry_at)}});
  schedule(index, event::TimerFired::Kind::kRetry, *current.retry_at);
}

void Decider::end_sleep(int index) {
  if (state(index).status != StepStatus::kWaiting) return;
  state(index).retry_at.reset();
  enter(index, StepStatus::kDone);
  note("done", index);
}

/// The saga turns back: there is nothing to wait for, and nothing to undo.
void Decider::stop_sleep(int index) {
  state(index).retry_at.reset();
  enter(index, StepStatus::kSkipped, "the saga turned back before the time was over");
  note("skipped", index);
}

}  // namespace sagad::saga
