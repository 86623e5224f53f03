#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ports/engine_store.hpp"
#include "postgres/connection.hpp"
#include "postgres/instance_columns.hpp"
#include "postgres/outbox_columns.hpp"

namespace sagad::postgres {

/// See the port. Every member costs one statement at most, insert() two, however many rows. Saves
/// round trips, which are what a saga alone waits for: BEGIN goes with lock(), outputs are read
/// only where there may be some, and write(), append_outbox() and delete_outbox() are kept and
/// go as one statement. Signals, timers, items and tags cost one more each where there are any.
class EngineTransaction final : public ports::EngineTransaction {
 public:
  /// `connection` must outlive it.
  explicit EngineTransaction(ConnectionKeeper& connection) : keeper_(connection) {}
  ~EngineTransaction() override;

  base::Time now() override;
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
  /// What write() was told, of the last state of each instance.
  struct Written {
    Written(std::span<const saga::Decision* const> decisions, bool inserted);

    bool inserted;
    std::size_t instances = 0;
    UuidArray id;
    StateColumns state;  ///< with `id`: unless inserted
    DecisionColumns decided;
  };

  /// Of the transaction, which begins now if it has not yet; what was kept is written first.
  Connection& connection();
  pqxx::result lock_rows(std::span<const base::SagaId> ids);
  void read_outputs(std::vector<saga::Instance>& instances);
  void flush();
  void update(const Written& written, const OutboxColumns& rows, const UuidArray& confirmed);
  void complete_start(const Written& written, const OutboxColumns& rows,
                      const UuidArray& confirmed);
  void write_timers(const DecisionColumns& decided);
  /// Who has the keys of `losers`; by their place in `instances`.
  void find_existing(std::span<const saga::Instance* const> instances,
                     const std::vector<std::size_t>& losers,
                     std::vector<std::optional<ports::ExistingStart>>& found);

  ConnectionKeeper& keeper_;
  Connection* connection_ = nullptr;  ///< null until it began
  base::Time now_;
  std::optional<Written> written_;
  std::optional<OutboxColumns> new_rows_;
  std::optional<UuidArray> confirmed_rows_;
};

}  // namespace sagad::postgres
