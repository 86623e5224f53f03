#include <algorithm>
#include <utility>

#include "saga/decider.hpp"

// Signals come when they like: before their step waits, while it does, or after. One that no step
// waits for is kept, and taken by the first step that comes to wait for its name, the oldest first.

namespace sagad::saga {
namespace {

bool waits_for_signal(const definition::Step& step, const StepState& state) {
  return step.kind == definition::StepKind::kSignal && state.status == StepStatus::kWaiting;
}

}  // namespace

/// Recorded also while paused or compensating, like an answer of a participant.
void Decider::on(const event::Signalled& signalled) {
  if (is_final(saga().status)) return;
  const auto& signal = signalled.signal;
  json::object detail{{"signal", signal.name}};
  if (!signal.key.empty()) detail["key"] = signal.key;
  note_saga("signalled", std::move(detail));
  decision_.signals.push_back({signal, true, std::nullopt});
  saga().signals.push_back(signal);
  take_signals();
  count_signals();
  proceed();
}

void Decider::await_signal(int index) {
  const auto& wait = *step(index).signal;
  auto& current = state(index);
  current.first_dispatched = context_.now;
  enter(index, StepStatus::kWaiting, "for the signal '" + wait.name + "'");
  note("waiting", index, {{"signal", wait.name}});
  take_signals();
  count_signals();
  if (current.status != StepStatus::kWaiting || !wait.timeout) return;
  schedule(index, event::TimerFired::Kind::kTotalTimeout, context_.now + *wait.timeout);
}

/// Gives each step that waits the oldest signal of its name.
void Decider::take_signals() {
  auto& queue = saga().signals;
  for (const auto& known : definition_.steps) {
    if (!waits_for_signal(known, state(known.index))) continue;
    const auto oldest = std::find_if(queue.begin(), queue.end(), [&](const Signal& signal) {
      return signal.name == known.signal->name;
    });
    if (oldest != queue.end()) take_signal(known.index, oldest);
  }
}

void Decider::take_signal(int index, std::vector<Signal>::iterator signal) {
  auto& changes = decision_.signals;
  const auto known = std::find_if(changes.begin(), changes.end(), [&](const SignalChange& change) {
    return change.signal.id == signal->id;
  });
  if (known != changes.end()) {
    known->step = index;
  } else {
    changes.push_back({*signal, false, index});
  }
  json::object detail{{"signal", signal->name}};
  if (!signal->key.empty()) detail["key"] = signal->key;
  note("signal_taken", index, std::move(detail));
  state(index).exhausted = false;
  record_output(index, signal->payload);
  saga().signals.erase(signal);
}

/// Says in the state of the steps how many signals are kept, so that whoever reads the instance
/// knows whether there are any to be read.
void Decider::count_signals() {
  for (const auto& known : definition_.steps) {
    if (known.kind != definition::StepKind::kSignal) continue;
    const auto& name = known.signal->name;
    const auto first = std::find_if(
        definition_.steps.begin(), definition_.steps.end(), [&](const definition::Step& other) {
          return other.kind == definition::StepKind::kSignal && other.signal->name == name;
        });
    if (first->index != known.index) continue;
    const auto& queue = saga().signals;
    state(known.index).queued_signals = static_cast<int>(std::count_if(
        queue.begin(), queue.end(), [&](const Signal& signal) { return signal.name == name; }));
  }
}

/// The saga turns back: nothing happened yet that would have to be undone.
void Decider::end_signal_wait(int index) {
  auto& current = state(index);
  if (current.exhausted) {
    fail_step(index, current.last_error.value_or(Error{"exhausted", ""}));
    return;
  }
  enter(index, StepStatus::kSkipped, "the saga turned back before the signal came");
  note("skipped", index);
}

}  // namespace sagad::saga
