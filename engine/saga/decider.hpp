#pragma once

// Private to the layer: the parts of decide(). Events only change the state of steps (record_*);
// what follows from the state is derived anew each time (proceed), so that a paused saga that is
// resumed, or a result that comes in another order, ends in the same place.

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "saga/decide.hpp"

namespace sagad::saga {

/// Its action happened, so that it is to be undone if it can be.
bool has_happened(const StepState& step);

class Decider {
 public:
  Decider(const definition::Definition& definition, Instance instance, DecideContext& context);

  void on(const event::Started& started);
  void on(const event::Answered& answered);
  void on(const event::TimerFired& fired);
  void on(const event::DeadlineReached& reached);
  void on(const event::Rescue& rescue);
  void on(const event::DeadLettered& letter);
  void on(const event::Redriven& redriven);
  void on(const event::Signalled& signalled);
  void on(const event::Operator& operated);
  void on(const event::FinalAnswered& given);
  void on(const event::AskedByParent& asked);

  Decision finish() &&;

 private:
  /// The item that is dealt with, if one is. What is said of a step below is then true of it.
  struct Focus {
    int step = -1;
    int item = 0;
  };
  class Focused;

  // decider.cpp: what all the others use
  Instance& saga() { return decision_.instance; }
  Control& control() { return decision_.instance.control; }
  StepState& whole(int step) { return saga().steps[static_cast<std::size_t>(step)]; }
  /// The step, or its item in focus.
  StepState& state(int step) {
    auto& all = whole(step);
    return has_focus(step) ? all.items[static_cast<std::size_t>(focus_.item)] : all;
  }
  bool has_focus(int step) const { return focus_.step == step; }
  const definition::Step& step(int index) const {
    return definition_.steps[static_cast<std::size_t>(index)];
  }
  bool all(const std::vector<int>& steps, bool (*is)(StepStatus));
  void touch(int step);
  void wake(int step);
  void enter(int step, StepStatus status, std::string reason = {});
  void note(std::string type, int step, json::object detail = {});
  void note_saga(std::string type, json::object detail = {});
  json::value evaluate(const definition::Template& value);
  template <typename Use>
  void with_scope(Use use);
  void send(Command command);
  void schedule(int step, event::TimerFired::Kind kind, base::Time due_at);
  void pause(std::string_view reason, Error error);
  void end(SagaStatus status);
  /// Derives what follows from the state. While paused: nothing.
  void proceed();
  bool passed_pivot();
  bool paused() { return saga().status == SagaStatus::kPaused; }
  bool heads_back() { return saga().heading() == SagaStatus::kCompensating; }
  /// Sends the unanswered command of a step again, with a fresh stamp; not an attempt.
  void resend(int step);

  // tags.cpp
  void set_tags();

  // forward.cpp: actions, and what their answers mean
  void advance();
  bool has_what_it_needs(const definition::Step& known);
  bool advance_step(int step);
  bool condition_holds(int step);
  bool dispatch(int step);
  void fail_step(int step, Error error);
  bool handle_failed_steps();
  void complete();
  void record_action(int step, const Result& result);
  void record_retry(int step, const Result& result);
  void record_refusal(int step, const Result& result);
  void record_barred(int step);
  void record_output(int step, Document output);
  void pass_pivot_after_all(int step);
  void lose_child(int step, const Result& result);

  // signals.cpp: steps that wait for a signal
  void await_signal(int step);
  void take_signals();
  void take_signal(int step, std::vector<Signal>::iterator signal);
  void count_signals();
  void end_signal_wait(int step);

  // sleep.cpp
  void begin_sleep(int step);
  void end_sleep(int step);
  void stop_sleep(int step);

  // items.cpp: what a foreach fans out into
  bool has_execution(int step, int item);
  template <typename Act>
  void in_execution(int step, int item, Act act);
  template <typename Act>
  void each_execution(int step, Act act);
  bool fan_out(int step);
  bool start_items(int step);
  void undo_items(int step);
  int items_in(int step, bool (*is)(StepStatus));
  void follow_items(int step);
  const json::array& list_of(int step);

  // backward.cpp: settling, compensations, and what their answers mean
  void turn_back(std::string_view reason, Error error);
  void settle(int step);
  void unwind();
  bool can_be_undone(int step);
  bool resolved(int step, std::vector<signed char>& memo);
  void dispatch_undo(int step);
  Command undo_command(int step);
  void record_undo(int step, const Result& result);
  void record_undo_retry(int step, const Result& result);

  // operator.cpp: the verbs that concern the whole saga
  using Order = Intervention;
  void cancel(const Order& order);
  void pause_by(const Order& order);
  void resume_by(const Order& order);
  void retry(const Order& order);
  void fail(const Order& order);
  bool in_flight();
  void give_up(const Order& order);
  std::chrono::microseconds end_pause();
  void restart_clocks(std::chrono::microseconds stood);
  void restart_clock(int step, std::chrono::microseconds stood);
  /// Goes back to the status before the pause, or just on; `step`: only this one is tried again
  /// where it would not have to be.
  void go_on(const std::vector<int>& again);
  bool try_again(int step);
  bool try_execution_again(int step);
  void unblock();
  void anew(int step, bool new_round);
  void undo_anew(int step, bool new_round);

  // operator_steps.cpp: the verbs that concern one step
  void order_step(const Order& order);
  bool waits_alone(int step) const;
  void order_action(int step, const Order& order);
  void order_undo(int step, const Order& order);
  void force_action(int step, const Order& order);
  void apply_action(int step, const Order& order);
  void apply_edit(int step, const Order& order, bool undo);
  void late_answer(int step, const Result& result);
  json::value action_input(int step, int round);
  json::value undo_input(int step);

  // operator_pending.cpp: what becomes of an intervention, and of one that waits for answers
  void tell(Verdict::Kind kind);
  void refuse(std::string code, std::string message);
  void refuse_step(int step, const Order& order);
  void note_verb(std::string type, const Order& order, const json::object& more = {});
  void applied(const Order& order);
  void pend(const Order& order, bool resumes);
  bool waits_for_pending(const Order& order);
  void drop_pending(const std::string& code, const std::string& message);
  void follow_pending(int step, const Result& result);
  void follow_fail(int step, const Result& result);
  // later.cpp: answers that come later
  void record_later(int step, const Result& result);
  void end_waiting(int step, const FinalAnswer& answer);
  void stop_waiting(int step);

  Command command_for(int step, Kind kind);
  Command do_command(int step);

  const definition::Definition& definition_;
  DecideContext& context_;
  Decision decision_;
  bool was_final_;                  ///< before the event
  std::optional<int> asked_round_;  ///< the parent wants an answer, in this round
  Focus focus_;
  std::map<int, json::array> lists_;  ///< what a foreach goes over, by step
};

/// Puts an item into focus while it lives.
class Decider::Focused {
 public:
  Focused(Decider& decider, Focus focus)
      : decider_(decider), before_(std::exchange(decider.focus_, focus)) {}
  Focused(const Focused&) = delete;
  Focused& operator=(const Focused&) = delete;
  ~Focused() { decider_.focus_ = before_; }

 private:
  Decider& decider_;
  Focus before_;
};

/// Acts on the item, or on the step if it has not fanned out. It has such an execution.
template <typename Act>
void Decider::in_execution(int index, int item, Act act) {
  if (whole(index).items.empty()) return act();
  {
    const Focused focused(*this, {index, item});
    act();
  }
  follow_items(index);
}

/// Acts on every item, or on the step if it has not fanned out.
template <typename Act>
void Decider::each_execution(int index, Act act) {
  const auto count = static_cast<int>(whole(index).items.size());
  if (count == 0) return act();
  for (int item = 0; item < count; ++item) {
    const Focused focused(*this, {index, item});
    act();
  }
  follow_items(index);
}

}  // namespace sagad::saga
