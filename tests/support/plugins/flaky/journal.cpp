#include "journal.hpp"

#include <optional>
#include <stdexcept>

#include "flaky_queries.gen.hpp"

namespace flaky {
namespace {

const char* kind_of(const sagad::Execution& execution) { return execution.undo ? "undo" : "do"; }

/// The number of the effect that a compensation undoes.
std::optional<std::int64_t> undone_effect(const sagad::Context& context) {
  const auto* output = context.action_output.if_object();
  const auto* effect = output == nullptr ? nullptr : output->if_contains("effect_id");
  if (effect == nullptr || !effect->is_int64()) return std::nullopt;
  return effect->get_int64();
}

}  // namespace

std::int64_t record_effect(sagad::Context& context, const std::string& action) {
  const auto& execution = context.execution;
  const auto rows =
      context.tx.exec(queries::kRecordEffect, execution.saga_id, execution.step_id,
                      kind_of(execution), action, execution.attempt, undone_effect(context));
  return rows[0][0].as<std::int64_t>();
}

void record_token(sagad::Context& context) {
  const auto& execution = context.execution;
  context.tx.exec(queries::kRecordToken, execution.saga_id, execution.step_id,
                  execution.answer_token);
}

std::int64_t CallCounter::count(const sagad::Execution& execution,
                                const std::string& action) const {
  if (database_.empty()) {
    throw std::logic_error("the flaky plugin counts calls only with `database` in its config");
  }
  pqxx::connection connection(database_);
  pqxx::work work(connection);
  sagad::Transaction::Prepared prepared;
  sagad::Transaction tx(work, prepared);
  tx.exec(queries::kRecordCall, execution.saga_id, execution.step_id, kind_of(execution), action,
          execution.attempt);
  const auto rows = tx.exec(queries::kCountCalls, execution.saga_id, execution.step_id,
                            kind_of(execution), action);
  work.commit();
  return rows[0][0].as<std::int64_t>();
}

void CallCounter::act_outside(const sagad::Execution& execution) const {
  pqxx::connection connection(database_);
  pqxx::work work(connection);
  sagad::Transaction::Prepared prepared;
  sagad::Transaction tx(work, prepared);
  tx.exec(queries::kActOutside, execution.idempotency_key, execution.saga_id, execution.step_id);
  work.commit();
}

void CallCounter::undo_outside(const sagad::Execution& execution) const {
  pqxx::connection connection(database_);
  pqxx::work work(connection);
  sagad::Transaction::Prepared prepared;
  sagad::Transaction tx(work, prepared);
  tx.exec(queries::kUndoOutside, execution.saga_id, execution.step_id);
  work.commit();
}

}  // namespace flaky
