// What a foreach fans out into. Each item has a state of its own and goes through the same rules as
// a step (see Focus); the step's own state is derived from those of its items.

#include <algorithm>
#include <string>
#include <utility>

#include "saga/decider.hpp"

namespace sagad::saga {
namespace {

bool is_in_flight(StepStatus status) {
  return status == StepStatus::kRunning || status == StepStatus::kRetrying ||
         status == StepStatus::kWaiting;
}

bool is_being_undone(StepStatus status) { return status == StepStatus::kCompensating; }

bool is_exhausted(const StepState& item) {
  return item.exhausted && (item.status == StepStatus::kRunning ||
                            item.status == StepStatus::kRetrying || waits_for_answer(item));
}

int count(const StepState& whole, StepStatus status) {
  return static_cast<int>(std::count_if(whole.items.begin(), whole.items.end(),
                                        [&](const auto& item) { return item.status == status; }));
}

bool any(const StepState& whole, StepStatus status) {
  return std::any_of(whole.items.begin(), whole.items.end(),
                     [&](const auto& item) { return item.status == status; });
}

/// The error of the first item that failed, else of the first that is exhausted, is the step's. Its
/// own is that all of them together have run out of time.
void blame_item(StepState& whole) {
  if (whole.exhausted && whole.last_error && whole.last_error->code == "total_timeout") return;
  auto& items = whole.items;
  auto guilty = std::find_if(items.begin(), items.end(),
                             [](const auto& item) { return item.status == StepStatus::kFailed; });
  const auto exhausted = std::find_if(items.begin(), items.end(), is_exhausted);
  whole.exhausted = exhausted != items.end();
  if (guilty == items.end()) guilty = exhausted;
  if (guilty == items.end()) return;
  const auto error = guilty->last_error.value_or(Error{});
  whole.last_error =
      Error{error.code, "item " + std::to_string(guilty - items.begin()) + ": " + error.message};
}

/// While the saga goes forward.
StepStatus forward_status(const StepState& whole) {
  if (any(whole, StepStatus::kSettling)) return StepStatus::kSettling;
  const bool done = std::all_of(whole.items.begin(), whole.items.end(),
                                [](const auto& item) { return item.status == StepStatus::kDone; });
  if (done) return StepStatus::kDone;
  return any(whole, StepStatus::kFailed) ? StepStatus::kFailed : StepStatus::kRunning;
}

/// While it is undone. Some items may never have been started.
StepStatus backward_status(const StepState& whole, bool undoable) {
  if (any(whole, StepStatus::kCompensating)) return StepStatus::kCompensating;
  if (any(whole, StepStatus::kSettling)) return StepStatus::kSettling;
  if (count(whole, StepStatus::kDone) == static_cast<int>(whole.items.size())) {
    return StepStatus::kDone;
  }
  const bool happened = std::any_of(whole.items.begin(), whole.items.end(), has_happened);
  if (any(whole, StepStatus::kCompensated)) {
    return happened && undoable ? StepStatus::kCompensating : StepStatus::kCompensated;
  }
  const bool failed = any(whole, StepStatus::kFailed) || whole.exhausted || happened;
  return failed ? StepStatus::kFailed : StepStatus::kSkipped;
}

}  // namespace

bool Decider::has_execution(int index, int item) {
  if (index < 0 || static_cast<std::size_t>(index) >= saga().steps.size()) return false;
  const auto count = whole(index).items.size();
  return item >= 0 && static_cast<std::size_t>(item) < std::max<std::size_t>(count, 1);
}

int Decider::items_in(int index, bool (*is)(StepStatus)) {
  const auto& items = whole(index).items;
  return static_cast<int>(
      std::count_if(items.begin(), items.end(), [&](const auto& item) { return is(item.status); }));
}

/// False if the list or the input of an item could not be evaluated: then the step has failed.
bool Decider::fan_out(int index) {
  std::size_t count = 0;
  try {
    count = list_of(index).size();
  } catch (const definition::ExpressionError& error) {
    fail_step(index, {"expression_error", error.what()});
    return false;
  }
  if (count > kMaxItems) {
    fail_step(index, {"too_many_items", "the list has " + std::to_string(count) +
                                            " items, and at most " + std::to_string(kMaxItems) +
                                            " are allowed: split it over several sagas"});
    return false;
  }
  auto& current = state(index);
  current.attempt = 1;
  current.first_dispatched = context_.now;
  if (const auto& total = step(index).total_timeout; total && count > 0) {
    schedule(index, event::TimerFired::Kind::kTotalTimeout, context_.now + *total);
  }
  StepState item;
  item.since = context_.now;
  item.round = current.round;
  // Tried anew after a failure: what the rows say of the items is over.
  for (std::size_t i = 0; i < std::min(count, current.items.size()); ++i) {
    decision_.changed_items.push_back({index, static_cast<int>(i)});
  }
  current.items.assign(count, item);
  enter(index, StepStatus::kRunning);
  note("fanned_out", index, {{"items", count}});
  if (count > 0) return start_items(index);
  record_output(index, std::make_shared<const json::value>(json::array()));
  return true;
}

/// Starts items while fewer than max_parallel are in flight. False if the input of one could not
/// be evaluated: then it has failed, and so has the step.
bool Decider::start_items(int index) {
  const int most = step(index).foreach->max_parallel;
  int in_flight = items_in(index, is_in_flight);
  bool fine = true;
  const auto count = static_cast<int>(whole(index).items.size());
  for (int item = 0; item < count && in_flight < most && fine; ++item) {
    const Focused focused(*this, {index, item});
    if (state(index).status != StepStatus::kPending) continue;
    fine = dispatch(index);
    ++in_flight;
  }
  follow_items(index);
  return fine;
}

/// The same for compensations. An expression that fails pauses the saga.
void Decider::undo_items(int index) {
  const int most = step(index).foreach->max_parallel;
  int in_flight = items_in(index, is_being_undone);
  const auto count = static_cast<int>(whole(index).items.size());
  for (int item = 0; item < count && in_flight < most; ++item) {
    const Focused focused(*this, {index, item});
    if (!has_happened(state(index))) continue;
    dispatch_undo(index);
    if (saga().status != SagaStatus::kCompensating) break;
    ++in_flight;
  }
  follow_items(index);
}

/// Derives the state of the step from those of its items.
void Decider::follow_items(int index) {
  auto& current = whole(index);
  blame_item(current);
  const auto status = heads_back() ? backward_status(current, step(index).compensate.has_value())
                                   : forward_status(current);
  if (status == current.status) return;
  enter(index, status,
        status == StepStatus::kFailed ? current.last_error.value_or(Error{}).code : "");
  if (status != StepStatus::kDone) return;
  current.output = gather_outputs(current);
  note("done", index, {{"items", current.items.size()}});
}

}  // namespace sagad::saga
