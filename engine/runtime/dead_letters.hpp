#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sync.hpp"
#include "ports/dead_letter_store.hpp"
#include "runtime/instance_batch.hpp"
#include "runtime/starter.hpp"

namespace sagad::runtime {

/// Who deals with a letter, and why, as they say it; either may be empty.
struct Handler {
  std::string by;
  std::string reason;
};

/// What became of the wish to send a dead letter again.
struct RedriveOutcome {
  enum class Kind {
    kSent,      ///< the coordinator has sent the command anew
    kAnswered,  ///< nothing to send: the step's answer has come another way
    kStarted,   ///< a start: the saga is started
    kExisting,  ///< a start: the saga had been started already
    kUnknown,   ///< no such letter
    kNotOpen,   ///< it was redriven or discarded before: `state`
    kRefused,   ///< it cannot be sent again: `errors`
    kUnavailable,
  };
  Kind kind;
  std::optional<base::SagaId> saga = {};
  ports::DeadLetterState state = ports::DeadLetterState::kOpen;
  std::vector<std::string> errors = {};

  /// The letter is `redriven` now.
  bool ok() const { return kind <= Kind::kExisting; }
};

/// The dead letters, and what a person can do about them. Thread-safe. Throws ports::Unavailable.
class DeadLetters {
 public:
  using Submit = std::function<StartOutcome(StartRequest)>;

  /// `submit`: Starter::submit.
  DeadLetters(std::unique_ptr<ports::DeadLetterStore> store, ports::EngineStoreFactory stores,
              BatchTools tools, Submit submit);

  std::vector<ports::StoredDeadLetter> list(const ports::DeadLetterFilter& filter, int limit,
                                            std::optional<std::int64_t> before);
  std::optional<ports::StoredDeadLetter> get(std::int64_t id);
  std::vector<std::int64_t> oldest(const ports::DeadLetterFilter& filter, int limit);
  std::int64_t count(const ports::DeadLetterFilter& filter);

  /// False if the letter is not there or not open.
  bool discard(std::int64_t id, const Handler& handler);
  /// Never publishes what is stored: a start is started through the front door, and for a saga the
  /// coordinator sends the command anew, as the saga stands now. Killed in the middle, the letter
  /// is still open, and redriving it again does no harm: the barrier and the key of the start see
  /// to it.
  RedriveOutcome redrive(std::int64_t id, const Handler& handler);

 private:
  RedriveOutcome redrive_start(const ports::DeadLetter& letter);
  RedriveOutcome redrive_saga(std::int64_t id, const ports::DeadLetter& letter,
                              const Handler& handler);

  base::Mutex store_mutex_;
  const std::unique_ptr<ports::DeadLetterStore> store_;  ///< guarded by store_mutex_
  const Submit submit_;
  base::Mutex batch_mutex_;
  InstanceBatch batch_;  ///< guarded by batch_mutex_
};

}  // namespace sagad::runtime
