// What operators order of a saga as a whole. The table of verbs and statuses is in
// docs/operations.md.

#include <algorithm>
#include <string>
#include <utility>

#include "saga/decider.hpp"

namespace sagad::saga {
namespace {

constexpr std::string_view kByOperator = "operator";
constexpr std::string_view kFailing = "failing";

std::string in_quotes(std::string_view text) { return "`" + std::string(text) + "`"; }

bool is_open(StepStatus status) {
  return status == StepStatus::kRunning || status == StepStatus::kRetrying;
}

template <typename Is>
bool any_execution(const StepState& step, Is is) {
  const auto all = executions(step);
  return std::any_of(all.begin(), all.end(), is);
}

/// `by: reason`, or what there is of it.
std::string words_of(const Intervention& order) {
  if (order.by.empty()) return order.reason;
  return order.reason.empty() ? order.by : order.by + ": " + order.reason;
}

}  // namespace

std::vector<Verb> possible_verbs(const Instance& instance) {
  if (is_final(instance.status)) return {};
  std::vector<Verb> verbs;
  if (instance.heading() == SagaStatus::kRunning) verbs.push_back(Verb::kCancel);
  if (instance.status == SagaStatus::kPaused) {
    verbs.push_back(Verb::kResume);
  } else {
    verbs.push_back(Verb::kPause);
  }
  verbs.insert(verbs.end(), {Verb::kRetry, Verb::kSkip, Verb::kComplete, Verb::kEdit, Verb::kFail});
  return verbs;
}

void Decider::on(const event::Operator& operated) {
  const auto& order = operated.order;
  const auto status = saga().status;
  if (is_final(status)) {
    const bool is_so = (order.verb == Verb::kCancel && status == SagaStatus::kCompensated) ||
                       (order.verb == Verb::kFail && status == SagaStatus::kFailed);
    if (is_so) return tell(Verdict::Kind::kUnchanged);
    return refuse("ended", "the saga is " + in_quotes(to_string(status)) +
                               ": nothing can be ordered of it any more");
  }
  if (!order.step.empty() && definition_.find_step(order.step) == nullptr) {
    return refuse("unknown_step", "the saga has no step " + in_quotes(order.step));
  }
  if (waits_for_pending(order)) return;
  switch (order.verb) {
    case Verb::kCancel:
      return cancel(order);
    case Verb::kPause:
      return pause_by(order);
    case Verb::kResume:
      return resume_by(order);
    case Verb::kRetry:
      return retry(order);
    case Verb::kFail:
      return fail(order);
    case Verb::kSkip:
    case Verb::kComplete:
    case Verb::kEdit:
      return order_step(order);
  }
}

void Decider::cancel(const Order& order) {
  if (heads_back()) {
    if (paused()) {
      return refuse("not_possible",
                    "the saga is being undone already, and is paused: `retry` or `resume` it");
    }
    if (!order.force || control().forced) return tell(Verdict::Kind::kUnchanged);
    control().forced = true;
    return applied(order);
  }
  if (passed_pivot() && !order.force) {
    return refuse("pivot_passed",
                  "the saga has passed its pivot: it can only be cancelled with `force`");
  }
  drop_pending("superseded", "the saga was cancelled");
  if (paused()) end_pause();
  control().forced = order.force;
  // What a pivot that is under way proves to have done decides about the cancel, too.
  const bool in_doubt = definition_.pivot && !order.force && !passed_pivot() &&
                        (is_open(state(*definition_.pivot).status) ||
                         (step(*definition_.pivot).child &&
                          state(*definition_.pivot).status == StepStatus::kWaiting) ||
                         state(*definition_.pivot).status == StepStatus::kSettling);
  turn_back("cancelled", {"cancelled", words_of(order)});
  if (in_doubt) {
    pend(order, false);
  } else {
    applied(order);
  }
  proceed();
}

void Decider::pause_by(const Order& order) {
  if (!paused()) {
    pause(kByOperator, {"operator", words_of(order)});
    return applied(order);
  }
  auto& pending = control().pending;
  if (!pending || !pending->resumes) return tell(Verdict::Kind::kUnchanged);
  pending->resumes = false;
  applied(order);
}

void Decider::resume_by(const Order& order) {
  if (!paused()) return tell(Verdict::Kind::kUnchanged);
  applied(order);
  go_on({});
}

void Decider::retry(const Order& order) {
  std::vector<int> steps;
  if (order.step.empty()) {
    for (const auto& known : definition_.steps) steps.push_back(known.index);
  } else {
    const int index = definition_.find_step(order.step)->index;
    const auto status = state(index).status;
    const bool can = heads_back() ? status == StepStatus::kCompensating
                                  : is_open(status) || status == StepStatus::kFailed ||
                                        status == StepStatus::kWaiting;
    if (!can) return refuse_step(index, order);
    steps.push_back(index);
  }
  if (paused()) {
    applied(order);
    return go_on(steps);
  }
  bool any = false;
  for (const int index : steps) any = try_again(index) || any;
  if (!any) return tell(Verdict::Kind::kUnchanged);
  applied(order);
  proceed();
}

void Decider::fail(const Order& order) {
  drop_pending("superseded", "the saga is given up");
  if (order.force || !in_flight()) return give_up(order);
  const bool was_paused = paused();
  // Nothing new may begin while answers are awaited.
  if (!was_paused) pause(kFailing, {"operator", words_of(order)});
  pend(order, !was_paused);
  if (heads_back()) return;
  for (const auto& known : definition_.steps) {
    const bool child = known.kind == definition::StepKind::kChild;
    each_execution(known.index, [&] {
      const auto status = state(known.index).status;
      if (is_open(status) || (child && status == StepStatus::kWaiting)) settle(known.index);
    });
  }
}

bool Decider::in_flight() {
  return std::any_of(saga().steps.begin(), saga().steps.end(), [](const StepState& current) {
    return any_execution(
        current, [](const StepState& one) { return is_open(one.status) || one.unanswered(); });
  });
}

void Decider::give_up(const Order& order) {
  json::array open;
  for (const auto& known : definition_.steps) {
    const bool unanswered =
        any_execution(state(known.index), [](const StepState& one) { return one.unanswered(); });
    if (unanswered) open.emplace_back(known.id);
  }
  json::object more;
  if (!open.empty()) more["unanswered"] = std::move(open);
  note_verb("verb_applied", order, more);
  saga().paused_from.reset();
  control() = {};
  saga().reason = "given_up";
  saga().error = Error{"given_up", words_of(order)};
  end(SagaStatus::kFailed);
  tell(Verdict::Kind::kApplied);
}

/// Back to the status before the pause, and how long it lasted.
std::chrono::microseconds Decider::end_pause() {
  const auto since = control().paused_at.value_or(context_.now);
  saga().status = saga().heading();
  saga().paused_from.reset();
  saga().reason = std::exchange(control().reason, {});
  saga().error = std::exchange(control().error, std::nullopt);
  control().paused_at.reset();
  note_saga("resumed");
  return std::max(context_.now - since, std::chrono::microseconds{0});
}

/// What was due later is due so much later; wake-ups that came during the pause were lost.
void Decider::restart_clocks(std::chrono::microseconds stood) {
  if (saga().deadline_at) *saga().deadline_at += stood;
  for (const auto& known : definition_.steps) {
    each_execution(known.index, [&] { restart_clock(known.index, stood); });
    if (!whole(known.index).items.empty()) restart_clock(known.index, stood);
  }
}

void Decider::restart_clock(int index, std::chrono::microseconds stood) {
  auto& current = state(index);
  const bool open = is_open(current.status) || current.status == StepStatus::kWaiting;
  if (!open && current.status != StepStatus::kCompensating) return;
  touch(index);
  if (current.first_dispatched) *current.first_dispatched += stood;
  if (current.retry_at) {
    *current.retry_at += stood;
    schedule(index, event::TimerFired::Kind::kRetry, *current.retry_at);
  }
  const auto& known = step(index);
  const auto& total = known.signal ? known.signal->timeout : known.total_timeout;
  const bool runs = open && current.first_dispatched && !current.exhausted;
  // Of a foreach it is for all items together.
  if (runs && total && !has_focus(index)) {
    schedule(index, event::TimerFired::Kind::kTotalTimeout, *current.first_dispatched + *total);
  }
}

void Decider::go_on(const std::vector<int>& again) {
  // Who paused it for no fault of its own wants it to go on as if that had not been.
  const bool by_operator = saga().reason == kByOperator || saga().reason == kFailing;
  restart_clocks(end_pause());
  for (const int index : again) try_again(index);
  if (paused()) return;  // by an expression
  if (!by_operator) unblock();
  // A command may have been lost meanwhile, or been given up as a dead letter.
  for (const auto& known : definition_.steps) {
    each_execution(known.index, [&] {
      const auto& current = state(known.index);
      if (current.unanswered() && *current.sent_at != context_.now) resend(known.index);
    });
  }
  proceed();
}

/// At once and with fresh attempts, if the step waits for a back-off or has run out of them.
bool Decider::try_again(int index) {
  auto& all = whole(index);
  if (all.items.empty()) return try_execution_again(index);
  bool any = false;
  if (!heads_back()) all.last_error.reset();  // follows from the items
  if (!heads_back() && all.exhausted) {
    all.exhausted = false;
    all.first_dispatched = context_.now;
    if (const auto& total = step(index).total_timeout) {
      schedule(index, event::TimerFired::Kind::kTotalTimeout, context_.now + *total);
    }
    any = true;
  }
  each_execution(index, [&] { any = try_execution_again(index) || any; });
  return any;
}

bool Decider::try_execution_again(int index) {
  const auto& current = state(index);
  if (heads_back()) {
    if (current.status != StepStatus::kCompensating) return false;
    if (current.exhausted) {
      undo_anew(index, current.reason == "compensation_failed");
    } else if (current.retry_at) {
      dispatch_undo(index);
    } else {
      return false;
    }
    return true;
  }
  const bool open = is_open(current.status) || current.status == StepStatus::kWaiting;
  if (step(index).kind == definition::StepKind::kSleep) return false;  // to be skipped instead
  const bool barred_unasked = current.status == StepStatus::kRunning && !current.unanswered();
  if (current.status == StepStatus::kFailed || (barred_unasked && !current.exhausted)) {
    anew(index, true);
  } else if (open && current.exhausted) {
    const bool may_have_happened = is_open(current.status);
    anew(index, false);
    // Now, and not when its turn comes: until then it would pass for one that was never sent, and
    // would not be settled if another step turns the saga back.
    if (may_have_happened) dispatch(index);
  } else if (open && current.retry_at) {
    dispatch(index);
  } else {
    return false;
  }
  return true;
}

/// What would pause the saga again at once is tried again.
void Decider::unblock() {
  for (const auto& known : definition_.steps) {
    const auto& current = state(known.index);
    const bool pauses = known.on_exhausted == definition::OnExhausted::kPause || passed_pivot();
    const bool barred = any_execution(current, [](const StepState& one) {
      return one.status == StepStatus::kRunning && !one.unanswered();
    });
    const bool undo_exhausted =
        any_execution(current, [](const StepState& one) { return one.exhausted; });
    const bool blocks = heads_back() ? undo_exhausted
                                     : (current.status == StepStatus::kFailed && passed_pivot()) ||
                                           (current.exhausted && pauses) || barred;
    if (blocks) try_again(known.index);
  }
}

/// The action from its beginning; a recorded `failed` or `barred` gives way to a new round only.
void Decider::anew(int index, bool new_round) {
  auto& current = state(index);
  if (new_round) ++current.round;
  current.attempt = 0;
  current.resent = 0;
  current.sent_at.reset();
  current.first_dispatched.reset();
  current.retry_at.reset();
  current.exhausted = false;
  current.last_error.reset();
  enter(index, StepStatus::kPending, "to be done again");
}

/// The compensation from its beginning: the step is done again, for unwind() to find.
void Decider::undo_anew(int index, bool new_round) {
  auto& current = state(index);
  if (new_round) ++current.round;
  current.sent_at.reset();
  current.retry_at.reset();
  current.exhausted = false;
  enter(index, StepStatus::kDone, "to be undone again");
}

}  // namespace sagad::saga
