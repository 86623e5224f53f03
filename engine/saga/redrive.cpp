#include "saga/decider.hpp"

namespace sagad::saga {

/// The command of a dead letter is never sent as it is stored: it is made anew, with a fresh stamp,
/// from what is true now. A step that was answered another way needs none.
void Decider::on(const event::Redriven& redriven) {
  if (saga().status != SagaStatus::kRunning && saga().status != SagaStatus::kCompensating) return;
  const auto* wanted = definition_.find_step(redriven.step);
  bool noted = false;
  for (const auto& known : definition_.steps) {
    if (wanted != nullptr && wanted->index != known.index) continue;
    if (!state(known.index).unanswered()) continue;
    if (!noted) {
      note_saga("redriven",
                {{"letter", redriven.letter}, {"by", redriven.by}, {"why", redriven.reason}});
      noted = true;
    }
    resend(known.index);
  }
}

}  // namespace sagad::saga
