// What operators order of one step: of its action while the saga goes forward, of its compensation
// while it is being undone.

#include <string>
#include <utility>

#include "saga/decider.hpp"

namespace sagad::saga {
namespace {

std::string reason_of(const std::string& what, const Intervention& order) {
  auto text = what;
  if (!order.by.empty()) text += " by " + order.by;
  if (!order.reason.empty()) text += ": " + order.reason;
  return text;
}

}  // namespace

void Decider::order_step(const Order& order) {
  if (order.step.empty()) {
    return refuse("unknown_step", "`" + std::string(to_string(order.verb)) + "` needs a step");
  }
  const int index = definition_.find_step(order.step)->index;
  const bool fanned_out = !whole(index).items.empty();
  if (fanned_out || (step(index).foreach && order.verb != Verb::kSkip)) {
    return refuse("foreach", "step `" + order.step + "` is a `foreach`: `" +
                                 std::string(to_string(order.verb)) +
                                 "` does not go with its items; `retry` it, or `cancel` the saga");
  }
  if (heads_back()) {
    order_undo(index, order);
  } else {
    order_action(index, order);
  }
}

bool Decider::waits_alone(int index) const {
  const auto kind = step(index).kind;
  return kind == definition::StepKind::kSleep || kind == definition::StepKind::kSignal;
}

void Decider::order_action(int index, const Order& order) {
  const auto& current = state(index);
  switch (current.status) {
    case StepStatus::kRunning:
    case StepStatus::kRetrying:
    case StepStatus::kSettling:
      if (order.force) return force_action(index, order);
      pend(order, paused());
      return settle(index);
    case StepStatus::kPending:
    case StepStatus::kFailed:
      break;
    case StepStatus::kWaiting:
      // For time or a signal: nothing is in flight. An answer that comes later is an effect
      // already.
      if (waits_alone(index) && order.verb != Verb::kEdit) break;
      return refuse_step(index, order);
    default: {
      const bool skipped = order.verb == Verb::kSkip && current.status == StepStatus::kSkipped;
      const bool completed =
          order.verb == Verb::kComplete && current.status == StepStatus::kDone && current.by_hand;
      if (skipped || completed) return tell(Verdict::Kind::kUnchanged);
      return refuse_step(index, order);
    }
  }
  apply_action(index, order);
  if (order.verb == Verb::kEdit && paused()) return go_on({});
  proceed();
}

/// Goes on without an answer, which may still come. The participant is asked to bar the action all
/// the same, so that it is not done after all once it is back; nobody waits for that.
void Decider::force_action(int index, const Order& order) {
  if (order.verb != Verb::kEdit) {
    auto command = command_for(index, Kind::kSettle);
    command.sent_at = context_.now;
    decision_.commands.push_back(std::move(command));
  }
  apply_action(index, order);
  state(index).forced = order.verb != Verb::kEdit;
  // What was sent before may have happened: sent at once, it stays in question.
  if (order.verb == Verb::kEdit) dispatch(index);
  if (order.verb == Verb::kEdit && paused()) return go_on({});
  proceed();
}

/// The action has not happened, or nobody waits to know.
void Decider::apply_action(int index, const Order& order) {
  auto& current = state(index);
  applied(order);
  if (order.verb == Verb::kEdit) {
    apply_edit(index, order, false);
    return;
  }
  current.exhausted = false;
  if (order.verb == Verb::kSkip) {
    current.sent_at.reset();
    current.retry_at.reset();
    enter(index, StepStatus::kSkipped, reason_of("skipped", order));
    note("skipped", index);
    return;
  }
  current.by_hand = true;
  current.done_round = current.round;
  record_output(index, order.value ? order.value : std::make_shared<const json::value>());
  current.reason = reason_of("done by hand", order);
}

void Decider::apply_edit(int index, const Order& order, bool undo) {
  auto& current = state(index);
  if (undo) {
    undo_anew(index, current.status == StepStatus::kCompensating);
  } else {
    // One that was never sent, or was barred for this, has a round of its own already.
    anew(index, current.status != StepStatus::kPending);
  }
  current.edits.push_back({undo, current.round, order.value});
}

void Decider::order_undo(int index, const Order& order) {
  auto& current = state(index);
  if (current.status == StepStatus::kSettling && order.verb != Verb::kEdit) {
    if (order.force) return force_action(index, order);
    return refuse("in_flight", "the fate of step `" + order.step +
                                   "` is being asked for: wait for the answer, or go on without "
                                   "it with `force`");
  }
  const bool undoing = current.status == StepStatus::kCompensating;
  const bool to_undo = current.status == StepStatus::kDone && step(index).compensate;
  if (!undoing && !to_undo) return refuse_step(index, order);
  if (order.verb == Verb::kEdit) {
    applied(order);
    apply_edit(index, order, true);
    if (paused()) return go_on({});
    return proceed();
  }
  if (current.unanswered() && !order.force) {
    return refuse("in_flight", "the compensation of step `" + order.step +
                                   "` is under way and cannot be taken back: wait for its answer, "
                                   "or repeat it with `force`");
  }
  applied(order);
  current.sent_at.reset();
  current.retry_at.reset();
  current.exhausted = false;
  if (order.verb == Verb::kComplete) {
    enter(index, StepStatus::kCompensated, reason_of("undone by hand", order));
    note("compensated", index, {{"by_hand", true}});
  } else {
    enter(index, StepStatus::kSkipped, reason_of("left as it is", order));
    note("skipped", index);
  }
  proceed();
}

/// An answer to what an operator went on without: only told, because it was decided otherwise.
void Decider::late_answer(int index, const Result& result) {
  if (!state(index).forced || result.outcome != Outcome::kDone) return;
  state(index).forced = false;
  note("late_answer", index, {{"outcome", "done"}, {"round", result.round}});
}

/// The input of the action in this round: the definition's, or what an operator has made of it.
json::value Decider::action_input(int index, int round) {
  const auto& edits = state(index).edits;
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    if (!edit->undo && edit->round <= round) return edit->input ? *edit->input : json::value();
  }
  return evaluate(step(index).action.input);
}

json::value Decider::undo_input(int index) {
  const auto& edits = state(index).edits;
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    if (edit->undo) return edit->input ? *edit->input : json::value();
  }
  return evaluate(step(index).compensate->input);
}

}  // namespace sagad::saga
