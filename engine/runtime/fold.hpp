#pragma once

#include <cstddef>
#include <vector>

#include "base/id.hpp"
#include "ports/outbox.hpp"
#include "saga/answer_token.hpp"
#include "saga/decide.hpp"

namespace sagad::runtime {

/// The default `max_payload` of nats-server, less room for subject and headers.
inline constexpr std::size_t kMaxPayload = 1024 * 1024 - 4096;

/// What one transaction does to one saga: one write, whatever happened to it. `decision` has no
/// commands; they are `rows`.
struct Folded {
  saga::SagaStatus before = saga::SagaStatus::kRunning;
  bool is_new = false;
  saga::Decision decision;
  std::vector<ports::OutboxRow> rows;
};

/// Folds events of one saga in their order through decide(): histories, timers and commands
/// (and the answers of a child to its parent) accumulate, and the sequence number rises once. A
/// command that the bus could never carry is not sent, and pauses the saga with the reason
/// `message_too_large`.
class Fold {
 public:
  /// What it borrows has to outlive it.
  Fold(const definition::Definition& definition, saga::Instance instance,
       saga::DecideContext& context, base::IdGenerator& ids, saga::AnswerTokens& tokens,
       std::size_t max_payload = kMaxPayload);

  const saga::Instance& instance() const { return folded_.decision.instance; }
  /// What became of the last event::Operator; nothing if there was none.
  const std::optional<saga::Verdict>& verdict() const { return folded_.decision.verdict; }
  void apply(const saga::Event& event);
  Folded finish() &&;

 private:
  void absorb(saga::Decision next);
  void absorb(saga::SignalChange change);
  /// Those that are too large; the other commands become rows.
  std::vector<saga::event::DeadLettered> send(std::vector<saga::Command> commands);

  const definition::Definition& definition_;
  saga::DecideContext& context_;
  base::IdGenerator& ids_;
  saga::AnswerTokens& tokens_;
  std::size_t max_payload_;
  std::int64_t sequence_;
  Folded folded_;
};

/// The outbox row that carries the answer of a child to its parent.
ports::OutboxRow answer_row(const saga::Result& answer, base::IdGenerator& ids);
/// The outbox row that carries a command.
ports::OutboxRow command_row(const saga::Command& command, std::string payload,
                             base::IdGenerator& ids);

}  // namespace sagad::runtime
