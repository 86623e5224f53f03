// What becomes of an intervention; and interventions that wait until the fate of what is in flight
// is known: it is settled, and then either they are applied, or what was done stands.

#include <string>
#include <utility>

#include "saga/decider.hpp"

namespace sagad::saga {

void Decider::tell(Verdict::Kind kind) { decision_.verdict = Verdict{kind, {}, {}}; }

void Decider::refuse(std::string code, std::string message) {
  decision_.verdict = Verdict{Verdict::Kind::kRefused, std::move(code), std::move(message)};
}

void Decider::refuse_step(int index, const Order& order) {
  const auto status = std::string(to_string(state(index).status));
  std::string message = "step `" + order.step + "` is `" + status + "`";
  if (heads_back()) message += " and the saga is being undone";
  refuse(status == "done" && !heads_back() ? "step_done" : "not_possible",
         message + ": `" + std::string(to_string(order.verb)) + "` cannot change that");
}

void Decider::note_verb(std::string type, const Order& order, const json::object& more) {
  json::object detail;
  const auto verb = to_string(order.verb);
  detail["verb"] = json::string_view(verb.data(), verb.size());
  if (!order.id.empty()) detail["id"] = order.id;
  if (!order.by.empty()) detail["by"] = order.by;
  if (!order.reason.empty()) detail["why"] = order.reason;
  if (order.force) detail["force"] = true;
  for (const auto& [name, value] : more) detail[name] = value;
  decision_.history.push_back({std::move(type), order.step, std::move(detail)});
  decision_.changed = true;
}

void Decider::applied(const Order& order) {
  note_verb("verb_applied", order);
  tell(Verdict::Kind::kApplied);
}

void Decider::pend(const Order& order, bool resumes) {
  control().pending = PendingIntervention{order, resumes, {}};
  note_verb("verb_pending", order);
  tell(Verdict::Kind::kPending);
}

/// Whether an intervention that waits decides about this one. One waits at a time.
bool Decider::waits_for_pending(const Order& order) {
  auto& pending = control().pending;
  if (!pending) return false;
  const auto& waiting = pending->order;
  const bool fails = waiting.verb == Verb::kFail;
  if (waiting.verb == order.verb && waiting.step == order.step) {
    if (order.force) {
      pending.reset();
      return false;
    }
    for (const auto& known : definition_.steps) {
      each_execution(known.index, [&] {
        if (state(known.index).status == StepStatus::kSettling) resend(known.index);
      });
    }
    tell(Verdict::Kind::kPending);
    return true;
  }
  const bool beside = order.verb == Verb::kCancel || order.verb == Verb::kFail ||
                      order.verb == Verb::kPause || (order.verb == Verb::kResume && !fails);
  if (beside) return false;
  refuse("pending", "`" + std::string(to_string(waiting.verb)) +
                        (waiting.step.empty() ? "`" : " " + waiting.step + "`") +
                        " is under way and waits for an answer: wait for it, or repeat it with "
                        "`force`");
  return true;
}

void Decider::drop_pending(const std::string& code, const std::string& message) {
  auto pending = std::exchange(control().pending, std::nullopt);
  if (!pending) return;
  note_verb("verb_refused", pending->order, {{"code", code}, {"message", message}});
}

/// An answer was recorded for the step.
void Decider::follow_pending(int index, const Result& result) {
  if (!control().pending) return;
  const auto order = control().pending->order;
  if (order.verb == Verb::kFail) return follow_fail(index, result);
  const auto status = state(index).status;
  const bool took_effect = status == StepStatus::kDone || waits_for_answer(state(index));
  if (order.verb == Verb::kCancel) {
    if (!step(index).pivot || status == StepStatus::kSettling) return;
    if (took_effect) {
      return drop_pending("pivot_passed", "the pivot had taken effect: the saga goes forward");
    }
    control().pending.reset();
    return applied(order);
  }
  if (step(index).id != order.step || status == StepStatus::kSettling) return;
  if (took_effect) {
    return drop_pending("step_done", "the step had taken effect: its result stands");
  }
  const bool resumes = control().pending->resumes;
  control().pending.reset();
  apply_action(index, order);
  if (order.verb == Verb::kEdit && resumes && paused()) go_on({});
}

void Decider::follow_fail(int index, const Result& result) {
  auto& pending = *control().pending;
  const auto all = executions(state(index));
  const auto& one = all[static_cast<std::size_t>(result.item)];
  const bool took_effect = one.status == StepStatus::kDone || waits_for_answer(one);
  if (result.kind != Kind::kUndo && took_effect) {
    pending.proved_done = step(index).id;
  }
  if (in_flight()) return;
  for (const auto& other : saga().steps) {
    if (other.status == StepStatus::kSettling) return;
  }
  const auto waited = pending;
  if (waited.proved_done.empty()) {
    control().pending.reset();
    return give_up(waited.order);
  }
  drop_pending("step_done", "step `" + waited.proved_done +
                                "` had taken effect: its result stands, and nothing was given up");
  if (waited.resumes) go_on({});
}

}  // namespace sagad::saga
