#include <algorithm>
#include <utility>

#include "base/mutant.hpp"
#include "saga/child.hpp"
#include "saga/decider.hpp"

namespace sagad::saga {
namespace {

bool lets_pass(StepStatus status) {
  return status == StepStatus::kDone || status == StepStatus::kSkipped;
}

bool contains(const std::vector<std::string>& codes, const std::string& code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// Whether no attempt may follow the attempt that has just answered `retry`.
bool is_last_attempt(const definition::RetryPolicy& policy, int attempt, const std::string& code) {
  return contains(policy.non_retryable_errors, code) ||
         (policy.max_attempts > 0 && attempt >= policy.max_attempts);
}

}  // namespace

void Decider::advance() {
  if (handle_failed_steps()) return;
  for (bool progress = true; progress;) {
    progress = false;
    for (const auto& known : definition_.steps) {
      const auto& current = state(known.index);
      if (current.status == StepStatus::kRunning && !current.items.empty() &&
          !start_items(known.index)) {
        handle_failed_steps();
        return;
      }
      if (current.status != StepStatus::kPending) continue;
      if (!has_what_it_needs(known)) continue;
      if (!advance_step(known.index)) {
        handle_failed_steps();
        return;
      }
      progress = true;
    }
  }
  const bool over = std::all_of(saga().steps.begin(), saga().steps.end(),
                                [](const auto& current) { return lets_pass(current.status); });
  if (over) complete();
}

/// An operator may have gone on without a step whose own needs are still open: what follows waits
/// for those too, because it may read what they return.
bool Decider::has_what_it_needs(const definition::Step& known) {
  return std::all_of(known.needs.begin(), known.needs.end(), [&](int need) {
    const auto& needed = state(need);
    if (!lets_pass(needed.status)) return false;
    const bool ordered = needed.by_hand || needed.status == StepStatus::kSkipped;
    return !ordered || has_what_it_needs(step(need));
  });
}

/// False if an expression of the step failed.
bool Decider::advance_step(int index) {
  try {
    if (step(index).when && !condition_holds(index)) {
      enter(index, StepStatus::kSkipped, "its condition is false");
      note("skipped", index);
      return true;
    }
  } catch (const definition::ExpressionError& error) {
    fail_step(index, {"expression_error", error.what()});
    return false;
  }
  switch (step(index).kind) {
    case definition::StepKind::kSleep:
      begin_sleep(index);
      return true;
    case definition::StepKind::kSignal:
      await_signal(index);
      return true;
    default:
      return step(index).foreach ? fan_out(index) : dispatch(index);
  }
}

Command Decider::do_command(int index) {
  auto command = command_for(index, Kind::kDo);
  command.input = action_input(index, command.round);
  return command;
}

/// The first attempt or the next. False if the input's expression failed: then so has the step.
bool Decider::dispatch(int index) {
  auto& current = state(index);
  Command command;
  try {
    command = do_command(index);
  } catch (const definition::ExpressionError& error) {
    fail_step(index, {"expression_error", error.what()});
    return false;
  }
  command.attempt = ++current.attempt;
  if (!current.first_dispatched) {
    current.first_dispatched = context_.now;
    // Of a foreach it is for all items together.
    if (const auto& total = step(index).total_timeout; total && !has_focus(index)) {
      schedule(index, event::TimerFired::Kind::kTotalTimeout, context_.now + *total);
    }
  }
  current.retry_at.reset();
  current.resent = 0;
  if (step(index).kind == definition::StepKind::kChild) {
    enter(index, StepStatus::kWaiting, "for the child saga " + step(index).action.action);
  } else {
    enter(index, StepStatus::kRunning);
  }
  note("dispatched", index, {{"attempt", current.attempt}});
  send(std::move(command));
  return true;
}

void Decider::fail_step(int index, Error error) {
  auto& current = state(index);
  current.sent_at.reset();
  current.retry_at.reset();
  enter(index, StepStatus::kFailed, error.code);
  note("failed", index, {{"code", error.code}, {"message", error.message}});
  current.last_error = std::move(error);
}

/// A failed or exhausted step turns the saga back, or pauses it after the pivot. True if so.
bool Decider::handle_failed_steps() {
  for (const auto& known : definition_.steps) {
    const auto& current = state(known.index);
    const bool failed = current.status == StepStatus::kFailed;
    const bool exhausted = current.exhausted && (current.status == StepStatus::kRunning ||
                                                 current.status == StepStatus::kRetrying ||
                                                 current.status == StepStatus::kWaiting);
    if (!failed && !exhausted) continue;
    const auto error = current.last_error.value_or(Error{});
    const std::string_view reason = failed ? "step_failed" : "step_exhausted";
    if (passed_pivot() || (exhausted && known.on_exhausted == definition::OnExhausted::kPause)) {
      pause(reason, error);
    } else {
      turn_back(reason, error);
    }
    return true;
  }
  return false;
}

void Decider::complete() {
  try {
    if (!definition_.output.is_null()) {
      saga().output = std::make_shared<const json::value>(evaluate(definition_.output));
    }
  } catch (const definition::ExpressionError& error) {
    // Everything took effect: the saga is completed, only its summary is not to be had.
    note_saga("output_error", {{"code", "expression_error"}, {"message", error.what()}});
  }
  if (saga().output == nullptr && parse_child_key(saga().key)) {
    saga().output = std::make_shared<const json::value>(nullptr);
  }
  end(SagaStatus::kCompleted);
}

/// An answer about an action, to its `do` or to a `settle`. `done` and `failed` count whichever
/// attempt they come from.
void Decider::record_action(int index, const Result& result) {
  const auto& current = state(index);
  const bool settling = current.status == StepStatus::kSettling;
  const bool child = step(index).kind == definition::StepKind::kChild;
  const bool is_final = result.outcome == Outcome::kDone || result.outcome == Outcome::kFailed;
  const bool open = settling || current.status == StepStatus::kRunning ||
                    current.status == StepStatus::kRetrying ||
                    (child && current.status == StepStatus::kWaiting) ||
                    // Its participant may give the final answer, too.
                    (waits_for_answer(current) && is_final);
  if (!open && !SAGAD_MUTANT("duplicate_result_folded")) {  // a duplicate: its answer is known
    late_answer(index, result);
    return;
  }
  switch (result.outcome) {
    case Outcome::kDone:
      state(index).done_round = result.round;
      record_output(index, std::make_shared<const json::value>(result.output));
      break;
    case Outcome::kFailed:
      record_refusal(index, result);
      break;
    case Outcome::kLater:
      record_later(index, result);
      break;
    case Outcome::kRetry:
      record_retry(index, result);
      break;
    case Outcome::kBarred:
      record_barred(index);
      break;
    case Outcome::kMissing:
      if (child) lose_child(index, result);  // else only an undo can miss its action
      break;
  }
}

void Decider::record_refusal(int index, const Result& result) {
  const Error error{result.code, result.message};
  if (result.in_doubt) {
    state(index).in_effect = true;
    state(index).done_round = result.round;
  }
  fail_step(index, error);
  const auto& known = step(index);
  if (!result.in_doubt || !known.pivot || known.compensate) return;
  // To go back could undo what a pivot that has happened stands on: that is for a person.
  const auto paused_from = saga().paused_from;
  pause("pivot_in_doubt", error);
  if (paused_from) saga().paused_from = paused_from;
}

/// The child was given up, and nobody knows what of it is done. The step stays unanswered: once the
/// saga is resumed it is asked for again.
void Decider::lose_child(int index, const Result& result) {
  if (saga().status == SagaStatus::kPaused) return;
  state(index).last_error = Error{result.code, result.message};
  pause("child_failed", *state(index).last_error);
}

void Decider::record_barred(int index) {
  auto& current = state(index);
  const bool unasked = current.status != StepStatus::kSettling;
  // It stays unanswered: once the saga goes on it is asked for again, and pauses it then.
  if (unasked && saga().status == SagaStatus::kPaused) return;
  current.sent_at.reset();
  if (unasked) {
    // Nobody barred it, but the participant says so: its database is not the one it was.
    current.last_error = Error{"unexpected_barred", "the action was barred unasked"};
    pause("unexpected_barred", *current.last_error);
  } else if (!heads_back()) {
    // For an operator's sake; unless that ends it, it is done again.
    note("barred", index);
    anew(index, true);
  } else if (current.exhausted) {
    fail_step(index, current.last_error.value_or(Error{"exhausted", ""}));
  } else {
    enter(index, StepStatus::kSkipped, "barred before it took effect");
    note("barred", index);
  }
}

void Decider::record_output(int index, Document output) {
  auto& current = state(index);
  current.output = std::move(output);
  current.sent_at.reset();
  current.retry_at.reset();
  if (has_focus(index)) {
    decision_.new_item_outputs.push_back({index, focus_.item});
  } else {
    decision_.new_outputs.push_back(index);
  }
  enter(index, StepStatus::kDone);
  note("done", index, {{"attempt", current.attempt}});
  pass_pivot_after_all(index);
}

/// It was only settled because of doubt, and it had happened: from here on only forward.
void Decider::pass_pivot_after_all(int index) {
  if (SAGAD_MUTANT("settled_pivot_ignored")) return;
  if (!step(index).pivot || !heads_back() || control().forced) return;
  note_saga("pivot_passed");
  if (paused()) {
    saga().paused_from = SagaStatus::kRunning;
    control().reason.clear();
    control().error.reset();
    return;
  }
  saga().status = SagaStatus::kRunning;
  saga().reason.clear();
  saga().error.reset();
}

void Decider::record_retry(int index, const Result& result) {
  auto& current = state(index);
  if (current.status != StepStatus::kRunning) return;
  if (result.attempt != current.attempt && !SAGAD_MUTANT("stale_retry_counted")) return;
  const auto& policy = step(index).action.retry;
  current.sent_at.reset();
  current.last_error = Error{result.code, result.message};
  json::object detail{
      {"attempt", current.attempt}, {"code", result.code}, {"message", result.message}};
  if (is_last_attempt(policy, current.attempt, result.code)) {
    current.exhausted = true;
    enter(index, StepStatus::kRetrying,
          "exhausted after attempt " + std::to_string(current.attempt) + ": " + result.code);
    note("exhausted", index, std::move(detail));
    return;
  }
  const auto delay =
      result.after.value_or(policy.backoff.interval(current.attempt, context_.random.uniform()));
  current.retry_at = context_.now + delay;
  enter(index, StepStatus::kRetrying,
        "attempt " + std::to_string(current.attempt) + ": " + result.code);
  detail["retry_in_ms"] = delay.count();
  note("retry", index, std::move(detail));
  schedule(index, event::TimerFired::Kind::kRetry, *current.retry_at);
}

}  // namespace sagad::saga
