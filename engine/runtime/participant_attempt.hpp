#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ports/participant_store.hpp"
#include "ports/step_runner.hpp"
#include "runtime/after_commit.hpp"
#include "runtime/participant_barrier.hpp"
#include "runtime/participant_context.hpp"
#include "runtime/participant_message.hpp"
#include "runtime/participant_pace.hpp"

namespace sagad::runtime {

/// What became of one command in a transaction that committed.
enum class StepFate {
  kAnswered,   ///< its answer is committed: acknowledge it
  kRetry,      ///< its `answer` has no row: publish it, confirmed, then acknowledge
  kAlone,      ///< rolled back: to be run in a transaction of its own
  kLocked,     ///< rolled back: what it wants is locked by somebody else; later
  kUncounted,  ///< rolled back: delivered again, and to be marked before it runs (poison)
  kHeld,       ///< an external action is at it: after `wait` at most
  kLeft,       ///< not reached
};

/// One command on its way through the executor.
struct Work {
  HeldPtr held;
  const ports::ActionInfo* action = nullptr;  ///< null for a settle
  std::string order;                          ///< of its lock_key
  /// A refusal whose writes were rolled back: it is recorded without running again.
  std::optional<ports::StepAnswer> verdict;
  int conflicts = 0;
  /// Its start is on record, in a batch or alone: to be forgotten when it comes back.
  bool counted = false;
  StepFate fate = StepFate::kLeft;
  ports::StepAnswer answer;
  base::Duration wait{0};  ///< of kHeld

  const saga::Command& command() const { return held->command(); }
};

/// Whether the fault is a lock that was not had in time: of one command, not of the database.
bool is_locked(const ports::Fault& fault);

/// One transaction for some commands of one kind and action, in their order: look up, run what is
/// new, record the answers, write the results, commit, publish. Used once, by one worker thread.
class Attempt {
 public:
  enum class End {
    kCommitted,   ///< the fates say what became of each
    kRolledBack,  ///< one of them cannot share (or was answered meanwhile): one mode down
    kTimedOut,    ///< the watchdog ended the session
    kAbandoned,   ///< the watchdog gave this thread up: it is to end and to touch nothing
  };

  Attempt(WorkerContext& worker, std::span<Work> works, Mode mode);

  /// Throws what the store, the plugin and the database throw; then nothing has been answered
  /// (or, after CommitUnknown, it is not known).
  End run();

 private:
  struct Insert {
    ports::InboxRow row;
    Work* work;
  };
  struct Counts {
    std::size_t done = 0, failed = 0, later = 0, duplicates = 0, null_compensations = 0,
                hanging = 0;
  };

  End run_once();
  void judge_all();
  Verdict judge_again(const Work& work);
  Verdict judge_locked(const Work& work);
  bool is_claimed(Work& work, Verdict& verdict);
  void place(Work& work, Verdict verdict);
  void put_off(Work& work) { work.fate = StepFate::kAlone; }
  void take_turns();
  void allow_long_steps();
  void forget_starts();

  // participant_steps.cpp: the plugin's part.
  End run_steps();
  End run_batch_form();
  End run_step(Work& work);
  End run_in_savepoint(Work& work);
  Watchdog::Return execute(Work& work, ports::StepAnswer& answer);
  Watchdog::Return execute_batch(std::vector<ports::StepAnswer>& answers);
  bool over_budget() const;
  void ran(std::size_t steps, std::chrono::microseconds time);

  void take_answer(Work& work, ports::StepAnswer answer);
  void answer_from(Work& work, const ports::InboxRow& row);
  void take_row(Work& work, ports::InboxRow row, bool replace);
  bool record();
  bool answer_losers(const std::vector<Work*>& losers);
  void send_results();
  void commit();
  void count_answers() const;
  void learn() const;

  WorkerContext& worker_;
  const std::span<Work> works_;
  const Mode mode_;
  std::unique_ptr<ports::ParticipantTransaction> tx_;
  std::vector<Work*> to_run_;
  std::vector<Insert> inserts_;
  std::vector<ports::InboxRow> replaces_;
  std::vector<saga::Result> results_;
  std::vector<ports::OutboxRow> rows_;  ///< of the results
  std::optional<ConfirmedRows> confirmed_;
  bool replacing_ = false;  ///< alone: the row takes the place of one of a lower round
  bool cut_ = false;        ///< the rest waits for the next batch
  Counts counts_;
  std::size_t ran_ = 0;
  std::size_t broken_ = 0;
  std::chrono::microseconds spent_{0};  ///< plugin time
};

/// May the answer's writes stay in the transaction? Not those of a retry, nor of a refusal that
/// may have come after a write.
bool keeps_writes(const Work& work, const ports::StepAnswer& answer);

}  // namespace sagad::runtime
