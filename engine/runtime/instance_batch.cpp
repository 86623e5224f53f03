#include "runtime/instance_batch.hpp"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "base/mutant.hpp"
#include "base/sync.hpp"
#include "runtime/dead_letter.hpp"
#include "runtime/definitions.hpp"
#include "runtime/relay.hpp"

namespace sagad::runtime {
namespace {

/// Confirmed outbox rows that one transaction deletes: more than a batch writes, so that they do
/// not pile up.
constexpr std::size_t kConfirmedLimit = 2048;

ports::DeadLetter letter_of(const Happening& happening, std::string participant, std::string reason,
                            std::string message) {
  return {happening.saga,    std::move(participant), std::string(happening.subject),
          std::move(reason), std::move(message),     std::string(happening.payload)};
}

const saga::event::Answered* answer_in(const Happening& happening) {
  return happening.event ? std::get_if<saga::event::Answered>(happening.event.get()) : nullptr;
}

std::string participant_of(const Happening& happening) {
  const auto* answered = answer_in(happening);
  return answered != nullptr ? answered->result.participant : "coordinator";
}

/// A result that its sender had no business to send; nothing if it is in order.
std::optional<ports::DeadLetter> check_sender(const definition::Definition& definition,
                                              const Happening& happening) {
  const auto* answered = answer_in(happening);
  if (answered == nullptr) return std::nullopt;
  const auto& result = answered->result;
  const auto* step = definition.find_step(result.step);
  if (step == nullptr) {
    return letter_of(happening, result.participant, "unknown_step",
                     "definition '" + definition.name + "' has no step '" + result.step + "'");
  }
  if (step->kind == definition::StepKind::kSleep || step->kind == definition::StepKind::kSignal) {
    return letter_of(happening, result.participant, "unknown_step",
                     "step '" + result.step + "' has no action that could be answered");
  }
  const bool undo = result.kind == saga::Kind::kUndo;
  if (undo && !step->compensate) {
    return letter_of(happening, result.participant, "unknown_step",
                     "step '" + result.step + "' has no compensation that could be answered");
  }
  const auto& expected = undo ? step->compensate->participant : step->action.participant;
  if (expected == result.participant) return std::nullopt;
  return letter_of(happening, result.participant, "wrong_participant",
                   "step '" + result.step + "' belongs to participant '" + expected + "', not '" +
                       result.participant + "'");
}

}  // namespace

void sleep_after_conflict(int tries, base::Random& random) {
  const auto most = std::chrono::milliseconds(1 << std::min(tries + 1, 7));
  base::sleep_for(most * random.uniform());
}

BatchReport& BatchReport::operator+=(const BatchReport& other) {
  happenings += other.happenings;
  changed += other.changed;
  commands += other.commands;
  return *this;
}

InstanceBatch::InstanceBatch(ports::EngineStoreFactory stores, BatchTools tools, std::string loop)
    : stores_(std::move(stores)), tools_(std::move(tools)), loop_(std::move(loop)) {}

BatchReport InstanceBatch::run(const Collect& collect) {
  evaluators_.trim();
  for (int tries = 1;;) {
    try {
      if (auto report = run_once(collect)) return *report;
      load_missing();
    } catch (const ports::Conflict&) {
      if (++tries > kConflictTries) throw;
      sleep_after_conflict(tries, random_);
    } catch (const ports::Unavailable&) {
      store_.reset();
      throw;
    } catch (const ports::CommitUnknown&) {
      store_.reset();
      if (SAGAD_MUTANT("unknown_commit_taken_for_commit")) return {};
      throw;
    }
  }
}

std::optional<BatchReport> InstanceBatch::run_once(const Collect& collect) {
  sagas_.clear();
  if (!store_) store_ = stores_();
  if (!tokens_) tokens_.emplace(store_->answer_secret());
  const auto transaction = store_->begin();
  const auto work = collect(*transaction);
  if (work.empty()) return BatchReport{};
  auto groups = group(work);
  std::vector<saga::Instance> instances;
  if (!sagas_.empty()) instances = transaction->lock(sagas_);
  if (!knows_definitions(instances)) return std::nullopt;
  auto letters = work.letters;
  auto folded = fold(groups, std::move(instances), transaction->now(), letters);
  return write(*transaction, work, std::move(folded), std::move(letters));
}

std::vector<InstanceBatch::Group> InstanceBatch::group(const BatchWork& work) {
  std::vector<Group> groups;
  std::unordered_map<base::SagaId, std::size_t> places;
  for (const auto& happening : work.happenings) {
    const auto [place, is_new] = places.try_emplace(happening.saga, groups.size());
    if (is_new) {
      groups.push_back({happening.saga, {}});
      sagas_.push_back(happening.saga);
    }
    groups[place->second].happenings.push_back(&happening);
  }
  return groups;
}

bool InstanceBatch::knows_definitions(const std::vector<saga::Instance>& instances) {
  for (const auto& instance : instances) {
    if (evaluators_.find(instance.digest) == nullptr) missing_.insert(instance.digest);
  }
  return missing_.empty();
}

void InstanceBatch::load_missing() {
  const auto digests = std::exchange(missing_, {});
  for (const auto& digest : digests) {
    auto definition = tools_.definitions.by_digest(digest);
    if (definition == nullptr) {
      throw std::runtime_error("the definition with digest " + digest +
                               " is not in the engine's database");
    }
    evaluators_.put(std::move(definition));
  }
}

std::vector<Folded> InstanceBatch::fold(const std::vector<Group>& groups,
                                        std::vector<saga::Instance> instances, base::Time now,
                                        std::vector<ports::DeadLetter>& letters) {
  std::unordered_map<base::SagaId, saga::Instance*> known;
  for (auto& instance : instances) known.emplace(instance.id, &instance);
  std::vector<Folded> result;
  result.reserve(instances.size());
  for (const auto& group : groups) {
    for (const auto* happening : group.happenings) {
      if (happening->letter) letters.push_back(*happening->letter);
    }
    const auto found = known.find(group.saga);
    if (found != known.end()) {
      result.push_back(fold_saga(group, std::move(*found->second), now, letters));
      continue;
    }
    for (const auto* happening : group.happenings) {
      if (happening->subject.empty()) continue;  // no message: nothing is lost
      letters.push_back(letter_of(*happening, participant_of(*happening), "unknown_saga",
                                  "there is no saga " + group.saga.str()));
    }
  }
  return result;
}

Folded InstanceBatch::fold_saga(const Group& group, saga::Instance instance, base::Time now,
                                std::vector<ports::DeadLetter>& letters) {
  auto* entry = evaluators_.find(instance.digest);
  const auto& definition = *entry->definition;
  saga::DecideContext context{now, *entry->evaluator, random_};
  Fold folding(definition, std::move(instance), context, ids_, *tokens_, tools_.max_payload);
  for (const auto* happening : group.happenings) {
    if (happening->given) {
      take_given(*happening, folding, definition, letters);
    } else if (happening->make) {
      folding.apply(happening->make(folding.instance(), definition));
    } else if (auto refused = check_sender(definition, *happening)) {
      letters.push_back(std::move(*refused));
    } else {
      folding.apply(*happening->event);
    }
    if (happening->hear && folding.verdict()) happening->hear(*folding.verdict());
  }
  return std::move(folding).finish();
}

void InstanceBatch::take_given(const Happening& happening, Fold& folding,
                               const definition::Definition& definition,
                               std::vector<ports::DeadLetter>& letters) {
  const auto& given = *happening.given;
  auto verdict = saga::FinalVerdict::kBadToken;
  if (const auto claim = tokens_->check(happening.saga, given.step, given.token)) {
    const saga::event::FinalAnswered event{given.step, claim->item, claim->round, given.answer};
    verdict = saga::judge(definition, folding.instance(), event);
    if (verdict == saga::FinalVerdict::kTaken) folding.apply(event);
  }
  if (given.tell) {
    given.tell(verdict);
  } else if (!saga::is_accepted(verdict)) {
    letters.push_back(letter_of(happening, "coordinator", std::string(saga::to_string(verdict)),
                                "the final answer of step '" + given.step + "' is not taken"));
  }
}

BatchReport InstanceBatch::write(ports::EngineTransaction& transaction, const BatchWork& work,
                                 std::vector<Folded> folded,
                                 std::vector<ports::DeadLetter> letters) {
  BatchReport report;
  report.happenings = work.happenings.size();
  AfterCommit after;
  std::vector<const saga::Decision*> decisions;
  std::vector<std::int64_t> timer_rows;
  for (const auto& one : folded) {
    if (one.decision.changed) decisions.push_back(&one.decision);
  }
  for (const auto& happening : work.happenings) {
    if (happening.timer_row) timer_rows.push_back(*happening.timer_row);
  }
  report.changed = decisions.size();
  const bool answers = std::any_of(folded.begin(), folded.end(),
                                   [](const Folded& one) { return !one.rows.empty(); });
  if (decisions.empty() && timer_rows.empty() && letters.empty() && !answers) return report;

  if (!decisions.empty()) transaction.write(decisions, false);
  for (auto& one : folded) after.add(std::move(one));
  after.add(letters);
  report.commands = after.commands();
  if (SAGAD_MUTANT("command_published_before_commit")) tools_.relay.publish(after.rows());
  if (!after.rows().empty()) transaction.append_outbox(after.rows());
  for (auto& letter : letters) letter = storable(std::move(letter));
  if (!letters.empty()) transaction.append_dead_letters(letters);
  if (!timer_rows.empty()) transaction.delete_timers(timer_rows);
  ConfirmedRows confirmed(tools_.relay, kConfirmedLimit);
  if (!confirmed.ids().empty()) transaction.delete_outbox(confirmed.ids());
  transaction.commit();
  confirmed.deleted();
  std::move(after).tell(tools_);
  tools_.metrics.observe("sagad_batch_size", {{"loop", loop_}},
                         static_cast<double>(report.happenings));
  return report;
}

}  // namespace sagad::runtime
