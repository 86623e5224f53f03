#include "saga/decider.hpp"

#include <algorithm>
#include <utility>

#include "saga/child.hpp"

namespace sagad::saga {
namespace {

/// Whether the answer still says something once the step is in `round`. A recorded `done` or
/// `later` is never replaced, so a command of a higher round is answered with it, under its own
/// round.
bool counts_in_round(const Result& result, int round) {
  const bool for_ever = result.outcome == Outcome::kDone || result.outcome == Outcome::kLater;
  return result.round == round || (result.round < round && for_ever);
}

}  // namespace

Decider::Decider(const definition::Definition& definition, Instance instance,
                 DecideContext& context)
    : definition_(definition), context_(context), was_final_(false) {
  decision_.instance = std::move(instance);
  was_final_ = is_final(saga().status);
}

Decision Decider::finish() && {
  for (auto* refs : {&decision_.changed_items, &decision_.new_item_outputs}) {
    std::sort(refs->begin(), refs->end());
    refs->erase(std::unique(refs->begin(), refs->end()), refs->end());
  }
  if (decision_.changed) {
    ++saga().sequence;
    saga().updated_at = context_.now;
  }
  if (asked_round_ || (!was_final_ && is_final(saga().status))) {
    decision_.answer = answer_to_parent(saga());
    if (decision_.answer) {
      decision_.answer->sent_at = context_.now;
      if (asked_round_) decision_.answer->round = *asked_round_;
    }
  }
  return std::move(decision_);
}

void Decider::on(const event::Started&) {
  note_saga("started");
  set_tags();
  proceed();
}

void Decider::on(const event::Answered& answered) {
  const auto& result = answered.result;
  const auto* known = definition_.find_step(result.step);
  if (known == nullptr || is_final(saga().status)) return;
  if (!has_execution(known->index, result.item)) return;
  in_execution(known->index, result.item, [&] {
    if (!counts_in_round(result, state(known->index).round)) return;
    if (result.kind == Kind::kUndo) {
      record_undo(known->index, result);
    } else {
      record_action(known->index, result);
    }
  });
  if (!decision_.changed) return;
  follow_pending(known->index, result);
  proceed();
}

void Decider::on(const event::TimerFired& fired) {
  if (!has_execution(fired.step, fired.item)) return;
  if (fired.kind == event::TimerFired::Kind::kRetry) {
    in_execution(fired.step, fired.item, [&] { wake(fired.step); });
  } else {
    auto& current = state(fired.step);
    const bool signal = step(fired.step).kind == definition::StepKind::kSignal;
    const auto& total = signal ? step(fired.step).signal->timeout : step(fired.step).total_timeout;
    const bool open = current.status == StepStatus::kRunning ||
                      current.status == StepStatus::kRetrying ||
                      current.status == StepStatus::kWaiting;
    if (!total || !open || current.exhausted || saga().status != SagaStatus::kRunning) return;
    if (!current.first_dispatched || *current.first_dispatched + *total > context_.now) return;
    const std::string code = signal ? "signal_timeout" : "total_timeout";
    current.exhausted = true;
    current.last_error = Error{
        code, (signal ? "no signal within " : "no answer within ") + base::format_duration(*total)};
    note("exhausted", fired.step, {{"code", code}});
  }
  if (decision_.changed) proceed();
}

/// Its back-off or its sleep is over.
void Decider::wake(int index) {
  const auto& current = state(index);
  if (!current.retry_at || *current.retry_at > context_.now) return;
  const bool forward = saga().status == SagaStatus::kRunning;
  const bool back = saga().status == SagaStatus::kCompensating;
  if (forward && current.status == StepStatus::kRetrying) {
    dispatch(index);
  } else if (forward && step(index).kind == definition::StepKind::kSleep) {
    end_sleep(index);
  } else if (back && current.status == StepStatus::kCompensating) {
    dispatch_undo(index);
  }
}

void Decider::on(const event::DeadlineReached&) {
  if (paused()) return;  // its clocks stand still
  if (!saga().deadline_at || *saga().deadline_at > context_.now) return;
  // Forgotten, so that it is not found again.
  const auto deadline = std::exchange(saga().deadline_at, std::nullopt);
  decision_.changed = true;
  if (saga().status != SagaStatus::kRunning || passed_pivot()) return;
  turn_back("deadline_exceeded",
            {"deadline_exceeded", "the saga's deadline was " + base::format_time(*deadline)});
  proceed();
}

void Decider::on(const event::Rescue& rescue) {
  // While paused nothing is sent, but what an operator waits for.
  if (is_final(saga().status) || (paused() && !control().pending)) return;
  for (const auto& known : definition_.steps) {
    each_execution(known.index, [&] {
      const auto& current = state(known.index);
      if (!current.unanswered()) return;
      if (paused() && current.status == StepStatus::kRunning) return;
      const bool undoing = current.status == StepStatus::kCompensating;
      const auto& operation = undoing ? *known.compensate : known.action;
      const auto horizon = rescue.horizons.find(operation.participant);
      if (horizon == rescue.horizons.end() || *current.sent_at >= horizon->second) return;
      resend(known.index);
    });
  }
}

void Decider::resend(int index) {
  auto& current = state(index);
  ++current.resent;
  note("resent", index, {{"times", current.resent}});
  if (current.status == StepStatus::kSettling) {
    send(command_for(index, Kind::kSettle));
  } else if (current.status == StepStatus::kCompensating) {
    send(undo_command(index));
  } else {
    send(do_command(index));
  }
}

void Decider::on(const event::DeadLettered& letter) {
  const auto* known = definition_.find_step(letter.step);
  if (is_final(saga().status) || saga().status == SagaStatus::kPaused) return;
  const Error error{"dead_letter", letter.reason};
  if (known == nullptr && !letter.step.empty()) return;
  if (known != nullptr) {
    if (!has_execution(known->index, letter.item)) return;
    bool live = false;  // else its answer has come another way
    in_execution(known->index, letter.item, [&] {
      auto& current = state(known->index);
      live = current.unanswered();
      if (!live) return;
      current.last_error = error;
      current.reason = "dead letter: " + letter.reason;
      touch(known->index);
    });
    if (!live) return;
  }
  pause("dead_letter", error);
}

void Decider::proceed() {
  if (saga().status == SagaStatus::kRunning) advance();
  if (saga().status == SagaStatus::kCompensating) unwind();
}

bool Decider::passed_pivot() {
  if (!definition_.pivot) return false;
  const auto& pivot = state(*definition_.pivot);
  return pivot.status == StepStatus::kDone || waits_for_answer(pivot);
}

bool Decider::all(const std::vector<int>& steps, bool (*is)(StepStatus)) {
  for (const int index : steps) {
    if (!is(state(index).status)) return false;
  }
  return true;
}

/// It has changed and is to be written.
void Decider::touch(int index) {
  decision_.changed = true;
  if (has_focus(index)) decision_.changed_items.push_back({index, focus_.item});
}

void Decider::enter(int index, StepStatus status, std::string reason) {
  auto& current = state(index);
  current.status = status;
  current.since = context_.now;
  current.reason = std::move(reason);
  const bool ended = status == StepStatus::kDone || status == StepStatus::kFailed ||
                     status == StepStatus::kSkipped;
  if (ended) current.early_answer.reset();
  touch(index);
}

void Decider::note(std::string type, int index, json::object detail) {
  if (has_focus(index)) detail["item"] = focus_.item;
  decision_.history.push_back({std::move(type), step(index).id, std::move(detail)});
  touch(index);
}

void Decider::note_saga(std::string type, json::object detail) {
  decision_.history.push_back({std::move(type), {}, std::move(detail)});
  decision_.changed = true;
}

template <typename Use>
void Decider::with_scope(Use use) {
  static const json::value kNull;
  std::vector<const json::value*> outputs;
  outputs.reserve(saga().steps.size());
  for (auto& current : saga().steps) {
    // Those of items are rows of their own: they are put together where they are read.
    const bool scattered = !current.items.empty() && current.status == StepStatus::kDone;
    if (scattered && !current.output) current.output = gather_outputs(current);
    outputs.push_back(current.output.get());
  }
  definition::Scope scope{
      saga().input ? *saga().input : kNull,
      outputs,
      {saga().id, saga().definition, saga().version, saga().key, saga().created_at}};
  if (focus_.step >= 0) {
    const auto& list = list_of(focus_.step);
    const auto item = static_cast<std::size_t>(focus_.item);
    if (item >= list.size()) {
      throw definition::ExpressionError(step(focus_.step).foreach->list.position.str() +
                                        ": the list is shorter than it was");
    }
    scope.item = &list[item];
    scope.index = focus_.item;
    outputs[static_cast<std::size_t>(focus_.step)] = state(focus_.step).output.get();
  }
  use(scope);
}

json::value Decider::evaluate(const definition::Template& value) {
  json::value result;
  with_scope(
      [&](const definition::Scope& scope) { result = context_.evaluator.evaluate(value, scope); });
  return result;
}

/// Evaluated once in a decision. Throws ExpressionError.
const json::array& Decider::list_of(int index) {
  const auto known = lists_.find(index);
  if (known != lists_.end()) return known->second;
  const Focused nothing(*this, {});
  json::array list;
  with_scope([&](const definition::Scope& scope) {
    list = context_.evaluator.evaluate_list(step(index).foreach->list, scope);
  });
  return lists_.emplace(index, std::move(list)).first->second;
}

bool Decider::condition_holds(int index) {
  bool holds = true;
  with_scope([&](const definition::Scope& scope) {
    holds = context_.evaluator.evaluate_condition(*step(index).when, scope);
  });
  return holds;
}

Command Decider::command_for(int index, Kind kind) {
  const auto& known = step(index);
  const auto& operation = kind == Kind::kUndo ? *known.compensate : known.action;
  Command command;
  command.saga = saga().id;
  command.definition = saga().definition;
  command.participant = operation.participant;
  command.action = operation.action;
  command.step = known.id;
  command.item = has_focus(index) ? focus_.item : 0;
  command.kind = kind;
  command.attempt = state(index).attempt;
  command.round = state(index).round;
  command.timeout = operation.timeout;
  command.digest = state(index).child_digest;
  return command;
}

void Decider::send(Command command) {
  command.sent_at = context_.now;
  const int index = definition_.find_step(command.step)->index;
  state(index).sent_at = context_.now;
  decision_.commands.push_back(std::move(command));
  touch(index);
}

void Decider::schedule(int index, event::TimerFired::Kind kind, base::Time due_at) {
  decision_.timers.push_back({index, kind, due_at, has_focus(index) ? focus_.item : 0});
}

void Decider::pause(std::string_view reason, Error error) {
  note_saga("paused", {{"reason", json::string_view(reason.data(), reason.size())},
                       {"code", error.code},
                       {"message", error.message}});
  control().paused_at = context_.now;
  control().reason = saga().reason;
  control().error = saga().error;
  saga().paused_from = saga().status;
  saga().status = SagaStatus::kPaused;
  saga().reason = reason;
  saga().error = std::move(error);
}

void Decider::end(SagaStatus status) {
  saga().status = status;
  saga().ended_at = context_.now;
  note_saga(std::string(to_string(status)));
}

}  // namespace sagad::saga
