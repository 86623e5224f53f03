#pragma once

#include <deque>
#include <string>
#include <vector>

#include "runtime/participant_attempt.hpp"
#include "runtime/participant_context.hpp"

namespace sagad::runtime {

/// Executes the commands of one worker and ends each of them: acknowledged once its answer is
/// committed (or published and confirmed), else NAKed. Chooses how they share transactions: each
/// failure goes one mode down, and in the last it belongs to the step. Used by one thread.
class Executor {
 public:
  enum class End {
    kDone,
    kDatabaseAway,  ///< what could not be executed is NAKed; not to fetch until it is back
    kAbandoned,     ///< this thread was given up: it is to end and to touch nothing
  };

  explicit Executor(WorkerContext& worker) : worker_(worker) {}

  /// `works` (not empty) are of one kind and action, in the order of their lock_key. Between two
  /// transactions it looks for the stop of the participant, and NAKs what is left then.
  End execute(std::vector<Work> works);

 private:
  using Pending = std::deque<Work>;

  End run(std::vector<Work> chunk, Mode mode, Pending& pending);
  End one_mode_down(std::vector<Work> chunk, Mode mode, Pending& pending);
  End each_alone(std::vector<Work> works);
  End after_fault(const ports::Fault& fault, std::vector<Work> chunk, Mode mode, Pending& pending);
  End after_commit(std::vector<Work> chunk, Mode mode, Pending& pending);
  End run_redelivered(std::vector<Work> works, Mode mode, Pending& pending);
  void again(std::vector<Work> chunk, Pending& pending);

  End alone(Work work);
  End alone_guarded(Work& work);
  End try_alone(Work& work);
  End try_transaction(Work& work);
  End try_external(Work& work);
  End end_alone(Work& work, const ports::Fault& fault);
  void bury(Work& work, int starts);

  void answer_retries(std::vector<Work*> works);
  void answer_retry(Work& work, ports::StepAnswer answer);
  /// Until the external action is likely to have ended, but it may answer sooner.
  void nak_held(const Work& work);
  void nak(const Work& work);
  void nak_now(const Work& work);
  void for_each_nak(const std::vector<Work>& works);
  /// After an infrastructure fault: is it the database, or was it only this command's session?
  End away(const ports::Fault& fault);
  bool database_answers();

  /// To be forgotten, if its start is on record.
  void came_back(const Work& work);
  End forget_soon();
  void forget_starts();

  WorkerContext& worker_;
  std::vector<ports::ExecutionKey> came_back_;  ///< starts that are still to be forgotten
};

}  // namespace sagad::runtime
