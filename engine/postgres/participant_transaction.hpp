#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ports/participant_store.hpp"
#include "postgres/claims.hpp"
#include "postgres/connection.hpp"
#include "postgres/inbox_columns.hpp"
#include "postgres/outbox_columns.hpp"

namespace sagad::postgres {

/// See the port. Remembers the transaction's id, and every statement that writes asks the server
/// whether it is still in that transaction (no round trip of its own), so that nothing of ours
/// commits by itself after a plugin said COMMIT or ROLLBACK.
///
/// Saves round trips, which are what a saga alone waits for: BEGIN goes with the first look-up,
/// and what concerns the outbox is kept until the next insert() or commit(), and goes with it.
class ParticipantTransaction final : public ports::ParticipantTransaction {
 public:
  /// `connection` must outlive it.
  explicit ParticipantTransaction(ConnectionKeeper& connection) : keeper_(connection) {}
  ~ParticipantTransaction() override;

  std::vector<std::optional<ports::InboxRow>> find(
      std::span<const ports::ExecutionKey> keys) override;
  std::vector<bool> insert(std::span<const ports::InboxRow> rows) override;
  void replace(std::span<const ports::InboxRow> rows) override;
  ports::Claims& claims() override;
  void append_outbox(std::span<const ports::OutboxRow> rows) override;
  void delete_outbox(std::span<const ports::OutboxId> ids) override;
  void clear_starts(std::span<const ports::ExecutionKey> keys) override;
  void allow_idle(base::Duration duration) override;
  void lock_action(const std::string& action) override;
  sagad::Transaction& business() override { return connection().business(); }
  void savepoint() override;
  void release() override;
  void rollback_to_savepoint() override;
  void commit() override;

 private:
  /// Begins, with the look-up of `keys`.
  pqxx::result begin(const KeyRange& keys);
  /// Of the transaction, which begins now if it has not yet.
  Connection& connection();
  pqxx::result look_up(const KeyRange& keys);
  /// Inbox rows, with what was kept of the outbox.
  pqxx::result write(const InboxColumns& inbox);
  /// Writes what was kept of the outbox, on its own.
  void flush_outbox();
  /// Words about a savepoint; one that is not there was ended together with the transaction.
  void run_savepoint(const std::string& sql);

  ConnectionKeeper& keeper_;
  Connection* connection_ = nullptr;  ///< null until it began
  std::string id_;                    ///< of the transaction, on the server
  std::optional<OutboxColumns> new_rows_;
  std::optional<UuidArray> confirmed_rows_;
  std::optional<Claims> claims_;
};

}  // namespace sagad::postgres
