#include "postgres/participant_transaction.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "postgres/inbox_columns.hpp"
#include "postgres/outbox_columns.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"

namespace sagad::postgres {

ParticipantTransaction::ParticipantTransaction(ConnectionKeeper& connection) : keeper_(connection) {
  const pqxx::result row = keeper_.begin(queries::kTransactionId);
  connection_ = &keeper_.get();
  id_ = text(row[0][0]);
  guard_ = connection_->prepare(queries::kWorkGuard);
}

ParticipantTransaction::~ParticipantTransaction() {
  if (open_) keeper_.rollback();
}

std::vector<std::optional<ports::InboxRow>> ParticipantTransaction::find(
    std::span<const ports::ExecutionKey> keys) {
  std::vector<std::optional<ports::InboxRow>> found(keys.size());
  if (keys.empty()) return found;
  std::set<base::SagaId> sagas;
  std::set<std::string_view> steps;
  int lowest = keys.front().item;
  int highest = lowest;
  std::multimap<ports::ExecutionKey, std::size_t> places;
  for (std::size_t place = 0; place < keys.size(); ++place) {
    sagas.insert(keys[place].saga);
    steps.insert(keys[place].step);
    lowest = std::min(lowest, keys[place].item);
    highest = std::max(highest, keys[place].item);
    places.emplace(keys[place], place);
  }
  UuidArray saga_column(sagas.size());
  for (const base::SagaId& saga : sagas) saga_column.add(saga);
  TextArray step_column(steps.size());
  for (const std::string_view step : steps) step_column.add(step);

  for (const auto& row :
       connection_->exec(queries::kInboxFind, saga_column, step_column, lowest, highest)) {
    const auto [first, last] = places.equal_range(to_key(row));
    for (auto place = first; place != last; ++place) found[place->second] = to_inbox_row(row);
  }
  return found;
}

std::vector<bool> ParticipantTransaction::insert(std::span<const ports::InboxRow> rows) {
  if (rows.empty()) return {};
  InboxColumns columns(rows.size());
  for (const std::size_t place : in_key_order(rows)) columns.add(rows[place]);
  const pqxx::result inserted = connection_->exec(
      queries::kInboxInsert, columns.saga, columns.step, columns.item, columns.kind, columns.round,
      columns.outcome, columns.output, columns.code, columns.message, id_);
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

void ParticipantTransaction::replace(std::span<const ports::InboxRow> rows) {
  if (rows.empty()) return;
  InboxColumns columns(rows.size());
  for (const std::size_t place : in_key_order(rows)) columns.add(rows[place]);
  const pqxx::result replaced = connection_->exec(
      queries::kInboxReplace, columns.saga, columns.step, columns.item, columns.kind, columns.round,
      columns.outcome, columns.output, columns.code, columns.message, id_);
  if (static_cast<std::size_t>(replaced.affected_rows()) != rows.size()) {
    // Else what the action did here would commit without its row.
    throw ports::Conflict("a recorded answer was replaced by another transaction first");
  }
}

void ParticipantTransaction::append_outbox(std::span<const ports::OutboxRow> rows) {
  if (rows.empty()) return;
  const OutboxColumns columns(rows);
  connection_->exec(queries::kWorkOutboxInsert, columns.id, columns.saga, columns.sent_at,
                    columns.subject, columns.payload, id_);
}

void ParticipantTransaction::delete_outbox(std::span<const ports::OutboxId> ids) {
  if (!ids.empty()) connection_->exec(queries::kWorkOutboxDelete, id_column(ids), id_);
}

void ParticipantTransaction::lock_action(const std::string& action) {
  connection_->exec(queries::kActionLock, action);
}

void ParticipantTransaction::run_savepoint(const std::string& sql) {
  try {
    connection_->run(sql, "savepoint of a step");
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
  open_ = false;
  // One round trip: if the first statement fails, the server does not look at the second.
  keeper_.commit("EXECUTE \"" + guard_ + "\" ('" + id_ + "'); COMMIT");
}

}  // namespace sagad::postgres
