#pragma once

// Private to the layer: the parts of decide(). Events only change the state of steps (record_*);
// what follows from the state is derived anew each time (proceed), so that a paused saga that is
// resumed, or a result that comes in another order, ends in the same place.

#include <string>
#include <string_view>
#include <vector>

#include "saga/decide.hpp"

namespace sagad::saga {

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

  Decision finish() &&;

 private:
  // decider.cpp: what all the others use
  Instance& saga() { return decision_.instance; }
  StepState& state(int step) { return saga().steps[static_cast<std::size_t>(step)]; }
  const definition::Step& step(int index) const {
    return definition_.steps[static_cast<std::size_t>(index)];
  }
  bool all(const std::vector<int>& steps, bool (*is)(StepStatus));
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
  /// Sends the unanswered command of a step again, with a fresh stamp; not an attempt.
  void resend(int step);

  // redrive.cpp
  void resume_from_letter();

  // tags.cpp
  void set_tags();

  // forward.cpp: actions, and what their answers mean
  void advance();
  bool advance_step(int step);
  bool condition_holds(int step);
  bool dispatch(int step);
  void fail_step(int step, Error error);
  bool handle_failed_steps();
  void complete();
  void record_action(int step, const Result& result);
  void record_retry(int step, const Result& result);
  void record_barred(int step);
  void record_output(int step, Document output);

  // signals.cpp: steps that wait for a signal
  void await_signal(int step);
  void take_signals();
  void take_signal(int step, std::vector<Signal>::iterator signal);
  void count_signals();
  void end_signal_wait(int step);

  // backward.cpp: settling, compensations, and what their answers mean
  void turn_back(std::string_view reason, Error error);
  void settle(int step);
  void unwind();
  bool resolved(int step, std::vector<signed char>& memo);
  void dispatch_undo(int step);
  Command undo_command(int step);
  void record_undo(int step, const Result& result);
  void record_undo_retry(int step, const Result& result);

  Command command_for(int step, Kind kind);
  Command do_command(int step);

  const definition::Definition& definition_;
  DecideContext& context_;
  Decision decision_;
};

}  // namespace sagad::saga
