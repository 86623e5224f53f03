#include "postgres/engine_transaction.hpp"

#include <unordered_map>

#include "postgres/outbox_columns.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"
#include "postgres/timer_kind.hpp"

namespace sagad::postgres {

namespace {

std::int64_t limit_parameter(std::size_t limit) { return static_cast<std::int64_t>(limit); }

std::vector<base::SagaId> ids_of(const pqxx::result& rows) {
  std::vector<base::SagaId> ids;
  ids.reserve(static_cast<std::size_t>(rows.size()));
  for (const auto& row : rows) ids.push_back(to_id(row[0]));
  return ids;
}

}  // namespace

EngineTransaction::EngineTransaction(ConnectionKeeper& connection) : keeper_(connection) {
  const pqxx::result row = keeper_.begin(queries::kTransactionStart);
  connection_ = &keeper_.get();
  now_ = to_time(row[0][0]);
}

EngineTransaction::~EngineTransaction() {
  if (open_) keeper_.rollback();
}

std::vector<saga::Instance> EngineTransaction::lock(std::span<const base::SagaId> ids) {
  if (ids.empty()) return {};
  const UuidArray column = id_column(ids);
  std::vector<saga::Instance> instances;
  instances.reserve(ids.size());
  std::unordered_map<base::SagaId, std::size_t> places;
  // Two statements: a join under FOR UPDATE returns, after waiting for another's commit, the new
  // instance with its old outputs.
  for (const auto& row : connection_->exec(queries::kInstanceLock, column)) {
    instances.push_back(to_instance(row));
    places.emplace(instances.back().id, instances.size() - 1);
  }
  for (const auto& row : connection_->exec(queries::kOutputRead, column)) {
    const auto place = places.find(to_id(row[0]));
    if (place != places.end()) put_output(instances[place->second], row);
  }
  read_signals(instances);
  return instances;
}

void EngineTransaction::append_outbox(std::span<const ports::OutboxRow> rows) {
  if (rows.empty()) return;
  const OutboxColumns columns(rows);
  connection_->exec(queries::kOutboxInsert, columns.id, columns.saga, columns.sent_at,
                    columns.subject, columns.payload);
}

void EngineTransaction::delete_outbox(std::span<const ports::OutboxId> ids) {
  if (!ids.empty()) connection_->exec(queries::kOutboxDelete, id_column(ids));
}

std::vector<ports::DueTimer> EngineTransaction::due_timers(std::size_t limit) {
  std::vector<ports::DueTimer> timers;
  for (const auto& row : connection_->exec(queries::kTimerDue, limit_parameter(limit))) {
    const saga::Timer timer{static_cast<int>(to_int(row[2])), parse_timer_kind(text(row[3])),
                            to_time(row[4])};
    timers.push_back({to_id(row[1]), timer, to_int(row[0])});
  }
  return timers;
}

void EngineTransaction::delete_timers(std::span<const std::int64_t> row_ids) {
  if (row_ids.empty()) return;
  BigintArray ids(row_ids.size());
  for (const std::int64_t id : row_ids) ids.add(id);
  connection_->exec(queries::kTimerDelete, ids);
}

std::vector<base::SagaId> EngineTransaction::due_deadlines(std::size_t limit) {
  return ids_of(connection_->exec(queries::kDeadlineDue, limit_parameter(limit)));
}

std::vector<base::SagaId> EngineTransaction::silent(base::Time horizon, base::SagaId after,
                                                    std::size_t limit) {
  return ids_of(connection_->exec(queries::kInstanceSilent, base::to_micros(horizon), after.str(),
                                  limit_parameter(limit)));
}

void EngineTransaction::commit() {
  open_ = false;
  keeper_.commit();
}

}  // namespace sagad::postgres
