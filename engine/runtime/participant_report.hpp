#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/id.hpp"
#include "base/sync.hpp"
#include "ports/bus.hpp"
#include "ports/participant_store.hpp"
#include "ports/step_runner.hpp"
#include "runtime/dead_letter.hpp"
#include "runtime/participant_message.hpp"
#include "saga/message.hpp"

namespace sagad::runtime {

/// What a participant answers to a command; address, attempt and `sent_at` are the command's.
/// The round of a recorded answer is the recorded one.
saga::Result recorded_result(const saga::Command& command, const ports::InboxRow& row);
saga::Result fresh_result(const saga::Command& command, const ports::StepAnswer& answer);
/// To an undo whose action has lost its row: `inbox_row_missing`.
saga::Result missing_result(const saga::Command& command);
/// A passing trouble: `retry` with this code.
ports::StepAnswer retry_answer(std::string code, std::string message);

/// The row that records a fresh answer: done, failed or later.
ports::InboxRow inbox_row(const saga::Command& command, const ports::StepAnswer& answer);
/// The message that carries a result to the coordinator.
ports::OutboxRow result_row(const saga::Result& result, ports::OutboxId id);

/// The report about a command that is given up.
DeadLetterReport report_command(const HeldCommand& held, std::string reason, std::string message);

/// Publishes what has no row in the database, and waits for the confirmation: a command may be
/// acknowledged only after it. Thread-safe.
class ConfirmedPublisher final : private ports::PublishSink {
 public:
  explicit ConfirmedPublisher(ports::Bus& bus) : bus_(bus) {}

  /// For each row whether the bus has it; waits for at most the bus' publish timeout.
  std::vector<bool> publish(std::vector<ports::OutboxRow> rows);

 private:
  void confirmed(ports::OutboxId id) override;
  void refused(ports::OutboxId id, const std::string& reason, bool permanent) override;

  ports::Bus& bus_;
  base::Mutex mutex_;
  /// Rows that a caller waits for, and whether they are confirmed; guarded by mutex_.
  std::unordered_map<ports::OutboxId, bool> awaited_;
};

}  // namespace sagad::runtime
