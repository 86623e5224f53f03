#include "postgres/engine_transaction.hpp"

#include <unordered_map>
#include <utility>

#include "postgres/literal.hpp"
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

/// No statement unless one of them has fanned out.
void read_items(Connection& connection, std::vector<saga::Instance>& instances) {
  const UuidArray with_items = ids_with_items(instances);
  if (with_items.size() == 0) return;
  std::unordered_map<base::SagaId, saga::Instance*> places;
  for (auto& instance : instances) places.emplace(instance.id, &instance);
  for (const auto& row : connection.exec(queries::kItemRead, with_items)) {
    put_item(*places.at(to_id(row[0])), row);
  }
}

}  // namespace

EngineTransaction::~EngineTransaction() {
  if (connection_ != nullptr) keeper_.rollback();
}

Connection& EngineTransaction::connection() {
  if (connection_ == nullptr) {
    const pqxx::result row = keeper_.begin([](Connection& session) {
      return session.execute(queries::kTransactionStart, {});  // not planned each time
    });
    connection_ = &keeper_.get();
    now_ = to_time(row[0][0]);
  }
  flush();
  return *connection_;
}

base::Time EngineTransaction::now() {
  if (connection_ == nullptr) connection();
  return now_;
}

std::vector<saga::Instance> EngineTransaction::lock(std::span<const base::SagaId> ids) {
  if (ids.empty()) return {};
  std::vector<saga::Instance> instances;
  instances.reserve(ids.size());
  for (const auto& row : lock_rows(ids)) instances.push_back(to_instance(row));
  read_outputs(instances);
  read_signals(instances);
  read_items(connection(), instances);
  return instances;
}

pqxx::result EngineTransaction::lock_rows(std::span<const base::SagaId> ids) {
  if (connection_ != nullptr) return connection().exec(queries::kInstanceLock, id_column(ids));
  const pqxx::result rows = keeper_.begin([&](Connection& connection) {
    return connection.execute(queries::kInstanceLock, {uuid_literal(ids)});
  });
  connection_ = &keeper_.get();
  constexpr int kNowColumn = 19;
  now_ = to_time(rows.empty() ? connection_->exec(queries::kTransactionStart)[0][0]
                              : rows[0][kNowColumn]);
  return rows;
}

/// In a statement of its own: a join under FOR UPDATE returns, after waiting for another's commit,
/// the new instance with its old outputs.
void EngineTransaction::read_outputs(std::vector<saga::Instance>& instances) {
  UuidArray with_outputs;
  std::unordered_map<base::SagaId, std::size_t> places;
  for (std::size_t place = 0; place < instances.size(); ++place) {
    if (!instances[place].may_have_outputs()) continue;
    with_outputs.add(instances[place].id);
    places.emplace(instances[place].id, place);
  }
  if (places.empty()) return;
  for (const auto& row : connection_->exec(queries::kOutputRead, with_outputs)) {
    const auto place = places.find(to_id(row[0]));
    if (place != places.end()) put_output(instances[place->second], row);
  }
}

void EngineTransaction::append_outbox(std::span<const ports::OutboxRow> rows) {
  if (rows.empty()) return;
  if (new_rows_) connection();
  new_rows_.emplace(rows);
}

void EngineTransaction::delete_outbox(std::span<const ports::OutboxId> ids) {
  if (ids.empty()) return;
  if (confirmed_rows_) connection();
  confirmed_rows_ = id_column(ids);
}

std::vector<ports::DueTimer> EngineTransaction::due_timers(std::size_t limit) {
  std::vector<ports::DueTimer> timers;
  for (const auto& row : connection().exec(queries::kTimerDue, limit_parameter(limit))) {
    const saga::Timer timer{static_cast<int>(to_int(row[2])), parse_timer_kind(text(row[3])),
                            to_time(row[4]), static_cast<int>(to_int(row[5]))};
    timers.push_back({to_id(row[1]), timer, to_int(row[0])});
  }
  return timers;
}

void EngineTransaction::delete_timers(std::span<const std::int64_t> row_ids) {
  if (row_ids.empty()) return;
  BigintArray ids(row_ids.size());
  for (const std::int64_t id : row_ids) ids.add(id);
  connection().exec(queries::kTimerDelete, ids);
}

std::vector<base::SagaId> EngineTransaction::due_deadlines(std::size_t limit) {
  return ids_of(connection().exec(queries::kDeadlineDue, limit_parameter(limit)));
}

std::vector<base::SagaId> EngineTransaction::silent(base::Time horizon, base::SagaId after,
                                                    std::size_t limit) {
  return ids_of(connection().exec(queries::kInstanceSilent, base::to_micros(horizon), after.str(),
                                  limit_parameter(limit)));
}

void EngineTransaction::commit() {
  flush();
  if (std::exchange(connection_, nullptr) == nullptr) return;  // nothing began
  keeper_.commit();
}

}  // namespace sagad::postgres
