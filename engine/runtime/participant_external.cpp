#include "runtime/participant_external.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "base/sync.hpp"
#include "runtime/after_commit.hpp"
#include "runtime/participant_leases.hpp"
#include "runtime/participant_report.hpp"

namespace sagad::runtime {
namespace {

using Steady = base::SteadyClock;
using saga::Outcome;

constexpr std::size_t kDeleteLimit = 1000;
constexpr base::Duration kWriteAgain{500};

/// A thread in an external action has no session that could be ended.
constexpr int kNoSession = 0;

}  // namespace

ExternalAttempt::ExternalAttempt(WorkerContext& worker, Work& work)
    : worker_(worker),
      work_(work),
      lease_{worker.next_id(), worker.shared.leases.length(work.command().timeout)} {}

ExternalAttempt::End ExternalAttempt::run() {
  if (const auto end = claim()) return *end;
  auto& leases = worker_.shared.leases;
  leases.hold(execution_key(work_.command()), lease_);
  auto back = Watchdog::Return::kInTime;
  auto answer = execute(back);
  if (back == Watchdog::Return::kAbandoned) {
    // It was answered for; whether it took effect stays open until the lease has ended.
    leases.drop(lease_.token);
    return End::kAbandoned;
  }
  const End end = finish(std::move(answer));
  leases.drop(lease_.token);
  return end;
}

std::optional<ExternalAttempt::End> ExternalAttempt::claim() {
  const auto& command = work_.command();
  const auto transaction = worker_.store->begin();
  std::vector<ports::ExecutionKey> keys = {action_key(command)};
  if (command.kind == saga::Kind::kUndo) keys.push_back(execution_key(command));
  const auto rows = transaction->find(keys);
  const auto verdict = judge(command, rows.front(), keys.size() > 1 ? rows.back() : std::nullopt);
  const auto end = claim_by(verdict, *transaction);
  if (!end || *end == End::kAgain) transaction->commit();
  return end;
}

std::optional<ExternalAttempt::End> ExternalAttempt::claim_by(
    const Verdict& verdict, ports::ParticipantTransaction& transaction) {
  const auto& command = work_.command();
  const auto key = execution_key(command);
  auto& claims = transaction.claims();
  switch (verdict.action) {
    case Verdict::Action::kAnswer:
      return End::kNotToRun;
    case Verdict::Action::kRun: {
      const bool is_new = verdict.record == Verdict::Record::kInsert;
      const bool mine = is_new ? claims.claim(key, command.round, lease_)
                               : claims.take_over(key, command.round, lease_);
      return mine ? std::nullopt : std::optional(End::kAgain);
    }
    case Verdict::Action::kOwnClaim:
      if (claims.take_over(key, command.round, lease_)) return std::nullopt;
      return held(*verdict.row.claimed);
    case Verdict::Action::kActionClaim:
      if (claims.settle(verdict.row.key, command.round)) return End::kAgain;
      return held(*verdict.row.claimed);
  }
  throw std::logic_error("an unknown verdict");
}

ExternalAttempt::End ExternalAttempt::held(base::Duration left) {
  work_.wait = left;
  return End::kHeld;
}

std::optional<ports::StepAnswer> ExternalAttempt::execute(Watchdog::Return& back) {
  auto& slot = *worker_.slot;
  slot.session({kNoSession, {}});
  worker_.held.running(work_.held);
  std::optional<ports::StepAnswer> answer;
  const auto start = Steady::now();
  slot.begin(work_.command().timeout);
  try {
    answer = worker_.shared.runner.run_external(work_.command());
  } catch (const std::exception& error) {
    trouble_ = error.what();
  } catch (...) {
    trouble_ = "an exception that is no std::exception";
  }
  back = slot.end();
  if (back == Watchdog::Return::kAbandoned) return std::nullopt;
  worker_.shared.metrics.observe(
      "sagad_step_duration_seconds",
      {{"participant", worker_.shared.options.name}, {"action", work_.action->name}},
      std::chrono::duration<double>(Steady::now() - start).count());
  return answer;
}

/// A `retry` says that it has not taken effect; an exception says nothing.
ExternalAttempt::End ExternalAttempt::finish(std::optional<ports::StepAnswer> answer) {
  if (!answer) return give_back(retry_answer("exception", trouble_), true);
  if (answer->outcome == Outcome::kRetry) return give_back(std::move(*answer), false);
  return record(*answer);
}

ExternalAttempt::End ExternalAttempt::record(const ports::StepAnswer& answer) {
  const auto& command = work_.command();
  const auto row = inbox_row(command, answer);
  auto result = fresh_result(command, answer);
  bool mine = false;
  const bool written = persist([&] {
    const auto transaction = worker_.store->begin();
    const auto in_doubt = transaction->claims().answer(row, lease_.token);
    mine = in_doubt.has_value();
    if (!mine) return;
    result.in_doubt = *in_doubt && answer.outcome == Outcome::kFailed;
    std::vector<ports::OutboxRow> rows = {result_row(result, worker_.next_id())};
    transaction->append_outbox(rows);
    ConfirmedRows confirmed(worker_.shared.relay, kDeleteLimit);
    if (!confirmed.ids().empty()) transaction->delete_outbox(confirmed.ids());
    transaction->commit();
    confirmed.deleted();
    worker_.shared.relay.publish(std::move(rows));
  });
  // Not mine: another runs it, or a commit of ours that seemed lost was applied. Whoever comes
  // next finds what is true.
  if (!written || !mine) return held(base::Duration{0});
  count(saga::to_string(answer.outcome));
  return End::kAnswered;
}

ExternalAttempt::End ExternalAttempt::give_back(ports::StepAnswer answer, bool in_doubt) {
  bool mine = false;
  const bool written = persist([&] {
    const auto transaction = worker_.store->begin();
    mine = transaction->claims().release(execution_key(work_.command()), lease_.token, in_doubt);
    transaction->commit();
  });
  if (!written || !mine) return held(base::Duration{0});
  work_.answer = std::move(answer);
  return End::kRetry;
}

template <typename Write>
bool ExternalAttempt::persist(Write write) {
  for (;;) {
    ports::Fault fault{};
    try {
      write();
      return true;
    } catch (...) {
      fault = worker_.store->classify(std::current_exception());
    }
    worker_.shared.log->warn(
        "participant {}: the answer of external action {} of saga {} cannot be recorded yet: {}",
        worker_.shared.options.name, work_.action->name, work_.command().saga.str(), fault.message);
    const bool passing = fault.kind != ports::Fault::Kind::kStep;
    if (!passing || worker_.shared.stop.wait_for(kWriteAgain)) return false;
  }
}

void ExternalAttempt::count(std::string_view result) {
  worker_.shared.metrics.add("sagad_step_attempts_total",
                             {{"participant", worker_.shared.options.name},
                              {"action", work_.action->name},
                              {"result", result}});
}

}  // namespace sagad::runtime
