#include "postgres/participant_transaction.hpp"

#include <map>
#include <set>
#include <utility>

#include "postgres/inbox_columns.hpp"
#include "postgres/literal.hpp"
#include "postgres/outbox_columns.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"

namespace sagad::postgres {

ParticipantTransaction::~ParticipantTransaction() {
  if (connection_ != nullptr) keeper_.rollback();
}

pqxx::result ParticipantTransaction::begin(const KeyRange& keys) {
  const pqxx::result rows = keeper_.begin([&](Connection& connection) {
    connection.prepare(queries::kWorkGuard);  // commit() has no room for it
    return connection.execute(queries::kWorkBegin,
                              {uuid_literal(keys.sagas), text_literal(connection, keys.steps),
                               std::to_string(keys.lowest), std::to_string(keys.highest)});
  });
  constexpr int kTransactionColumn = 11;
  connection_ = &keeper_.get();
  id_ = text(rows[0][kTransactionColumn]);
  return rows;
}

Connection& ParticipantTransaction::connection() {
  if (connection_ == nullptr) begin(KeyRange({}));
  return *connection_;
}

std::vector<std::optional<ports::InboxRow>> ParticipantTransaction::find(
    std::span<const ports::ExecutionKey> keys) {
  std::vector<std::optional<ports::InboxRow>> found(keys.size());
  if (keys.empty()) return found;
  std::multimap<ports::ExecutionKey, std::size_t> places;
  for (std::size_t place = 0; place < keys.size(); ++place) places.emplace(keys[place], place);
  for (const auto& row : look_up(KeyRange(keys))) {
    if (row[0].is_null()) continue;  // WorkBegin has nothing to say but the transaction's id
    const auto [first, last] = places.equal_range(to_key(row));
    for (auto place = first; place != last; ++place) found[place->second] = to_inbox_row(row);
  }
  return found;
}

pqxx::result ParticipantTransaction::look_up(const KeyRange& keys) {
  if (connection_ == nullptr) return begin(keys);
  UuidArray sagas(keys.sagas.size());
  for (const base::SagaId& saga : keys.sagas) sagas.add(saga);
  TextArray steps(keys.steps.size());
  for (const std::string_view step : keys.steps) steps.add(step);
  return connection_->exec(queries::kInboxFind, sagas, steps, keys.lowest, keys.highest);
}

std::vector<bool> ParticipantTransaction::insert(std::span<const ports::InboxRow> rows) {
  if (rows.empty()) return {};
  InboxColumns columns(rows.size());
  for (const std::size_t place : in_key_order(rows)) columns.add(rows[place]);
  const pqxx::result inserted = write(columns);
  if (static_cast<std::size_t>(inserted.size()) == rows.size()) {
    return std::vector<bool>(rows.size(), true);
  }
  std::set<ports::ExecutionKey> winners;
  for (const auto& row : inserted) winners.insert(to_key(row));
  std::vector<bool> won;
  won.reserve(rows.size());
  for (const ports::InboxRow& row : rows) won.push_back(winners.contains(row.key));
  return won;
}

pqxx::result ParticipantTransaction::write(const InboxColumns& inbox) {
  Connection& connection = this->connection();
  if (!new_rows_ && !confirmed_rows_) {
    return connection.exec(queries::kInboxInsert, inbox.saga, inbox.step, inbox.item, inbox.kind,
                           inbox.round, inbox.outcome, inbox.output, inbox.code, inbox.message,
                           id_);
  }
  const OutboxColumns rows = std::exchange(new_rows_, std::nullopt).value_or(OutboxColumns({}));
  const UuidArray confirmed = std::exchange(confirmed_rows_, std::nullopt).value_or(UuidArray());
  return connection.exec(queries::kWorkWrite, inbox.saga, inbox.step, inbox.item, inbox.kind,
                         inbox.round, inbox.outcome, inbox.output, inbox.code, inbox.message, id_,
                         rows.id, rows.saga, rows.sent_at, rows.subject, rows.payload, confirmed);
}

void ParticipantTransaction::replace(std::span<const ports::InboxRow> rows) {
  if (rows.empty()) return;
  InboxColumns columns(rows.size());
  for (const std::size_t place : in_key_order(rows)) columns.add(rows[place]);
  const pqxx::result replaced = connection().exec(
      queries::kInboxReplace, columns.saga, columns.step, columns.item, columns.kind, columns.round,
      columns.outcome, columns.output, columns.code, columns.message, id_);
  if (static_cast<std::size_t>(replaced.affected_rows()) != rows.size()) {
    // Else what the action did here would commit without its row.
    throw ports::Conflict("a recorded answer was replaced by another transaction first");
  }
}

ports::Claims& ParticipantTransaction::claims() {
  if (!claims_) claims_.emplace(connection());
  return *claims_;
}

void ParticipantTransaction::append_outbox(std::span<const ports::OutboxRow> rows) {
  if (rows.empty()) return;
  if (new_rows_) flush_outbox();
  new_rows_.emplace(rows);
}

void ParticipantTransaction::delete_outbox(std::span<const ports::OutboxId> ids) {
  if (ids.empty()) return;
  if (confirmed_rows_) flush_outbox();
  confirmed_rows_ = id_column(ids);
}

void ParticipantTransaction::flush_outbox() {
  if (const auto rows = std::exchange(new_rows_, std::nullopt)) {
    connection().exec(queries::kWorkOutboxInsert, rows->id, rows->saga, rows->sent_at,
                      rows->subject, rows->payload, id_);
  }
  if (const auto ids = std::exchange(confirmed_rows_, std::nullopt)) {
    connection().exec(queries::kWorkOutboxDelete, *ids, id_);
  }
}

void ParticipantTransaction::clear_starts(std::span<const ports::ExecutionKey> keys) {
  if (keys.empty()) return;
  const KeyColumns columns(keys);
  connection().exec(queries::kWorkStartClear, columns.saga, columns.step, columns.item,
                    columns.kind, id_);
}

void ParticipantTransaction::allow_idle(base::Duration duration) {
  connection().run(
      "SET LOCAL idle_in_transaction_session_timeout = " + std::to_string(duration.count()),
      "allow a long step");
}

void ParticipantTransaction::lock_action(const std::string& action) {
  connection().exec(queries::kActionLock, action);
}

void ParticipantTransaction::run_savepoint(const std::string& sql) {
  try {
    connection().run(sql, "savepoint of a step");
  } catch (const QueryError& error) {
    constexpr std::string_view kNoSuchSavepoint = "3B001";
    if (error.sqlstate() == kNoSuchSavepoint) throw ports::TransactionEnded(error.what());
    throw;
  }
}

void ParticipantTransaction::savepoint() { run_savepoint("SAVEPOINT sagad_step"); }

void ParticipantTransaction::release() {
  // What is deferred to the commit is checked now, while it is known whose it is. Rolled back,
  // because SET CONSTRAINTS lasts until the end of the transaction, and the next step's
  // constraints are to be as deferred as this one's were.
  run_savepoint(
      "SAVEPOINT sagad_check; SET CONSTRAINTS ALL IMMEDIATE; "
      "ROLLBACK TO SAVEPOINT sagad_check; RELEASE SAVEPOINT sagad_step");
}

void ParticipantTransaction::rollback_to_savepoint() {
  run_savepoint("ROLLBACK TO SAVEPOINT sagad_step; RELEASE SAVEPOINT sagad_step");
}

void ParticipantTransaction::commit() {
  flush_outbox();
  if (connection_ == nullptr) return;  // nothing began
  const std::string guard = std::exchange(connection_, nullptr)->prepare(queries::kWorkGuard);
  // One round trip: if the first statement fails, the server does not look at the second.
  keeper_.commit("EXECUTE \"" + guard + "\" ('" + id_ + "'); COMMIT");
}

}  // namespace sagad::postgres
