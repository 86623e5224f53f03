#include <algorithm>

#include "saga/decider.hpp"

namespace sagad::saga {

/// The command of a dead letter is never sent as it is stored: it is made anew, with a fresh stamp,
/// from what is true now. A step that was answered another way needs none.
void Decider::on(const event::Redriven& redriven) {
  const bool was_paused = paused();
  if (is_final(saga().status) || (was_paused && saga().reason != "dead_letter")) return;
  const auto* wanted = definition_.find_step(redriven.step);
  std::vector<int> silent;
  for (const auto& known : definition_.steps) {
    if (wanted != nullptr && wanted->index != known.index) continue;
    const auto all = executions(state(known.index));
    const bool is_silent =
        std::any_of(all.begin(), all.end(), [](const StepState& one) { return one.unanswered(); });
    if (is_silent) silent.push_back(known.index);
  }
  if (silent.empty() && !was_paused) return;
  note_saga("redriven",
            {{"letter", redriven.letter}, {"by", redriven.by}, {"why", redriven.reason}});
  if (was_paused) restart_clocks(end_pause());
  for (const int index : silent) {
    each_execution(index, [&] {
      if (state(index).unanswered()) resend(index);
    });
  }
  if (was_paused) proceed();
}

}  // namespace sagad::saga
