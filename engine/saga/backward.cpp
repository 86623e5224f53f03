#include <algorithm>
#include <utility>

#include "base/mutant.hpp"
#include "saga/decider.hpp"

namespace sagad::saga {
namespace {

/// Nothing is left to be undone of a step in this status, and nothing is in the open.
bool is_at_rest(StepStatus status) {
  return status == StepStatus::kPending || status == StepStatus::kSkipped ||
         status == StepStatus::kFailed || status == StepStatus::kCompensated;
}

}  // namespace

bool has_happened(const StepState& step) {
  if (SAGAD_MUTANT("failed_later_not_undone")) return step.status == StepStatus::kDone;
  return step.status == StepStatus::kDone || (step.status == StepStatus::kFailed && step.in_effect);
}

/// From here on the saga undoes. Everything whose fate is not known is settled first: a step that
/// is exhausted or out of time may have happened, or may happen yet from a copy on its way.
void Decider::turn_back(std::string_view reason, Error error) {
  note_saga("compensating", {{"reason", json::string_view(reason.data(), reason.size())},
                             {"code", error.code},
                             {"message", error.message}});
  drop_pending("turned_back", "the saga has turned to compensating");
  saga().status = SagaStatus::kCompensating;
  saga().reason = reason;
  saga().error = std::move(error);
  for (const auto& known : definition_.steps) {
    const bool child = known.kind == definition::StepKind::kChild;
    each_execution(known.index, [&] {
      const auto status = state(known.index).status;
      if (status == StepStatus::kRunning || status == StepStatus::kRetrying ||
          (child && status == StepStatus::kWaiting)) {
        settle(known.index);
      } else if (waits_for_answer(state(known.index))) {
        stop_waiting(known.index);
      }
    });
    if (state(known.index).status != StepStatus::kWaiting) continue;
    if (known.kind == definition::StepKind::kSleep) stop_sleep(known.index);
    if (known.kind == definition::StepKind::kSignal) end_signal_wait(known.index);
  }
}

void Decider::settle(int index) {
  auto& current = state(index);
  current.retry_at.reset();
  current.resent = 0;
  if (SAGAD_MUTANT("settle_skipped")) {
    current.sent_at.reset();
    return enter(index, StepStatus::kSkipped, "not settled");
  }
  enter(index, StepStatus::kSettling, "its answer is not known");
  note("settling", index);
  send(command_for(index, Kind::kSettle));
}

/// Undoes in reverse dependency order, independent steps in parallel.
void Decider::unwind() {
  for (const auto& known : definition_.steps) {
    for (const auto& current : executions(state(known.index))) {
      if (current.status != StepStatus::kCompensating || !current.exhausted) continue;
      pause(current.reason, current.last_error.value_or(Error{}));
      return;
    }
  }
  std::vector<signed char> memo(saga().steps.size(), -1);
  bool over = true;
  // If the pivot proves to have happened, nothing is undone: not even what a person has done of the
  // steps behind it.
  const bool in_question =
      definition_.pivot && state(*definition_.pivot).status == StepStatus::kSettling;
  for (const auto& known : definition_.steps) {
    if (saga().status != SagaStatus::kCompensating) return;  // an expression has paused it
    if (resolved(known.index, memo)) continue;
    over = false;
    const bool undoable = !in_question && can_be_undone(known.index) &&
                          std::all_of(known.dependents.begin(), known.dependents.end(),
                                      [&](int dependent) { return resolved(dependent, memo); });
    const bool hasty = SAGAD_MUTANT("compensated_in_any_order") && can_be_undone(known.index);
    if (!undoable && !hasty) continue;
    if (!state(known.index).items.empty()) {
      undo_items(known.index);
    } else if (has_happened(state(known.index))) {
      dispatch_undo(known.index);
    }
  }
  if (over) end(SagaStatus::kCompensated);
}

/// A foreach over an empty list has done nothing.
bool Decider::can_be_undone(int index) {
  const auto& known = step(index);
  return known.compensate && (!known.foreach || !whole(index).items.empty());
}

/// Whether the step and everything that depends on it are undone, as far as they can be.
bool Decider::resolved(int index, std::vector<signed char>& memo) {
  auto& known = memo[static_cast<std::size_t>(index)];
  if (known >= 0) return known == 1;
  const auto all = executions(state(index));
  bool is = std::all_of(all.begin(), all.end(), [&](const StepState& one) {
    return has_happened(one) ? !can_be_undone(index) : is_at_rest(one.status);
  });
  for (const int dependent : step(index).dependents) is = is && resolved(dependent, memo);
  known = is ? 1 : 0;
  return is;
}

Command Decider::undo_command(int index) {
  auto command = command_for(index, Kind::kUndo);
  command.input = undo_input(index);
  command.action_input = action_input(index, state(index).done_round);
  command.by_hand = state(index).by_hand;
  command.action_output = state(index).output ? *state(index).output : json::value();
  return command;
}

/// The first attempt of a compensation or the next.
void Decider::dispatch_undo(int index) {
  auto& current = state(index);
  const bool first = current.status != StepStatus::kCompensating;
  try {
    auto command = undo_command(index);
    if (first) {
      current.attempt = 0;
      current.first_dispatched = context_.now;
      current.last_error.reset();
      current.exhausted = false;
    }
    command.attempt = ++current.attempt;
    current.retry_at.reset();
    current.resent = 0;
    enter(index, StepStatus::kCompensating);
    note("undo_dispatched", index, {{"attempt", current.attempt}});
    send(std::move(command));
  } catch (const definition::ExpressionError& error) {
    current.last_error = Error{"expression_error", error.what()};
    pause("expression_error", *current.last_error);
  }
}

void Decider::record_undo(int index, const Result& result) {
  auto& current = state(index);
  if (current.status != StepStatus::kCompensating) return;
  if (result.outcome == Outcome::kRetry) {
    record_undo_retry(index, result);
    return;
  }
  if (result.outcome == Outcome::kDone || result.outcome == Outcome::kBarred) {
    current.sent_at.reset();
    current.retry_at.reset();
    enter(index, StepStatus::kCompensated);
    note("compensated", index, {{"attempt", current.attempt}});
    return;
  }
  const bool missing = result.outcome == Outcome::kMissing;
  current.sent_at.reset();
  current.retry_at.reset();
  current.exhausted = true;
  current.last_error = missing
                           ? Error{"inbox_row_missing",
                                   "the participant has lost the row of an action that was done"}
                           : Error{result.code, result.message};
  enter(index, StepStatus::kCompensating, missing ? "inbox_row_missing" : "compensation_failed");
  note("compensation_failed", index,
       {{"code", current.last_error->code}, {"message", current.last_error->message}});
}

void Decider::record_undo_retry(int index, const Result& result) {
  auto& current = state(index);
  if (!current.unanswered() || result.attempt != current.attempt) return;
  const auto& policy = step(index).compensate->retry;
  const auto& final_codes = policy.non_retryable_errors;
  current.sent_at.reset();
  current.last_error = Error{result.code, result.message};
  const bool out_of_time = policy.give_up_after && current.first_dispatched &&
                           *current.first_dispatched + *policy.give_up_after <= context_.now;
  const bool exhausted =
      out_of_time || (policy.max_attempts > 0 && current.attempt >= policy.max_attempts) ||
      std::find(final_codes.begin(), final_codes.end(), result.code) != final_codes.end();
  json::object detail{
      {"attempt", current.attempt}, {"code", result.code}, {"message", result.message}};
  if (exhausted) {
    current.exhausted = true;
    enter(index, StepStatus::kCompensating, "compensation_exhausted");
    note("undo_exhausted", index, std::move(detail));
    return;
  }
  const auto delay =
      result.after.value_or(policy.backoff.interval(current.attempt, context_.random.uniform()));
  current.retry_at = context_.now + delay;
  current.reason = "attempt " + std::to_string(current.attempt) + ": " + result.code;
  detail["retry_in_ms"] = delay.count();
  note("undo_retry", index, std::move(detail));
  schedule(index, event::TimerFired::Kind::kRetry, *current.retry_at);
}

}  // namespace sagad::saga
