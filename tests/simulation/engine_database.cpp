#include "simulation/engine_database.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "base/json.hpp"
#include "base/mutant.hpp"

namespace sagad::simulation {
namespace {

std::string row_of(base::SagaId id) { return "saga/" + id.str(); }
std::string key_of(const saga::Instance& instance) {
  return instance.definition + "/" + instance.key;
}

/// Outputs and items have rows of their own.
void read_outputs(const EngineDatabase::Row& row, saga::Instance& instance) {
  const auto step_of = [&](const saga::ItemRef& ref) -> saga::StepState& {
    return instance.steps.at(static_cast<std::size_t>(ref.step));
  };
  for (const auto& [ref, state] : row.items) {
    step_of(ref).items.at(static_cast<std::size_t>(ref.item)) = saga::decode_item(state);
  }
  for (const auto& [ref, output] : row.outputs) {
    auto& step = step_of(ref);
    (step.items.empty() ? step : step.items.at(static_cast<std::size_t>(ref.item))).output = output;
  }
}

class EngineTransaction final : public ports::EngineTransaction {
 public:
  EngineTransaction(EngineDatabase& database, Session& session)
      : database_(database), tx_(session) {}

  base::Time now() override { return tx_.now(); }
  std::vector<std::optional<base::SagaId>> find(std::span<const ports::SagaKey> keys) override;
  std::vector<std::optional<std::string>> known_signals(
      std::span<const ports::SignalKey> keys) override;
  std::vector<saga::Instance> lock(std::span<const base::SagaId> ids) override;
  std::vector<std::optional<ports::ExistingStart>> insert(
      std::span<const saga::Instance* const> instances) override;
  void write(std::span<const saga::Decision* const> decisions, bool inserted) override;
  void append_outbox(std::span<const ports::OutboxRow> rows) override {
    tx_.statement("outbox insert");
    outbox_.insert(outbox_.end(), rows.begin(), rows.end());
  }
  void delete_outbox(std::span<const ports::OutboxId> ids) override {
    tx_.statement("outbox delete");
    published_.insert(published_.end(), ids.begin(), ids.end());
  }
  void append_dead_letters(std::span<const ports::DeadLetter> letters) override {
    tx_.statement("dead letters");
    letters_.insert(letters_.end(), letters.begin(), letters.end());
  }
  std::vector<ports::DueTimer> due_timers(std::size_t limit) override;
  void delete_timers(std::span<const std::int64_t> row_ids) override {
    tx_.statement("timer delete");
    fired_.insert(fired_.end(), row_ids.begin(), row_ids.end());
  }
  std::vector<base::SagaId> due_deadlines(std::size_t limit) override;
  std::vector<base::SagaId> silent(base::Time horizon, base::SagaId after,
                                   std::size_t limit) override;
  void commit() override {
    tx_.commit([this] { apply(); });
  }

 private:
  void apply();
  void apply(const saga::Decision& decision);
  void apply(base::SagaId saga, const saga::SignalChange& change);
  void read_signals(saga::Instance& instance) const;

  EngineDatabase& database_;
  Transaction tx_;
  std::set<base::SagaId> locked_;
  std::vector<saga::Instance> inserted_;
  std::vector<saga::Decision> decisions_;
  std::vector<ports::OutboxRow> outbox_;
  std::vector<ports::OutboxId> published_;
  std::vector<ports::DeadLetter> letters_;
  std::vector<std::int64_t> fired_;
};

std::vector<saga::Instance> EngineTransaction::lock(std::span<const base::SagaId> ids) {
  tx_.statement("instance lock");
  std::vector<base::SagaId> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<saga::Instance> instances;
  for (const auto id : sorted) {
    if (database_.instances.find(id) == database_.instances.end()) continue;
    if (!SAGAD_MUTANT("no_row_lock")) tx_.lock(row_of(id));
    locked_.insert(id);
    instances.push_back(database_.instances.at(id).instance);
    instances.back().steps = saga::decode_steps(database_.instances.at(id).steps);
  }
  tx_.statement("output read");
  for (auto& instance : instances) {
    read_outputs(database_.instances.at(instance.id), instance);
    read_signals(instance);
  }
  return instances;
}

/// Those that are kept, if its steps say that there are any.
void EngineTransaction::read_signals(saga::Instance& instance) const {
  const bool any = std::any_of(instance.steps.begin(), instance.steps.end(),
                               [](const auto& step) { return step.queued_signals > 0; });
  const auto kept = database_.signals.find(instance.id);
  if (!any || kept == database_.signals.end()) return;
  for (const auto& [signal, step] : kept->second) {
    if (!step) instance.signals.push_back(signal);
  }
}

std::vector<std::optional<base::SagaId>> EngineTransaction::find(
    std::span<const ports::SagaKey> keys) {
  tx_.statement("instance by key");
  std::vector<std::optional<base::SagaId>> ids;
  for (const auto& key : keys) {
    const auto found = database_.keys.find(key.definition + "/" + key.key);
    ids.push_back(found == database_.keys.end() ? std::nullopt : std::optional(found->second));
  }
  return ids;
}

std::vector<std::optional<std::string>> EngineTransaction::known_signals(
    std::span<const ports::SignalKey> keys) {
  tx_.statement("signal known");
  std::vector<std::optional<std::string>> payloads;
  for (const auto& key : keys) {
    auto& payload = payloads.emplace_back();
    for (const auto& [signal, step] : database_.signals[key.saga]) {
      const bool same_key = !key.key.empty() && signal.name == key.name && signal.key == key.key;
      if (signal.id == key.id || same_key) payload = base::canonical_json(*signal.payload);
    }
  }
  return payloads;
}

std::vector<std::optional<ports::ExistingStart>> EngineTransaction::insert(
    std::span<const saga::Instance* const> instances) {
  tx_.statement("instance insert");
  std::vector<const saga::Instance*> sorted(instances.begin(), instances.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    return std::tie(a->key, a->definition, a->id) < std::tie(b->key, b->definition, b->id);
  });
  std::set<const saga::Instance*> winners;
  for (const auto* instance : sorted) {
    if (!instance->key.empty()) tx_.lock("key/" + key_of(*instance));
    tx_.lock(row_of(instance->id));
    const bool known_key = !instance->key.empty() && !SAGAD_MUTANT("start_key_ignored") &&
                           database_.keys.find(key_of(*instance)) != database_.keys.end();
    if (known_key || database_.instances.find(instance->id) != database_.instances.end()) continue;
    winners.insert(instance);
    inserted_.push_back(*instance);
    locked_.insert(instance->id);
  }
  std::vector<std::optional<ports::ExistingStart>> existing(instances.size());
  if (winners.size() == instances.size()) return existing;
  tx_.statement("instance by key");
  for (std::size_t i = 0; i < instances.size(); ++i) {
    if (winners.count(instances[i]) > 0) continue;
    const auto key = database_.keys.find(key_of(*instances[i]));
    const auto id =
        key != database_.keys.end() && !instances[i]->key.empty() ? key->second : instances[i]->id;
    const auto& found = database_.instances.at(id).instance;
    existing[i] = ports::ExistingStart{id, base::canonical_json(*found.input)};
  }
  return existing;
}

void EngineTransaction::write(std::span<const saga::Decision* const> decisions, bool /*inserted*/) {
  tx_.statement("decision write");
  for (const auto* decision : decisions) {
    if (!decision->changed) continue;
    if (locked_.count(decision->instance.id) == 0) {
      throw std::logic_error("an instance was decided that this transaction has not locked");
    }
    decisions_.push_back(*decision);
  }
}

std::vector<ports::DueTimer> EngineTransaction::due_timers(std::size_t limit) {
  tx_.statement("timer due");
  std::vector<ports::DueTimer> due;
  for (const auto& [id, row] : database_.timers) {
    if (due.size() == limit) break;
    if (row.timer.due_at > tx_.now()) continue;
    if (tx_.try_lock("timer/" + std::to_string(id))) due.push_back({row.saga, row.timer, id});
  }
  return due;
}

bool is_live(const saga::Instance& instance) {
  return instance.status == saga::SagaStatus::kRunning ||
         instance.status == saga::SagaStatus::kCompensating;
}

std::vector<base::SagaId> EngineTransaction::due_deadlines(std::size_t limit) {
  tx_.statement("deadline due");
  std::vector<base::SagaId> ids;
  for (const auto& [id, row] : database_.instances) {
    const auto& deadline = row.instance.deadline_at;
    if (!is_live(row.instance) || !deadline || *deadline > tx_.now()) continue;
    if (ids.size() < limit) ids.push_back(id);
  }
  return ids;
}

std::vector<base::SagaId> EngineTransaction::silent(base::Time horizon, base::SagaId after,
                                                    std::size_t limit) {
  tx_.statement("instance silent");
  std::vector<base::SagaId> ids;
  for (const auto& [id, row] : database_.instances) {
    const bool waited_for = row.instance.status == saga::SagaStatus::kPaused &&
                            row.instance.control.pending.has_value();
    if (!is_live(row.instance) && !waited_for) continue;
    if (id <= after || ids.size() == limit) continue;
    const auto& since = row.unanswered_since;
    if (!since || *since >= horizon || database_.outbox.has_saga(id)) continue;
    ids.push_back(id);
  }
  return ids;
}

void EngineTransaction::apply() {
  for (auto& instance : inserted_) {
    auto& row = database_.instances[instance.id];
    row.steps = saga::encode_steps(instance.steps);
    row.instance = instance;
    row.instance.steps.clear();
    row.instance.sequence = 0;
    if (!instance.key.empty()) database_.keys[key_of(instance)] = instance.id;
  }
  for (const auto& decision : decisions_) apply(decision);
  const auto now = tx_.world().scheduler.now();
  database_.outbox.insert(outbox_, now);
  database_.outbox.remove(published_);
  database_.letters.insert(database_.letters.end(), letters_.begin(), letters_.end());
  for (const auto id : fired_) database_.timers.erase(id);
}

void EngineTransaction::apply(base::SagaId saga, const saga::SignalChange& change) {
  auto& rows = database_.signals[saga];
  if (change.is_new) {
    rows.push_back({change.signal, change.step});
    return;
  }
  for (auto& row : rows) {
    if (row.signal.id == change.signal.id) row.step = change.step;
  }
}

void EngineTransaction::apply(const saga::Decision& decision) {
  auto& world = tx_.world();
  auto& row = database_.instances.at(decision.instance.id);
  if (decision.instance.sequence != row.instance.sequence + 1) {
    world.violate("saga " + decision.instance.id.str() + ": history row " +
                  std::to_string(decision.instance.sequence) + " follows row " +
                  std::to_string(row.instance.sequence));
  }
  const auto& steps = decision.instance.steps;
  const auto item_of = [&](const saga::ItemRef& ref) -> const saga::StepState& {
    return steps.at(static_cast<std::size_t>(ref.step))
        .items.at(static_cast<std::size_t>(ref.item));
  };
  if (!SAGAD_MUTANT("output_not_written")) {
    for (const int step : decision.new_outputs) {
      row.outputs[{step, 0}] = steps.at(static_cast<std::size_t>(step)).output;
    }
    for (const auto& ref : decision.new_item_outputs) row.outputs[ref] = item_of(ref).output;
  }
  if (!SAGAD_MUTANT("items_not_written")) {
    for (const auto& ref : decision.changed_items) row.items[ref] = saga::encode_item(item_of(ref));
  }
  for (const auto& change : decision.signals) apply(row.instance.id, change);
  row.steps = saga::encode_steps(decision.instance.steps);
  row.unanswered_since = decision.instance.unanswered_since();
  row.instance = decision.instance;
  row.instance.steps.clear();
  row.instance.signals.clear();
  database_.history[row.instance.id].push_back({row.instance.sequence, decision.history});
  for (const auto& timer : decision.timers) {
    database_.timers.emplace(++database_.last_timer,
                             EngineDatabase::TimerRow{row.instance.id, timer});
  }
  if (!world.tracing()) return;
  std::string text = "saga " + row.instance.id.str() + " #" +
                     std::to_string(row.instance.sequence) + " " +
                     std::string(saga::to_string(row.instance.status));
  for (const auto& entry : decision.history) text += " | " + entry.type + " " + entry.step;
  world.trace("log: " + text);
}

class EngineStore final : public ports::EngineStore {
 public:
  explicit EngineStore(EngineDatabase& database) : database_(database), session_(database) {}
  std::unique_ptr<ports::EngineTransaction> begin() override {
    return std::make_unique<EngineTransaction>(database_, session_);
  }
  std::string answer_secret() override {
    Transaction transaction(session_);
    transaction.statement("answer secret");
    return "the secret of the simulation";
  }

 private:
  EngineDatabase& database_;
  Session session_;
};

}  // namespace

saga::Instance EngineDatabase::read(const Row& row) {
  auto instance = row.instance;
  instance.steps = saga::decode_steps(row.steps);
  read_outputs(row, instance);
  return instance;
}

std::unique_ptr<ports::EngineStore> EngineDatabase::store() {
  return std::make_unique<EngineStore>(*this);
}

}  // namespace sagad::simulation
