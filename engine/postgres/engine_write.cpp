#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "postgres/engine_transaction.hpp"
#include "postgres/instance_columns.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"

namespace sagad::postgres {

namespace {

using Instances = std::span<const saga::Instance* const>;
using Places = std::vector<std::size_t>;

/// Places in the order of the keys, so that two transactions that insert the same keys wait for
/// each other and do not deadlock.
Places in_key_order(Instances instances) {
  Places places(instances.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    const saga::Instance &left = *instances[a], &right = *instances[b];
    return std::tie(left.key, left.definition, left.id) <
           std::tie(right.key, right.definition, right.id);
  });
  return places;
}

pqxx::result insert_rows(Connection& connection, Instances instances, const Places& places) {
  UuidArray id(instances.size());
  StartColumns start(instances.size());
  StateColumns state(instances.size());
  for (const std::size_t place : places) {
    id.add(instances[place]->id);
    start.add(*instances[place]);
    state.add(*instances[place]);
  }
  return connection.exec(queries::kInstanceInsert, id, start.definition, start.version,
                         start.digest, start.key, start.input, start.created_at, state.status,
                         state.paused_from, state.reason, state.error_code, state.error_message,
                         state.output, state.updated_at, state.ended_at, state.unanswered_since,
                         state.sequence, state.steps, state.deadline_at);
}

std::string canonical(const pqxx::field& input) {
  return base::canonical_json(*to_document(input));
}

std::string key_of(std::string_view definition, std::string_view key) {
  return std::string(definition) + '\n' + std::string(key);
}

void update_rows(Connection& connection, const std::vector<const saga::Instance*>& instances,
                 const DecisionColumns& decided) {
  UuidArray id(instances.size());
  StateColumns state(instances.size());
  for (const saga::Instance* instance : instances) {
    id.add(instance->id);
    state.add(*instance);
  }
  const pqxx::result updated = connection.exec(
      queries::kDecisionWrite, id, state.status, state.paused_from, state.reason, state.error_code,
      state.error_message, state.output, state.updated_at, state.ended_at, state.unanswered_since,
      state.sequence, state.steps, state.deadline_at, decided.history_saga,
      decided.history_sequence, decided.history_at, decided.history_events, decided.output_saga,
      decided.output_step, decided.output, decided.timer_saga, decided.timer_step,
      decided.timer_kind, decided.timer_due_at);
  if (static_cast<std::size_t>(updated.affected_rows()) != instances.size()) {
    throw std::logic_error("an instance was decided that this transaction has not locked");
  }
}

}  // namespace

std::vector<std::optional<ports::ExistingStart>> EngineTransaction::insert(Instances instances) {
  std::vector<std::optional<ports::ExistingStart>> existing(instances.size());
  if (instances.empty()) return existing;
  const Places places = in_key_order(instances);
  const pqxx::result inserted = insert_rows(*connection_, instances, places);
  if (static_cast<std::size_t>(inserted.size()) == instances.size()) return existing;

  std::unordered_set<base::SagaId> winners;
  for (const auto& row : inserted) winners.insert(to_id(row[0]));
  Places losers;
  for (const std::size_t place : places) {
    if (!winners.contains(instances[place]->id)) losers.push_back(place);
  }
  find_existing(instances, losers, existing);
  return existing;
}

void EngineTransaction::find_existing(Instances instances, const Places& losers,
                                      std::vector<std::optional<ports::ExistingStart>>& found) {
  TextArray definitions, keys;
  UuidArray ids;
  for (const std::size_t place : losers) {
    ids.add(instances[place]->id);
    if (instances[place]->key.empty()) continue;
    definitions.add(instances[place]->definition);
    keys.add(instances[place]->key);
  }
  std::unordered_map<std::string, ports::ExistingStart> by_key;
  for (const auto& row : connection_->exec(queries::kInstanceByKey, definitions, keys)) {
    by_key[key_of(text(row[1]), text(row[2]))] = {to_id(row[0]), canonical(row[3])};
  }
  std::unordered_map<base::SagaId, ports::ExistingStart> by_id;
  for (const auto& row : connection_->exec(queries::kInstanceById, ids)) {
    by_id[to_id(row[0])] = {to_id(row[0]), canonical(row[1])};
  }
  for (const std::size_t place : losers) {
    const saga::Instance& loser = *instances[place];
    const auto same_key = by_key.find(key_of(loser.definition, loser.key));
    const auto same_id = by_id.find(loser.id);
    if (same_key != by_key.end()) {
      found[place] = same_key->second;
    } else if (same_id != by_id.end()) {
      found[place] = same_id->second;
    } else {
      throw ports::Conflict("the first instance of key '" + loser.key + "' of " + loser.definition +
                            " went away while it was looked up");
    }
  }
}

void EngineTransaction::write(std::span<const saga::Decision* const> decisions, bool inserted) {
  DecisionColumns decided(decisions.size());
  // Several decisions of one saga: the last is how it stands now, each has its own history.
  std::vector<const saga::Instance*> instances;
  std::unordered_map<base::SagaId, std::size_t> places;
  for (const saga::Decision* decision : decisions) {
    if (!decision->changed) continue;
    decided.add(*decision);
    const auto [place, is_new] = places.emplace(decision->instance.id, instances.size());
    if (is_new) {
      instances.push_back(&decision->instance);
    } else {
      instances[place->second] = &decision->instance;
    }
  }
  if (instances.empty()) return;
  write_signals(decisions);
  if (!inserted) return update_rows(*connection_, instances, decided);
  connection_->exec(queries::kStartWrite, decided.history_saga, decided.history_sequence,
                    decided.history_at, decided.history_events, decided.output_saga,
                    decided.output_step, decided.output, decided.timer_saga, decided.timer_step,
                    decided.timer_kind, decided.timer_due_at);
}

}  // namespace sagad::postgres
