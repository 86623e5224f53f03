#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/mutant.hpp"
#include "base/sync.hpp"
#include "runtime/participant_attempt.hpp"

namespace sagad::runtime {
namespace {

using Steady = base::SteadyClock;

/// A batch that takes so many times its budget ends where it is; the rest is for the next one.
constexpr int kPatience = 3;

std::chrono::microseconds since(Steady::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - start);
}

Attempt::End ended(Watchdog::Return back) {
  return back == Watchdog::Return::kAbandoned ? Attempt::End::kAbandoned : Attempt::End::kTimedOut;
}

}  // namespace

bool keeps_writes(const Work& work, const ports::StepAnswer& answer) {
  if (SAGAD_MUTANT("refusal_keeps_its_writes")) return answer.outcome != saga::Outcome::kRetry;
  if (answer.outcome == saga::Outcome::kRetry) return false;
  return answer.outcome != saga::Outcome::kFailed || work.action->refuses_before_writing;
}

bool Attempt::over_budget() const {
  return spent_ > kPatience * std::chrono::microseconds(worker_.shared.options.batch_budget);
}

Attempt::End Attempt::run_steps() {
  const bool as_batch = mode_ == Mode::kTogether && to_run_.front()->action->has_batch;
  if (as_batch && to_run_.size() > 1) return run_batch_form();
  for (auto* work : to_run_) {
    if (cut_ || over_budget()) break;
    const End end = mode_ == Mode::kSavepoints ? run_in_savepoint(*work) : run_step(*work);
    if (end != End::kCommitted) return end;
  }
  return End::kCommitted;
}

/// One for all: an answer that cannot stand, and whatever it throws, has them run one by one.
Attempt::End Attempt::run_batch_form() {
  std::vector<ports::StepAnswer> answers;
  const auto back = execute_batch(answers);
  if (back != Watchdog::Return::kInTime) return ended(back);
  if (answers.size() != to_run_.size()) {
    worker_.shared.log->error("action {}: its batch form gave {} answers to {} executions",
                              to_run_.front()->action->name, answers.size(), to_run_.size());
    broken_ = to_run_.size();
    return End::kRolledBack;
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!keeps_writes(*to_run_[i], answers[i])) ++broken_;
  }
  if (broken_ > 0) return End::kRolledBack;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    take_answer(*to_run_[i], std::move(answers[i]));
  }
  return End::kCommitted;
}

/// In a transaction without savepoints.
Attempt::End Attempt::run_step(Work& work) {
  if (work.verdict) {
    take_answer(work, *work.verdict);
    return End::kCommitted;
  }
  ports::StepAnswer answer;
  const auto back = execute(work, answer);
  if (back != Watchdog::Return::kInTime) return ended(back);
  if (keeps_writes(work, answer)) {
    take_answer(work, std::move(answer));
    return End::kCommitted;
  }
  ++broken_;
  if (mode_ != Mode::kAlone) return End::kRolledBack;
  if (answer.outcome == saga::Outcome::kFailed) {
    work.verdict = std::move(answer);
    return End::kRolledBack;
  }
  take_answer(work, std::move(answer));
  return End::kCommitted;
}

Attempt::End Attempt::run_in_savepoint(Work& work) {
  tx_->savepoint();
  ports::StepAnswer answer;
  try {
    const auto back = execute(work, answer);
    if (back != Watchdog::Return::kInTime) return ended(back);
    if (keeps_writes(work, answer)) {
      tx_->release();
    } else {
      ++broken_;
      tx_->rollback_to_savepoint();
    }
  } catch (...) {
    const auto fault = worker_.store->classify(std::current_exception());
    const bool locked = is_locked(fault);
    if (fault.kind != ports::Fault::Kind::kStep && !locked) throw;
    tx_->rollback_to_savepoint();
    ++broken_;
    work.fate = locked ? StepFate::kLocked : StepFate::kAlone;
    // Each further wait for a lock would be as long, with what the others wrote held locked.
    cut_ = locked;
    return End::kCommitted;
  }
  take_answer(work, std::move(answer));
  return End::kCommitted;
}

Watchdog::Return Attempt::execute(Work& work, ports::StepAnswer& answer) {
  auto& slot = *worker_.slot;
  worker_.held.running(work.held);
  const auto start = Steady::now();
  slot.begin(work.command().timeout);
  try {
    answer = worker_.shared.runner.run(work.command(), tx_->business());
  } catch (...) {
    // Of an execution whose session was ended any error may come: it says nothing.
    const auto back = slot.end();
    if (back == Watchdog::Return::kInTime) {
      ran(1, since(start));
      throw;
    }
    return back;
  }
  const auto back = slot.end();
  if (back == Watchdog::Return::kInTime) ran(1, since(start));
  return back;
}

Watchdog::Return Attempt::execute_batch(std::vector<ports::StepAnswer>& answers) {
  std::vector<const saga::Command*> commands;
  commands.reserve(to_run_.size());
  auto timeout = to_run_.front()->command().timeout;
  for (const auto* work : to_run_) {
    commands.push_back(&work->command());
    timeout = std::min(timeout, work->command().timeout);
  }
  worker_.held.running(nullptr);
  auto& slot = *worker_.slot;
  const auto start = Steady::now();
  slot.begin(timeout);
  try {
    answers = worker_.shared.runner.run_batch(commands, tx_->business());
  } catch (...) {
    const auto back = slot.end();
    if (back == Watchdog::Return::kInTime) {
      ran(commands.size(), since(start));
      throw;
    }
    return back;
  }
  const auto back = slot.end();
  if (back == Watchdog::Return::kInTime) ran(commands.size(), since(start));
  return back;
}

void Attempt::ran(std::size_t steps, std::chrono::microseconds time) {
  ran_ += steps;
  spent_ += time;
  const auto each = std::chrono::duration<double>(time).count() / static_cast<double>(steps);
  for (std::size_t i = 0; i < steps; ++i) {
    worker_.shared.metrics.observe(
        "sagad_step_duration_seconds",
        {{"participant", worker_.shared.options.name}, {"action", to_run_.front()->action->name}},
        each);
  }
}

}  // namespace sagad::runtime
