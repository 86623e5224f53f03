#include <algorithm>
#include <map>

#include "postgres/engine_transaction.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"

namespace sagad::postgres {

namespace {

bool keeps_signals(const saga::Instance& instance) {
  return std::any_of(instance.steps.begin(), instance.steps.end(),
                     [](const saga::StepState& step) { return step.queued_signals > 0; });
}

saga::Signal to_signal(const pqxx::row& row) {
  return {to_id(row[1]), std::string(text(row[2])), std::string(text(row[3])), to_document(row[4]),
          to_time(row[5])};
}

/// The new signals of a batch, in the order in which they came.
struct SignalColumns {
  UuidArray saga, id;
  TimeArray received_at;
  IntArray step;
  TextArray name, key;
  JsonArray payload;

  void add(base::SagaId of, const saga::SignalChange& change) {
    saga.add(of);
    id.add(change.signal.id);
    received_at.add(change.signal.received_at);
    change.step ? step.add(*change.step) : step.add_null();
    name.add(change.signal.name);
    key.add_or_null(change.signal.key);
    payload.add(change.signal.payload ? boost::json::serialize(*change.signal.payload) : "null");
  }
};

}  // namespace

void EngineTransaction::read_signals(std::vector<saga::Instance>& instances) {
  UuidArray ids;
  std::map<base::SagaId, saga::Instance*> places;
  for (saga::Instance& instance : instances) {
    if (!keeps_signals(instance)) continue;
    ids.add(instance.id);
    places.emplace(instance.id, &instance);
  }
  if (places.empty()) return;
  for (const auto& row : connection().exec(queries::kSignalRead, ids)) {
    places.at(to_id(row[0]))->signals.push_back(to_signal(row));
  }
}

void EngineTransaction::write_signals(std::span<const saga::Decision* const> decisions) {
  SignalColumns added;
  UuidArray taken_saga, taken_id;
  IntArray taken_step;
  for (const saga::Decision* decision : decisions) {
    for (const saga::SignalChange& change : decision->signals) {
      if (change.is_new) {
        added.add(decision->instance.id, change);
      } else if (change.step) {
        taken_saga.add(decision->instance.id);
        taken_id.add(change.signal.id);
        taken_step.add(*change.step);
      }
    }
  }
  if (added.saga.size() > 0) {
    connection().exec(queries::kSignalInsert, added.saga, added.id, added.received_at, added.step,
                      added.name, added.key, added.payload);
  }
  if (taken_saga.size() > 0) {
    connection().exec(queries::kSignalTaken, taken_saga, taken_id, taken_step);
  }
}

std::vector<std::optional<base::SagaId>> EngineTransaction::find(
    std::span<const ports::SagaKey> keys) {
  std::vector<std::optional<base::SagaId>> found(keys.size());
  if (keys.empty()) return found;
  TextArray definition(keys.size()), key(keys.size());
  for (const ports::SagaKey& one : keys) {
    definition.add(one.definition);
    key.add(one.key);
  }
  std::map<std::pair<std::string, std::string>, base::SagaId> ids;
  for (const auto& row : connection().exec(queries::kInstanceIdByKey, definition, key)) {
    ids.insert_or_assign({std::string(text(row[1])), std::string(text(row[2]))}, to_id(row[0]));
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto known = ids.find({keys[i].definition, keys[i].key});
    if (known != ids.end()) found[i] = known->second;
  }
  return found;
}

std::vector<std::optional<std::string>> EngineTransaction::known_signals(
    std::span<const ports::SignalKey> keys) {
  std::vector<std::optional<std::string>> found(keys.size());
  if (keys.empty()) return found;
  UuidArray saga(keys.size()), id(keys.size());
  TextArray name(keys.size()), key(keys.size());
  for (const ports::SignalKey& one : keys) {
    saga.add(one.saga);
    id.add(one.id);
    name.add(one.name);
    key.add_or_null(one.key);
  }
  for (const auto& row : connection().exec(queries::kSignalKnown, saga, id, name, key)) {
    found.at(static_cast<std::size_t>(to_int(row[0])) - 1) =
        base::canonical_json(*to_document(row[1]));
  }
  return found;
}

}  // namespace sagad::postgres
