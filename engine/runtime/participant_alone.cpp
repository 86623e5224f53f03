#include <spdlog/spdlog.h>

#include <utility>

#include "base/mutant.hpp"
#include "runtime/participant_executor.hpp"
#include "runtime/participant_external.hpp"

// The last mode: one command, one transaction; its errors are its own.

namespace sagad::runtime {
namespace {

using Kind = ports::Fault::Kind;

/// Runs of one command: after a deadlock, a lost race for its row, a refusal to be recorded.
constexpr int kRuns = 6;

}  // namespace

Executor::End Executor::alone(Work work) {
  if (SAGAD_MUTANT("poison_not_counted")) return try_alone(work);
  // A settle runs nothing of the plugin's, so it cannot be poison.
  if (!work.held->redelivered() || work.action == nullptr) return try_alone(work);
  return alone_guarded(work);
}

/// The start is committed before the run and forgotten with its answer: what crashes the process
/// leaves its count behind.
Executor::End Executor::alone_guarded(Work& work) {
  const auto key = execution_key(work.command());
  try {
    forget_starts();
    const int starts = worker_.store->record_start(key);
    if (starts > worker_.shared.options.poison_starts) {
      // A NAK of what cannot be reported yet must not forget its starts.
      work.counted = false;
      bury(work, starts);
      return End::kDone;
    }
    work.counted = true;
    return try_alone(work);
  } catch (...) {
    const auto fault = worker_.store->classify(std::current_exception());
    // It may have been counted, and was not run.
    if (fault.kind == Kind::kCommitUnknown) work.counted = true;
    nak(work);
    return away(fault);
  }
}

/// What came back while the database was away is forgotten later: an outage is no crash.
void Executor::forget_starts() {
  if (came_back_.empty()) return;
  worker_.store->clear_starts(came_back_);
  came_back_.clear();
}

Executor::End Executor::try_alone(Work& work) {
  const bool external = work.action != nullptr && work.action->external;
  return external ? try_external(work) : try_transaction(work);
}

Executor::End Executor::try_external(Work& work) {
  for (int run = 1; run <= kRuns; ++run) {
    ports::Fault fault{};
    try {
      switch (ExternalAttempt(worker_, work).run()) {
        case ExternalAttempt::End::kAnswered:
          work.held->ack();
          came_back(work);
          return End::kDone;
        case ExternalAttempt::End::kRetry:
          answer_retries({&work});
          return End::kDone;
        case ExternalAttempt::End::kNotToRun:
          return try_transaction(work);
        case ExternalAttempt::End::kHeld:
          nak_held(work);
          return End::kDone;
        case ExternalAttempt::End::kAgain:
          continue;
        case ExternalAttempt::End::kAbandoned:
          return End::kAbandoned;
      }
    } catch (...) {
      fault = worker_.store->classify(std::current_exception());
    }
    if (fault.kind != Kind::kConflict) return end_alone(work, fault);
  }
  nak(work);
  return End::kDone;
}

Executor::End Executor::try_transaction(Work& work) {
  for (int run = 1; run <= kRuns; ++run) {
    ports::Fault fault{};
    try {
      const auto end = Attempt(worker_, {&work, 1}, Mode::kAlone).run();
      if (end == Attempt::End::kAbandoned) return End::kAbandoned;
      if (end == Attempt::End::kTimedOut) {
        const auto limit = base::format_duration(work.command().timeout);
        answer_retry(work, retry_answer("timeout", "it took longer than " + limit));
        return End::kDone;
      }
      if (end == Attempt::End::kRolledBack) continue;
      if (work.fate == StepFate::kRetry) {
        answer_retries({&work});
      } else if (work.fate == StepFate::kHeld) {
        nak_held(work);
      } else {
        work.held->ack();
      }
      return End::kDone;
    } catch (...) {
      fault = worker_.store->classify(std::current_exception());
    }
    if (fault.kind != Kind::kConflict) return end_alone(work, fault);
    const double pause = 20.0 * run * worker_.random.uniform();
    worker_.shared.stop.wait_for(base::Duration{static_cast<int>(pause)});
  }
  nak(work);
  return End::kDone;
}

Executor::End Executor::end_alone(Work& work, const ports::Fault& fault) {
  const bool of_step = fault.kind == Kind::kStep || fault.kind == Kind::kTransactionEnded;
  if (of_step && work.action != nullptr) {
    const bool ended = fault.kind == Kind::kTransactionEnded;
    answer_retry(work, retry_answer(ended ? "ended_transaction" : fault.code, fault.message));
    return End::kDone;
  }
  nak(work);
  if (of_step) {  // of a settle: there is no answer that says so, and the saga waits for one
    worker_.shared.log->error("participant {}: saga {} step {} cannot be settled: {} {}",
                              worker_.shared.options.name, work.command().saga.str(),
                              work.command().step, fault.code, fault.message);
    return End::kDone;
  }
  return away(fault);
}

void Executor::bury(Work& work, int starts) {
  const auto why = "it was started " + std::to_string(starts - 1) +
                   " times and never came back: it seems to crash the process";
  worker_.shared.log->error("participant {}: saga {} step {} is given up: {}",
                            worker_.shared.options.name, work.command().saga.str(),
                            work.command().step, why);
  const auto report = report_command(*work.held, "poison", why);
  const auto row = dead_letter_row(report, worker_.next_id(), worker_.shared.clock.now());
  // Forgotten only with the report confirmed: else the next delivery would run it again.
  if (!worker_.shared.publisher.publish({row}).front()) return nak(work);
  worker_.store->clear_starts(std::vector{execution_key(work.command())});
  work.held->ack();
  worker_.shared.metrics.add("sagad_dead_letters_total",
                             {{"participant", worker_.shared.options.name}, {"reason", "poison"}});
}

}  // namespace sagad::runtime
