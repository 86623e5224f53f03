#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ports/engine_store.hpp"
#include "ports/metrics.hpp"
#include "runtime/fold.hpp"

namespace spdlog {
class logger;
}

namespace sagad::runtime {

class Completions;
class Definitions;
class Relay;

/// What everything that changes instances shares. References outlive their users; all of them are
/// thread-safe.
struct BatchTools {
  Relay& relay;
  Definitions& definitions;
  Completions* completions;  ///< nullptr: nobody waits for what these batches end
  ports::Metrics& metrics;
  std::shared_ptr<spdlog::logger> log;
  std::size_t max_payload = kMaxPayload;
  /// Whether dead letters are counted here: not those that their reporter has counted.
  bool count_letters = true;
};

/// Rows of the outbox that are confirmed, taken from the relay to be deleted in a transaction:
/// they go back unless it commits.
class ConfirmedRows {
 public:
  ConfirmedRows(Relay& relay, std::size_t limit);
  ~ConfirmedRows();
  ConfirmedRows(const ConfirmedRows&) = delete;
  ConfirmedRows& operator=(const ConfirmedRows&) = delete;

  const std::vector<ports::OutboxId>& ids() const { return ids_; }
  void deleted() { ids_.clear(); }

 private:
  Relay& relay_;
  std::vector<ports::OutboxId> ids_;
};

/// What a transaction has done, to be told once it has committed: messages to the relay, ends and
/// pauses to those who wait, numbers to the metrics.
class AfterCommit {
 public:
  void add(Folded&& folded);
  void add(const std::vector<ports::DeadLetter>& letters);
  std::size_t commands() const { return rows_.size(); }
  /// The rows that are to be published; append them to the outbox before the commit.
  const std::vector<ports::OutboxRow>& rows() const { return rows_; }

  void tell(const BatchTools& tools) &&;

 private:
  std::vector<ports::OutboxRow> rows_;
  std::vector<std::string> started_;     ///< names of definitions
  std::vector<saga::Instance> changes_;  ///< ended or paused
  /// Participants and reasons of dead letters.
  std::vector<std::pair<std::string, std::string>> letters_;
};

}  // namespace sagad::runtime
