#pragma once

#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "ports/claims.hpp"
#include "runtime/participant_attempt.hpp"

namespace sagad::runtime {

/// One run of an external action (protocol, section 3): claims its row, runs the action outside of
/// any transaction, and records its answer if the claim is still held. Used once, by one thread.
class ExternalAttempt {
 public:
  enum class End {
    kAnswered,   ///< its answer is committed: acknowledge it
    kRetry,      ///< the row is given back; `answer` of the work is to be published, confirmed
    kNotToRun,   ///< its answer is known, or needs no run: a transaction says what it is
    kHeld,       ///< somebody else runs it; `wait` of the work says how long at most
    kAgain,      ///< the row changed meanwhile: look again
    kAbandoned,  ///< the watchdog gave this thread up: it is to end and to touch nothing
  };

  ExternalAttempt(WorkerContext& worker, Work& work);

  /// Throws what the store throws, before the action has run. After it the row is left to the
  /// lease if it cannot be written, and the end is kHeld.
  End run();

 private:
  /// Nothing if the row is claimed.
  std::optional<End> claim();
  std::optional<End> claim_by(const Verdict& verdict, ports::ParticipantTransaction& transaction);
  End held(base::Duration left);
  /// What the action answered; nothing if it threw.
  std::optional<ports::StepAnswer> execute(Watchdog::Return& back);
  End finish(std::optional<ports::StepAnswer> answer);
  End record(const ports::StepAnswer& answer);
  End give_back(ports::StepAnswer answer, bool in_doubt);
  /// Runs `write` until it is committed. False if it cannot be, or the participant stops.
  template <typename Write>
  bool persist(Write write);
  void count(std::string_view result);

  WorkerContext& worker_;
  Work& work_;
  const ports::Lease lease_;
  std::string trouble_;  ///< what the action threw
};

}  // namespace sagad::runtime
