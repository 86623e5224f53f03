#include "runtime/participant_executor.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/mutant.hpp"

namespace sagad::runtime {
namespace {

using Kind = ports::Fault::Kind;

/// So often a deadlock is run again before the command is put off.
constexpr int kConflictRuns = 5;
/// For an external action to end whose lease is about to.
constexpr base::Duration kLeastWait{100};

}  // namespace

Executor::End Executor::execute(std::vector<Work> works) {
  const auto* action = works.front().action;
  Pending pending(std::make_move_iterator(works.begin()), std::make_move_iterator(works.end()));
  while (!pending.empty()) {
    if (worker_.shared.stop.requested()) {
      for (const auto& work : pending) nak_now(work);
      break;
    }
    Pace::Plan plan{pending.size(), Mode::kTogether};
    if (action != nullptr) {
      plan = worker_.shared.paces.of(action->name).plan(pending.size(), Pace::Clock::now());
    }
    const auto end = pending.begin() + static_cast<std::ptrdiff_t>(plan.size);
    std::vector<Work> chunk(std::make_move_iterator(pending.begin()), std::make_move_iterator(end));
    pending.erase(pending.begin(), end);
    const End how = run(std::move(chunk), plan.mode, pending);
    if (how == End::kDatabaseAway) {
      for (const auto& work : pending) nak(work);
    }
    if (how != End::kDone) return how;
  }
  return forget_soon();
}

/// What came back is forgotten in one go; if that fails, later: an outage is no crash.
Executor::End Executor::forget_soon() {
  try {
    forget_starts();
    return End::kDone;
  } catch (...) {
    return away(worker_.store->classify(std::current_exception()));
  }
}

Executor::End Executor::run(std::vector<Work> chunk, Mode mode, Pending& pending) {
  if (SAGAD_MUTANT("command_acknowledged_before_commit")) {
    for (const auto& work : chunk) work.held->ack();
  }
  if (mode == Mode::kAlone) return each_alone(std::move(chunk));
  Attempt::End end{};
  try {
    end = Attempt(worker_, chunk, mode).run();
  } catch (...) {
    const auto fault = worker_.store->classify(std::current_exception());
    return after_fault(fault, std::move(chunk), mode, pending);
  }
  switch (end) {
    case Attempt::End::kCommitted:
      return after_commit(std::move(chunk), mode, pending);
    case Attempt::End::kRolledBack:
      return one_mode_down(std::move(chunk), mode, pending);
    case Attempt::End::kTimedOut:
      return each_alone(std::move(chunk));  // so that the timeout belongs to one step
    case Attempt::End::kAbandoned:
      break;
  }
  return End::kAbandoned;
}

Executor::End Executor::one_mode_down(std::vector<Work> chunk, Mode mode, Pending& pending) {
  const auto most = worker_.shared.options.savepoint_batch;
  if (mode == Mode::kSavepoints || chunk.size() == 1 || chunk.front().action == nullptr) {
    return each_alone(std::move(chunk));
  }
  for (std::size_t begin = 0; begin < chunk.size(); begin += most) {
    const auto first = chunk.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last =
        chunk.begin() + static_cast<std::ptrdiff_t>(std::min(begin + most, chunk.size()));
    const End end = run({std::make_move_iterator(first), std::make_move_iterator(last)},
                        Mode::kSavepoints, pending);
    if (end == End::kDatabaseAway) std::for_each(last, chunk.end(), [&](Work& w) { nak(w); });
    if (end != End::kDone) return end;
  }
  return End::kDone;
}

Executor::End Executor::each_alone(std::vector<Work> works) {
  for (auto work = works.begin(); work != works.end(); ++work) {
    if (worker_.shared.stop.requested()) {
      nak_now(*work);
      continue;
    }
    const End end = alone(std::move(*work));
    if (end == End::kDatabaseAway) {
      std::for_each(std::next(work), works.end(), [&](Work& rest) { nak(rest); });
    }
    if (end != End::kDone) return end;
  }
  return End::kDone;
}

Executor::End Executor::after_fault(const ports::Fault& fault, std::vector<Work> chunk, Mode mode,
                                    Pending& pending) {
  if (fault.kind == Kind::kStep || fault.kind == Kind::kTransactionEnded || is_locked(fault)) {
    return one_mode_down(std::move(chunk), mode, pending);
  }
  if (fault.kind == Kind::kConflict) {
    again(std::move(chunk), pending);
    return End::kDone;
  }
  // One command may have cost all of them their session, or their patience for a lock.
  if (fault.kind == Kind::kUnavailable && database_answers()) {
    return one_mode_down(std::move(chunk), mode, pending);
  }
  for (const auto& work : chunk) nak(work);
  return away(fault);
}

/// After a deadlock: half as many at once, for a while.
void Executor::again(std::vector<Work> chunk, Pending& pending) {
  if (chunk.front().action != nullptr) {
    worker_.shared.paces.of(chunk.front().action->name)
        .conflicted(chunk.size(), Pace::Clock::now());
  }
  for (auto work = chunk.rbegin(); work != chunk.rend(); ++work) {
    if (++work->conflicts > kConflictRuns) {
      nak(*work);
    } else {
      pending.push_front(std::move(*work));
    }
  }
}

Executor::End Executor::after_commit(std::vector<Work> chunk, Mode mode, Pending& pending) {
  std::vector<Work*> retries;
  std::vector<Work> alone_works;
  for (auto& work : chunk) {
    if (work.fate == StepFate::kAnswered) work.held->ack();
    if (work.fate == StepFate::kLocked) nak(work);
    if (work.fate == StepFate::kHeld) nak_held(work);
    if (work.fate == StepFate::kRetry) retries.push_back(&work);
  }
  answer_retries(std::move(retries));
  for (auto work = chunk.rbegin(); work != chunk.rend(); ++work) {
    if (work->fate == StepFate::kLeft) pending.push_front(std::move(*work));
  }
  std::vector<Work> redelivered;
  for (auto& work : chunk) {
    if (!work.held) continue;
    if (work.fate == StepFate::kAlone) {
      alone_works.push_back(std::move(work));
    } else if (work.fate == StepFate::kUncounted) {
      redelivered.push_back(std::move(work));
    }
  }
  const End end = each_alone(std::move(alone_works));
  if (end == End::kDatabaseAway) for_each_nak(redelivered);
  if (end != End::kDone || redelivered.empty()) return end;
  return run_redelivered(std::move(redelivered), mode, pending);
}

/// Commands that were delivered before, so that an earlier execution may have crashed the process
/// (more often it was a NAK or an outage). Together, if it is their first time here; those that did
/// not come back from their last are run alone, and counted.
Executor::End Executor::run_redelivered(std::vector<Work> works, Mode mode, Pending& pending) {
  std::vector<ports::ExecutionKey> keys;
  for (const auto& work : works) keys.push_back(execution_key(work.command()));
  std::vector<bool> fresh;
  try {
    fresh = worker_.store->mark_starts(keys);
  } catch (...) {
    const auto fault = worker_.store->classify(std::current_exception());
    for_each_nak(works);
    return away(fault);
  }
  std::vector<Work> together;
  std::vector<Work> suspects;
  for (std::size_t i = 0; i < works.size(); ++i) {
    works[i].counted = fresh.at(i);
    (fresh.at(i) ? together : suspects).push_back(std::move(works[i]));
  }
  const End end = together.empty() ? End::kDone : run(std::move(together), mode, pending);
  if (end == End::kDatabaseAway) for_each_nak(suspects);
  return end == End::kDone ? each_alone(std::move(suspects)) : end;
}

void Executor::nak(const Work& work) {
  work.held->nak(worker_.nak_delay(*work.held));
  came_back(work);
}

void Executor::nak_now(const Work& work) {
  work.held->nak(base::Duration{0});
  came_back(work);
}

void Executor::for_each_nak(const std::vector<Work>& works) {
  for (const auto& work : works) nak(work);
}

void Executor::came_back(const Work& work) {
  if (work.counted) came_back_.push_back(execution_key(work.command()));
}

void Executor::nak_held(const Work& work) {
  const auto wait = std::max(work.wait, kLeastWait);
  work.held->nak(std::min(wait, worker_.nak_delay(*work.held)));
  came_back(work);
}

void Executor::answer_retry(Work& work, ports::StepAnswer answer) {
  work.answer = std::move(answer);
  answer_retries({&work});
}

/// A retry has no row: only the bus keeps it, so its command is acknowledged after it.
void Executor::answer_retries(std::vector<Work*> works) {
  if (works.empty()) return;
  std::vector<ports::OutboxRow> rows;
  for (const auto* work : works) {
    rows.push_back(result_row(fresh_result(work->command(), work->answer), worker_.next_id()));
  }
  if (SAGAD_MUTANT("retry_acknowledged_before_publish")) {
    for (const auto* work : works) work->held->ack();
  }
  const auto stored = worker_.shared.publisher.publish(std::move(rows));
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (stored.at(i)) {
      works[i]->held->ack();
      came_back(*works[i]);
    } else {
      nak(*works[i]);
    }
    worker_.shared.metrics.add("sagad_step_attempts_total",
                               {{"participant", worker_.shared.options.name},
                                {"action", works[i]->command().action},
                                {"result", "retry"}});
  }
}

Executor::End Executor::away(const ports::Fault& fault) {
  worker_.shared.log->warn("participant {}: {} ({}): nothing is answered, it comes again",
                           worker_.shared.options.name, fault.message, fault.code);
  return database_answers() ? End::kDone : End::kDatabaseAway;
}

bool Executor::database_answers() {
  try {
    ask_database(*worker_.store);
    return true;
  } catch (...) {
    // Whatever it is: nothing can be had from it, and that is what was asked.
    return false;
  }
}

}  // namespace sagad::runtime
