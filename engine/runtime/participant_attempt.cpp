#include "runtime/participant_attempt.hpp"

#include <algorithm>
#include <utility>

#include "base/mutant.hpp"

namespace sagad::runtime {
namespace {

using saga::Kind;
using saga::Outcome;

/// Batches up to this size do not take turns, even without a lock_key.
constexpr std::size_t kSmallBatch = 8;
/// Confirmed outbox rows that one transaction deletes.
constexpr std::size_t kDeleteLimit = 1000;
/// For what the engine itself does in the transaction.
constexpr base::Duration kIdleMargin{60'000};

std::string lock_name(const ports::ExecutionKey& key) {
  return key.saga.str() + '/' + key.step + '/' + std::to_string(key.item) + '/' +
         std::string(saga::to_string(key.kind));
}

}  // namespace

bool is_locked(const ports::Fault& fault) {
  return fault.kind == ports::Fault::Kind::kUnavailable && fault.code == "55P03";
}

Attempt::Attempt(WorkerContext& worker, std::span<Work> works, Mode mode)
    : worker_(worker), works_(works), mode_(mode) {}

Attempt::End Attempt::run() {
  try {
    const End end = run_once();
    if (end != End::kAbandoned) learn();
    return end;
  } catch (...) {
    learn();
    throw;
  }
}

Attempt::End Attempt::run_once() {
  for (auto& work : works_) work.fate = StepFate::kLeft;
  tx_ = worker_.store->begin();
  judge_all();
  // After the look-up, which is what opens the session where there was none.
  worker_.slot->session(worker_.store->session());
  if (!to_run_.empty()) {
    allow_long_steps();
    take_turns();
    const End end = run_steps();
    if (end != End::kCommitted) return end;
  }
  // Retries, and what waits for an external action, leave nothing.
  if (results_.empty() && inserts_.empty()) return End::kCommitted;
  if (!record()) return End::kRolledBack;
  commit();
  return End::kCommitted;
}

void Attempt::judge_all() {
  std::vector<ports::ExecutionKey> keys;
  keys.reserve(2 * works_.size());
  for (const auto& work : works_) {
    keys.push_back(action_key(work.command()));
    if (work.command().kind == Kind::kUndo) keys.push_back(execution_key(work.command()));
  }
  const auto rows = tx_->find(keys);
  std::size_t next = 0;
  for (auto& work : works_) {
    const auto& action = rows.at(next++);
    const bool undoes = work.command().kind == Kind::kUndo;
    const auto undo = undoes ? rows.at(next++) : std::nullopt;
    place(work, judge(work.command(), action, undo));
  }
}

/// A row that gives way to a higher round is not kept by the unique index from giving way twice:
/// those who replace it take turns on its key, and look again.
Verdict Attempt::judge_locked(const Work& work) {
  tx_->lock_action(lock_name(execution_key(work.command())));
  return judge_again(work);
}

Verdict Attempt::judge_again(const Work& work) {
  const auto& command = work.command();
  std::vector<ports::ExecutionKey> keys = {action_key(command)};
  if (command.kind == Kind::kUndo) keys.push_back(execution_key(command));
  const auto rows = tx_->find(keys);
  return judge(command, rows.front(), keys.size() > 1 ? rows.back() : std::nullopt);
}

/// Whether the command has to wait for an external action, or for a transaction of its own. A claim
/// that nobody holds is ended, and the verdict is the one that follows from that.
bool Attempt::is_claimed(Work& work, Verdict& verdict) {
  using Action = Verdict::Action;
  const auto about_claim = [&] {
    return verdict.action == Action::kOwnClaim || verdict.action == Action::kActionClaim;
  };
  if (!about_claim()) return false;
  const bool held = *verdict.row.claimed > base::Duration{0};
  if (!held && mode_ != Mode::kAlone) {
    put_off(work);
    return true;
  }
  if (!held) {
    tx_->claims().settle(verdict.row.key, work.command().round);
    verdict = judge_again(work);
  }
  if (!about_claim()) return false;
  work.fate = StepFate::kHeld;
  work.wait = *verdict.row.claimed;
  return true;
}

void Attempt::place(Work& work, Verdict verdict) {
  if (is_claimed(work, verdict)) return;
  if (verdict.record == Verdict::Record::kReplace) {
    if (mode_ != Mode::kAlone) return put_off(work);
    verdict = judge_locked(work);
  }
  const bool replace = verdict.record == Verdict::Record::kReplace;
  if (verdict.action == Verdict::Action::kRun) {
    if (work.action->external) {  // its row has changed since it was looked at
      work.fate = StepFate::kHeld;
      return;
    }
    // It may be what crashed the process.
    if (mode_ != Mode::kAlone && work.held->redelivered() && !work.counted) {
      work.fate = StepFate::kUncounted;
      return;
    }
    replacing_ = replace;
    to_run_.push_back(&work);
    return;
  }
  if (verdict.missing) {
    results_.push_back(missing_result(work.command()));
    work.fate = StepFate::kAnswered;
    return;
  }
  if (verdict.record == Verdict::Record::kNothing) return answer_from(work, verdict.row);
  if (verdict.row.key.kind == Kind::kUndo) ++counts_.null_compensations;
  take_row(work, std::move(verdict.row), replace);
}

/// The watchdog ends a step that takes too long; the server is not to do it sooner.
void Attempt::allow_long_steps() {
  auto longest = base::Duration{0};
  for (const auto* work : to_run_) longest = std::max(longest, work->command().timeout);
  if (longest + kIdleMargin > ports::kIdleTimeout) tx_->allow_idle(longest + kIdleMargin);
}

/// In the transaction that answers: so that a command which is answered is never counted.
void Attempt::forget_starts() {
  std::vector<ports::ExecutionKey> keys;
  for (const auto& work : works_) {
    if (work.counted && work.fate == StepFate::kAnswered) {
      keys.push_back(execution_key(work.command()));
    }
  }
  tx_->clear_starts(keys);
}

void Attempt::take_turns() {
  const auto* action = to_run_.front()->action;
  if (to_run_.size() > kSmallBatch && action->lock_key.empty()) tx_->lock_action(action->name);
}

void Attempt::take_answer(Work& work, ports::StepAnswer answer) {
  if (answer.outcome == Outcome::kRetry) {
    work.answer = std::move(answer);
    work.fate = StepFate::kRetry;
    return;
  }
  ++(answer.outcome == Outcome::kDone    ? counts_.done
     : answer.outcome == Outcome::kLater ? counts_.later
                                         : counts_.failed);
  auto row = inbox_row(work.command(), answer);
  results_.push_back(fresh_result(work.command(), answer));
  work.fate = StepFate::kAnswered;
  if (SAGAD_MUTANT("barrier_off")) return;
  if (SAGAD_MUTANT("failed_not_recorded") && answer.outcome == Outcome::kFailed) return;
  if (replacing_) {
    replaces_.push_back(std::move(row));
  } else {
    inserts_.push_back({std::move(row), &work});
  }
}

void Attempt::answer_from(Work& work, const ports::InboxRow& row) {
  if (work.command().kind != Kind::kSettle) ++counts_.duplicates;
  if (row.outcome == Outcome::kBarred && work.command().kind == Kind::kDo) ++counts_.hanging;
  results_.push_back(recorded_result(work.command(), row));
  work.fate = StepFate::kAnswered;
}

void Attempt::take_row(Work& work, ports::InboxRow row, bool replace) {
  if (replace) {
    results_.push_back(recorded_result(work.command(), row));
    replaces_.push_back(std::move(row));
    work.fate = StepFate::kAnswered;
    return;
  }
  if (SAGAD_MUTANT("barred_not_recorded") && row.outcome == Outcome::kBarred) {
    return answer_from(work, row);
  }
  // A settle is answered once its row is in; who loses reads what the winner wrote.
  if (work.command().kind != Kind::kSettle) {
    results_.push_back(recorded_result(work.command(), row));
  }
  work.fate = StepFate::kAnswered;
  inserts_.push_back({std::move(row), &work});
}

bool Attempt::record() {
  std::sort(inserts_.begin(), inserts_.end(),
            [](const Insert& a, const Insert& b) { return a.row.key < b.row.key; });
  // With the inbox rows, in one round trip; settles know their answers only after.
  if (std::none_of(inserts_.begin(), inserts_.end(), [](const Insert& insert) {
        return insert.work->command().kind == Kind::kSettle;
      })) {
    send_results();
  }
  std::vector<ports::InboxRow> rows;
  rows.reserve(inserts_.size());
  for (auto& insert : inserts_) rows.push_back(std::move(insert.row));
  const auto inserted = rows.empty() ? std::vector<bool>{} : tx_->insert(rows);
  std::vector<Work*> losers;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto* work = inserts_[i].work;
    if (!inserted.at(i)) {
      losers.push_back(work);
    } else if (work->command().kind == Kind::kSettle) {
      results_.push_back(recorded_result(work->command(), rows[i]));
    }
  }
  if (!losers.empty() && !answer_losers(losers)) return false;
  if (!replaces_.empty()) tx_->replace(replaces_);
  return true;
}

/// A settle that came second has done nothing yet and answers with what it finds; an execution
/// that came second has, and is rolled back.
bool Attempt::answer_losers(const std::vector<Work*>& losers) {
  std::vector<ports::ExecutionKey> keys;
  for (const auto* loser : losers) {
    if (loser->command().kind != Kind::kSettle) return false;
    keys.push_back(action_key(loser->command()));
  }
  const auto rows = tx_->find(keys);
  for (std::size_t i = 0; i < losers.size(); ++i) {
    const auto& row = rows.at(i);
    if (!row ||
        judge(losers[i]->command(), row, std::nullopt).record != Verdict::Record::kNothing) {
      return false;
    }
    answer_from(*losers[i], *row);
  }
  return true;
}

/// Results become outbox rows, and rows that are confirmed go.
void Attempt::send_results() {
  rows_.reserve(results_.size());
  for (const auto& result : results_) rows_.push_back(result_row(result, worker_.next_id()));
  results_.clear();
  tx_->append_outbox(rows_);
  confirmed_.emplace(worker_.shared.relay, kDeleteLimit);
  if (!confirmed_->ids().empty()) tx_->delete_outbox(confirmed_->ids());
}

void Attempt::commit() {
  if (!confirmed_) send_results();
  forget_starts();
  if (SAGAD_MUTANT("result_published_before_commit")) worker_.shared.relay.publish(rows_);
  tx_->commit();
  confirmed_->deleted();
  worker_.shared.relay.publish(std::move(rows_));
  count_answers();
}

void Attempt::count_answers() const {
  auto& metrics = worker_.shared.metrics;
  const ports::Metrics::Label participant{"participant", worker_.shared.options.name};
  const auto* action = works_.front().action;
  const auto count = [&](std::string_view result, std::size_t number) {
    if (number == 0) return;
    metrics.add("sagad_step_attempts_total",
                {participant, {"action", action->name}, {"result", result}},
                static_cast<double>(number));
  };
  count("done", counts_.done);
  count("failed", counts_.failed);
  count("later", counts_.later);
  const auto tell = [&](std::string_view counter, std::size_t number) {
    if (number > 0) metrics.add(counter, {participant}, static_cast<double>(number));
  };
  tell("sagad_inbox_duplicates_total", counts_.duplicates);
  tell("sagad_barrier_null_compensations_total", counts_.null_compensations);
  tell("sagad_barrier_hanging_rejected_total", counts_.hanging);
}

void Attempt::learn() const {
  if (ran_ == 0) return;
  auto& pace = worker_.shared.paces.of(works_.front().action->name);
  pace.took(ran_, spent_);
  pace.broke(ran_, std::min(broken_, ran_));
}

}  // namespace sagad::runtime
