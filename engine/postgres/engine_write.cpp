#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "postgres/engine_transaction.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"
#include "postgres/tags.hpp"

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
                         state.sequence, state.steps, state.deadline_at, state.control);
}

std::string canonical(const pqxx::field& input) {
  return base::canonical_json(*to_document(input));
}

std::string key_of(std::string_view definition, std::string_view key) {
  return std::string(definition) + '\n' + std::string(key);
}

/// Nothing where nothing has fanned out.
void write_items(Connection& connection, std::span<const saga::Decision* const> decisions) {
  const bool any =
      std::any_of(decisions.begin(), decisions.end(),
                  [](const saga::Decision* decision) { return !decision->changed_items.empty(); });
  if (!any) return;
  ItemColumns items;
  for (const saga::Decision* decision : decisions) items.add(*decision);
  connection.exec(queries::kItemWrite, items.saga, items.step, items.item, items.state,
                  items.output_saga, items.output_step, items.output_item, items.output);
}

}  // namespace

std::vector<std::optional<ports::ExistingStart>> EngineTransaction::insert(Instances instances) {
  std::vector<std::optional<ports::ExistingStart>> existing(instances.size());
  if (instances.empty()) return existing;
  const Places places = in_key_order(instances);
  const pqxx::result inserted = insert_rows(connection(), instances, places);
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
  for (const auto& row : connection().exec(queries::kInstanceByKey, definitions, keys)) {
    by_key[key_of(text(row[1]), text(row[2]))] = {to_id(row[0]), canonical(row[3])};
  }
  std::unordered_map<base::SagaId, ports::ExistingStart> by_id;
  for (const auto& row : connection().exec(queries::kInstanceById, ids)) {
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

EngineTransaction::Written::Written(std::span<const saga::Decision* const> decisions,
                                    bool were_inserted)
    : inserted(were_inserted),
      id(decisions.size()),
      state(were_inserted ? 0 : decisions.size()),
      decided(decisions.size()) {
  // Several decisions of one saga: the last is how it stands now, each has its own history.
  std::unordered_map<base::SagaId, const saga::Instance*> last;
  for (const saga::Decision* decision : decisions) {
    if (!decision->changed) continue;
    decided.add(*decision);
    last[decision->instance.id] = &decision->instance;
  }
  instances = last.size();
  if (inserted) return;
  for (const auto& [saga, instance] : last) {
    id.add(saga);
    state.add(*instance);
  }
}

void EngineTransaction::write(std::span<const saga::Decision* const> decisions, bool inserted) {
  if (written_) connection();
  Written written(decisions, inserted);
  if (written.instances == 0) return;
  write_signals(decisions);
  if (inserted) {
    const TagColumns tags(decisions);
    if (tags.saga.size() > 0)
      connection().exec(queries::kTagInsert, tags.saga, tags.name, tags.value);
  }
  write_items(connection(), decisions);
  written_.emplace(std::move(written));
}

void EngineTransaction::flush() {
  if (!written_ && !new_rows_ && !confirmed_rows_) return;
  const auto written = std::exchange(written_, std::nullopt);
  const bool no_rows = !new_rows_;
  const auto rows = std::exchange(new_rows_, std::nullopt).value_or(OutboxColumns({}));
  const auto ids = std::exchange(confirmed_rows_, std::nullopt).value_or(UuidArray());
  Connection& session = connection();
  if (written) {
    written->inserted ? complete_start(*written, rows, ids) : update(*written, rows, ids);
    write_timers(written->decided);
    return;
  }
  if (!no_rows) {
    session.exec(queries::kOutboxInsert, rows.id, rows.saga, rows.sent_at, rows.subject,
                 rows.payload);
  }
  if (ids.size() > 0) session.exec(queries::kOutboxDelete, ids);
}

void EngineTransaction::update(const Written& written, const OutboxColumns& rows,
                               const UuidArray& confirmed) {
  const StateColumns& state = written.state;
  const DecisionColumns& decided = written.decided;
  const pqxx::result updated = connection_->exec(
      queries::kDecisionWrite, written.id, state.status, state.paused_from, state.reason,
      state.error_code, state.error_message, state.output, state.updated_at, state.ended_at,
      state.unanswered_since, state.sequence, state.steps, state.deadline_at, state.control,
      decided.history_saga, decided.history_sequence, decided.history_at, decided.history_events,
      decided.output_saga, decided.output_step, decided.output, rows.id, rows.saga, rows.sent_at,
      rows.subject, rows.payload, confirmed);
  if (static_cast<std::size_t>(updated.affected_rows()) != written.instances) {
    throw std::logic_error("an instance was decided that this transaction has not locked");
  }
}

void EngineTransaction::complete_start(const Written& written, const OutboxColumns& rows,
                                       const UuidArray& confirmed) {
  const DecisionColumns& decided = written.decided;
  connection_->exec(queries::kStartWrite, decided.history_saga, decided.history_sequence,
                    decided.history_at, decided.history_events, rows.id, rows.saga, rows.sent_at,
                    rows.subject, rows.payload, confirmed);
  if (decided.output_saga.size() == 0) return;
  connection_->exec(queries::kOutputWrite, decided.output_saga, decided.output_step,
                    decided.output);
}

void EngineTransaction::write_timers(const DecisionColumns& decided) {
  if (decided.timer_saga.size() == 0) return;
  connection_->exec(queries::kTimerInsert, decided.timer_saga, decided.timer_step,
                    decided.timer_kind, decided.timer_due_at, decided.timer_item);
}

}  // namespace sagad::postgres
