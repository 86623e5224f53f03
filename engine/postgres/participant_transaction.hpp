#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ports/participant_store.hpp"
#include "postgres/connection.hpp"

namespace sagad::postgres {

/// See the port. Remembers the transaction's id, and every statement that writes asks the server
/// whether it is still in that transaction (no round trip of its own), so that nothing of ours
/// commits by itself after a plugin said COMMIT or ROLLBACK.
class ParticipantTransaction final : public ports::ParticipantTransaction {
 public:
  /// Begins; `connection` must outlive it.
  explicit ParticipantTransaction(ConnectionKeeper& connection);
  ~ParticipantTransaction() override;

  std::vector<std::optional<ports::InboxRow>> find(
      std::span<const ports::ExecutionKey> keys) override;
  std::vector<bool> insert(std::span<const ports::InboxRow> rows) override;
  void replace(std::span<const ports::InboxRow> rows) override;
  void append_outbox(std::span<const ports::OutboxRow> rows) override;
  void delete_outbox(std::span<const ports::OutboxId> ids) override;
  void lock_action(const std::string& action) override;
  sagad::Transaction& business() override { return connection_->business(); }
  void savepoint() override;
  void release() override;
  void rollback_to_savepoint() override;
  void commit() override;

 private:
  /// Words about a savepoint; one that is not there was ended together with the transaction.
  void run_savepoint(const std::string& sql);

  ConnectionKeeper& keeper_;
  Connection* connection_ = nullptr;
  std::string id_;     ///< of the transaction, on the server
  std::string guard_;  ///< the prepared statement that asks for it
  bool open_ = true;
};

}  // namespace sagad::postgres
