#include "runtime/start_batch.hpp"

#include "base/mutant.hpp"
#include "runtime/dead_letter.hpp"
#include "runtime/definitions.hpp"
#include "runtime/instance_batch.hpp"
#include "runtime/relay.hpp"
#include "saga/child.hpp"

namespace sagad::runtime {
namespace {

constexpr std::size_t kConfirmedLimit = 2048;

/// A saga that only shows why it was not run.
Folded refused(saga::Instance instance, const std::vector<std::string>& errors, base::Time now) {
  std::string message;
  for (const auto& error : errors) message += (message.empty() ? "" : "; ") + error;
  Folded folded;
  instance.status = saga::SagaStatus::kFailed;
  instance.reason = "invalid_input";
  instance.error = saga::Error{"invalid_input", message};
  instance.ended_at = now;
  instance.deadline_at.reset();
  instance.sequence = 1;
  folded.decision.history.push_back(
      {"failed", {}, {{"reason", "invalid_input"}, {"message", message}}});
  folded.decision.instance = std::move(instance);
  folded.decision.changed = true;
  return folded;
}

/// A child that never runs.
Folded barred(const StartItem& item, base::Time now) {
  Folded folded;
  folded.decision.instance =
      saga::barred_child(*item.definition, *item.id, item.key, *item.barred_by, now);
  folded.decision.history.push_back({"barred", {}, {{"reason", folded.decision.instance.reason}}});
  folded.decision.changed = true;
  return folded;
}

/// The saga keeps the definitions that its children have now, whatever is deployed until they
/// start.
void pin_children(const definition::Definition& definition, const Definitions& definitions,
                  saga::Instance& instance) {
  for (const auto& step : definition.steps) {
    if (!step.child) continue;
    instance.steps[static_cast<std::size_t>(step.index)].child_digest =
        definitions.digest_of(step.child->definition, step.child->version);
  }
}

/// Answers a start from the saga that has its key.
StartOutcome compare(const StartItem& item, base::SagaId id, const std::string& canonical) {
  using Kind = StartOutcome::Kind;
  if (canonical != item.canonical) return {Kind::kConflict, id, {}};
  if (!item.errors.empty()) return {Kind::kInvalidInput, id, item.errors};
  return {item.id == id ? Kind::kStarted : Kind::kExisting, id, {}};
}

}  // namespace

StartBatch::StartBatch(ports::EngineStoreFactory stores, BatchTools tools)
    : stores_(std::move(stores)), tools_(std::move(tools)) {}

void StartBatch::run(const std::vector<StartItem*>& items, std::vector<ports::DeadLetter> letters) {
  evaluators_.trim();
  for (auto& letter : letters) letter = storable(std::move(letter));
  // Compiled here, because compiling takes longer than the whole transaction.
  for (const auto* item : items) evaluators_.put(item->definition);
  const auto all = rivals(items);
  for (int tries = 1;;) {
    try {
      run_once(all, letters);
      return;
    } catch (const ports::Conflict&) {
      if (++tries > kConflictTries) throw;
      sleep_after_conflict(tries, random_);
    } catch (const ports::Unavailable&) {
      store_.reset();
      throw;
    } catch (const ports::CommitUnknown&) {
      store_.reset();
      throw;
    }
  }
}

/// In the order of their keys, so that batches that insert the same keys meet in the same order.
std::vector<StartBatch::Rivals> StartBatch::rivals(const std::vector<StartItem*>& items) const {
  std::map<std::pair<std::string, std::string>, Rivals> keyed;
  std::vector<Rivals> result;
  for (auto* item : items) {
    if (item->key.empty()) {
      result.push_back({item});
    } else {
      keyed[{item->definition->name, item->key}].push_back(item);
    }
  }
  for (auto& [key, rivals] : keyed) result.push_back(std::move(rivals));
  return result;
}

void StartBatch::run_once(const std::vector<Rivals>& all,
                          const std::vector<ports::DeadLetter>& letters) {
  if (all.empty() && letters.empty()) return;
  if (!store_) store_ = stores_();
  if (!tokens_) tokens_.emplace(store_->answer_secret());
  const auto transaction = store_->begin();
  std::vector<Folded> folded;
  std::vector<const saga::Instance*> instances;
  folded.reserve(all.size());
  for (const auto& rivals : all) {
    folded.push_back(decide(*rivals.front(), transaction->now()));
    instances.push_back(&folded.back().decision.instance);
  }
  std::vector<std::optional<ports::ExistingStart>> existing;
  if (!instances.empty()) existing = transaction->insert(instances);
  std::vector<Folded> inserted;
  std::vector<std::pair<StartItem*, StartOutcome>> outcomes;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& first = *all[i].front();
    const auto id = existing[i] ? existing[i]->id : *first.id;
    const auto& canonical = existing[i] ? existing[i]->input : first.canonical;
    for (auto* item : all[i]) outcomes.emplace_back(item, compare(*item, id, canonical));
    if (!existing[i]) inserted.push_back(std::move(folded[i]));
  }
  commit(*transaction, std::move(inserted), letters);
  for (auto& [item, outcome] : outcomes) item->outcome = std::move(outcome);
}

Folded StartBatch::decide(StartItem& item, base::Time now) {
  if (!item.id) item.id = ids_.next(now);
  const auto& definition = *item.definition;
  if (item.barred_by) {
    auto folded = barred(item, now);
    folded.is_new = true;
    return folded;
  }
  auto instance = saga::new_instance(definition, *item.id, item.key, item.input, now);
  pin_children(definition, tools_.definitions, instance);
  if (!item.errors.empty()) {
    auto folded = refused(std::move(instance), item.errors, now);
    folded.is_new = true;
    return folded;
  }
  saga::DecideContext context{now, *evaluators_.find(definition.digest)->evaluator, random_};
  Fold folding(definition, std::move(instance), context, ids_, *tokens_, tools_.max_payload);
  folding.apply(saga::event::Started{});
  auto folded = std::move(folding).finish();
  folded.is_new = true;
  return folded;
}

void StartBatch::commit(ports::EngineTransaction& transaction, std::vector<Folded> inserted,
                        const std::vector<ports::DeadLetter>& letters) {
  if (inserted.empty() && letters.empty()) return;
  AfterCommit after;
  std::vector<const saga::Decision*> decisions;
  for (const auto& one : inserted) decisions.push_back(&one.decision);
  if (!decisions.empty()) transaction.write(decisions, true);
  for (auto& one : inserted) after.add(std::move(one));
  after.add(letters);
  if (SAGAD_MUTANT("command_published_before_commit")) tools_.relay.publish(after.rows());
  if (!after.rows().empty()) transaction.append_outbox(after.rows());
  if (!letters.empty()) transaction.append_dead_letters(letters);
  ConfirmedRows confirmed(tools_.relay, kConfirmedLimit);
  if (!confirmed.ids().empty()) transaction.delete_outbox(confirmed.ids());
  transaction.commit();
  confirmed.deleted();
  std::move(after).tell(tools_);
  tools_.metrics.observe("sagad_batch_size", {{"loop", "starter"}},
                         static_cast<double>(decisions.size()));
}

}  // namespace sagad::runtime
