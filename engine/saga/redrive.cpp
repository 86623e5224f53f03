#include <utility>

#include "saga/decider.hpp"

namespace sagad::saga {

/// The command of a dead letter is never sent as it is stored: it is made anew, with a fresh stamp,
/// from what is true now. A step that was answered another way needs none.
void Decider::on(const event::Redriven& redriven) {
  const bool paused = saga().status == SagaStatus::kPaused;
  if (is_final(saga().status) || (paused && saga().reason != "dead_letter")) return;
  const auto* wanted = definition_.find_step(redriven.step);
  std::vector<int> silent;
  for (const auto& known : definition_.steps) {
    const bool is_meant = wanted == nullptr || wanted->index == known.index;
    if (is_meant && state(known.index).unanswered()) silent.push_back(known.index);
  }
  if (silent.empty() && !paused) return;
  note_saga("redriven",
            {{"letter", redriven.letter}, {"by", redriven.by}, {"why", redriven.reason}});
  if (paused) resume_from_letter();
  for (const int index : silent) resend(index);
  if (paused) proceed();
}

/// Back to the status before. Wake-ups that came while it was paused were not heard.
void Decider::resume_from_letter() {
  saga().status = std::exchange(saga().paused_from, std::nullopt).value_or(SagaStatus::kRunning);
  saga().reason.clear();
  saga().error.reset();
  note_saga("resumed");
  for (const auto& known : definition_.steps) {
    const auto& current = state(known.index);
    if (current.retry_at) schedule(known.index, event::TimerFired::Kind::kRetry, *current.retry_at);
    const bool open =
        current.status == StepStatus::kRunning || current.status == StepStatus::kRetrying;
    if (open && known.total_timeout && current.first_dispatched) {
      schedule(known.index, event::TimerFired::Kind::kTotalTimeout,
               *current.first_dispatched + *known.total_timeout);
    }
  }
}

}  // namespace sagad::saga
