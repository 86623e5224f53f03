#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ports/engine_store.hpp"
#include "postgres/connection.hpp"

namespace sagad::postgres {

/// See the port. Every member costs one statement, lock() and insert() two, however many rows;
/// signals one more where there are any.
class EngineTransaction final : public ports::EngineTransaction {
 public:
  /// Begins; `connection` must outlive it.
  explicit EngineTransaction(ConnectionKeeper& connection);
  ~EngineTransaction() override;

  base::Time now() const override { return now_; }
  std::vector<saga::Instance> lock(std::span<const base::SagaId> ids) override;
  std::vector<std::optional<base::SagaId>> find(std::span<const ports::SagaKey> keys) override;
  std::vector<std::optional<std::string>> known_signals(
      std::span<const ports::SignalKey> keys) override;
  std::vector<std::optional<ports::ExistingStart>> insert(
      std::span<const saga::Instance* const> instances) override;
  void write(std::span<const saga::Decision* const> decisions, bool inserted) override;
  void append_outbox(std::span<const ports::OutboxRow> rows) override;
  void delete_outbox(std::span<const ports::OutboxId> ids) override;
  void append_dead_letters(std::span<const ports::DeadLetter> letters) override;
  std::vector<ports::DueTimer> due_timers(std::size_t limit) override;
  void delete_timers(std::span<const std::int64_t> row_ids) override;
  std::vector<base::SagaId> due_deadlines(std::size_t limit) override;
  std::vector<base::SagaId> silent(base::Time horizon, base::SagaId after,
                                   std::size_t limit) override;
  void commit() override;

 private:
  /// Reads the signals that are kept for these instances.
  void read_signals(std::vector<saga::Instance>& instances);
  void write_signals(std::span<const saga::Decision* const> decisions);
  /// Who has the keys of `losers`; by their place in `instances`.
  void find_existing(std::span<const saga::Instance* const> instances,
                     const std::vector<std::size_t>& losers,
                     std::vector<std::optional<ports::ExistingStart>>& found);

  ConnectionKeeper& keeper_;
  Connection* connection_ = nullptr;
  base::Time now_;
  bool open_ = true;
};

}  // namespace sagad::postgres
