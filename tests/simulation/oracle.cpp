#include "simulation/oracle.hpp"

#include <algorithm>
#include <set>

#include "base/json.hpp"
#include "saga/child.hpp"
#include "simulation/definitions.hpp"

namespace sagad::simulation {
namespace {

using definition::StepKind;
using saga::Kind;
using saga::SagaStatus;
using saga::StepStatus;

/// So many starts of a command that did not come back make it poison.
constexpr int kPoisonStarts = 3;

/// The child of this step, if it was started.
const EngineDatabase::Row* child_of(const Installation& site, base::SagaId saga,
                                    const definition::Step& step) {
  if (!step.child) return nullptr;
  const auto key = step.child->definition + "/" + saga::child_key({saga, step.id, 0, 0});
  const auto found = site.engine.keys.find(key);
  return found == site.engine.keys.end() ? nullptr : &site.engine.instances.at(found->second);
}

bool is_child(const saga::Instance& instance) {
  return saga::parse_child_key(instance.key).has_value();
}

/// It never ran: the parent turned back before it was started.
bool was_barred(const saga::Instance& instance) { return instance.input->is_null(); }

bool has_paused_child(const Installation& site, base::SagaId saga) {
  const auto& all = site.engine.instances;
  return std::any_of(all.begin(), all.end(), [&](const auto& entry) {
    const auto& one = entry.second.instance;
    if (one.status != SagaStatus::kPaused) return false;
    const auto parent = saga::parse_child_key(one.key);
    return parent && parent->saga == saga;
  });
}

/// It waits for nothing but a child that is paused, and nothing is to be done about it.
bool waits_for_paused_child(const Installation& site, const EngineDatabase::Row& row) {
  if (!has_paused_child(site, row.instance.id)) return false;
  const auto instance = EngineDatabase::read(row);
  bool waits = false;
  for (const auto& step : definition_named(instance.definition)->steps) {
    const auto status = instance.steps.at(static_cast<std::size_t>(step.index)).status;
    const auto* child = child_of(site, instance.id, step);
    const bool open = status != StepStatus::kPending && status != StepStatus::kDone &&
                      status != StepStatus::kSkipped && status != StepStatus::kFailed &&
                      status != StepStatus::kCompensated;
    if (!open) continue;
    if (child == nullptr || child->instance.status != SagaStatus::kPaused) return false;
    waits = true;
  }
  return waits;
}

bool is_at_rest(const Installation& site, const EngineDatabase::Row& row) {
  const auto status = row.instance.status;
  return saga::is_final(status) || status == SagaStatus::kPaused ||
         waits_for_paused_child(site, row);
}

/// The verdict about one saga.
class SagaJudge {
 public:
  SagaJudge(World& world, const Plan& plan, const Installation& site,
            const saga::Instance& instance)
      : world_(world),
        plan_(plan),
        site_(site),
        wish_(plan.wishes.at(instance.input->at("n").to_number<std::size_t>())),
        definition_(*definition_named(instance.definition)),
        saga_(instance) {}

  void judge() {
    if (base::canonical_json(*saga_.input) != base::canonical_json(wish_.input)) {
      violate("has another input than was asked for");
    }
    for (const auto& step : definition_.steps) {
      if (step.kind == StepKind::kAction) {
        judge_step(step);
      } else {
        judge_wait(step);
      }
      if (step.child) judge_child(step);
      for (const int need : step.needs) judge_order(step, definition_.steps.at(index(need)));
    }
    if (saga_.status == SagaStatus::kPaused) judge_pause();
    if (saga_.status == SagaStatus::kFailed) violate("failed, which nobody asked for");
    judge_history();
  }

 private:
  using Effects = std::vector<const Effect*>;

  static std::size_t index(int step) { return static_cast<std::size_t>(step); }
  void violate(const std::string& what) {
    world_.violate("saga " + wish_.key + " (" + saga_.id.str() + ", " +
                   std::string(saga::to_string(saga_.status)) + " " + saga_.reason + ") " + what);
  }
  StepStatus status(const definition::Step& step) const {
    return saga_.steps.at(index(step.index)).status;
  }
  int items(const definition::Step& step) const {
    if (!step.foreach) return 1;
    return static_cast<int>(wish_.input.at("lists").at(step.id).as_array().size());
  }
  bool skips(const definition::Step& step) const {
    return step.when && !wish_.input.at("flags").at(step.id).as_bool();
  }
  /// In the order in which they were committed; of a child step: those of the whole child.
  Effects effects(const definition::Step& step, Kind kind) const;
  bool is_after_pivot() const;

  void judge_step(const definition::Step& step);
  void judge_item(const definition::Step& step, int item);
  void judge_wait(const definition::Step& step);
  void judge_child(const definition::Step& step);
  void judge_order(const definition::Step& step, const definition::Step& need);
  void judge_pause();
  bool is_stated(const std::string& reason) const;
  void judge_history();

  World& world_;
  const Plan& plan_;
  const Installation& site_;
  const Wish& wish_;
  const definition::Definition& definition_;
  const saga::Instance& saga_;
};

SagaJudge::Effects SagaJudge::effects(const definition::Step& step, Kind kind) const {
  const auto* child = child_of(site_, saga_.id, step);
  Effects found;
  for (const auto& effect : site_.effects) {
    const bool own = effect.key.saga == saga_.id && effect.key.step == step.id;
    const bool childs = child != nullptr && effect.key.saga == child->instance.id;
    if ((own || childs) && effect.key.kind == kind) found.push_back(&effect);
  }
  return found;
}

bool SagaJudge::is_after_pivot() const {
  if (!definition_.pivot) return false;
  const auto& pivot = definition_.steps.at(index(*definition_.pivot));
  if (pivot.kind != StepKind::kAction) return status(pivot) == StepStatus::kDone;
  return !effects(pivot, Kind::kDo).empty();
}

void SagaJudge::judge_step(const definition::Step& step) {
  for (int item = 0; item < items(step); ++item) judge_item(step, item);
  if (!effects(step, Kind::kUndo).empty() && is_after_pivot()) {
    violate("undid " + step.id + " after the pivot");
  }
  if (!effects(step, Kind::kDo).empty() && skips(step)) {
    violate("did " + step.id + " against its condition");
  }
}

void SagaJudge::judge_item(const definition::Step& step, int item) {
  const auto count = [&](Kind kind) {
    const auto all = effects(step, kind);
    return std::count_if(all.begin(), all.end(),
                         [&](const auto* effect) { return effect->key.item == item; });
  };
  const auto done = count(Kind::kDo);
  const auto undone = count(Kind::kUndo);
  const auto name = step.id + (step.foreach ? "/" + std::to_string(item) : "");
  if (done > 1) violate("did " + name + " " + std::to_string(done) + " times");
  if (undone > 1) violate("undid " + name + " " + std::to_string(undone) + " times");
  if (undone > done) violate("undid " + name + ", which was not done");
  if (wish_.tempers.at(step.id).refuses_item(item) && done > 0) {
    violate("did " + name + ", which refuses");
  }
  const auto& state = saga_.steps.at(index(step.index));
  const auto is = state.items.empty() ? state.status : state.items.at(index(item)).status;
  if ((is == StepStatus::kDone || is == StepStatus::kCompensated) && done == 0) {
    violate("says that " + name + " is done, and it is not");
  }
  if (saga_.status == SagaStatus::kCompleted) {
    if (done != (skips(step) ? 0 : 1)) violate("is completed without " + name);
    if (undone > 0) violate("is completed with " + name + " undone");
  }
  if (saga_.status == SagaStatus::kCompensated && step.compensate && done != undone) {
    violate("is compensated, but not " + name);
  }
}

/// A signal is taken by one step.
void SagaJudge::judge_wait(const definition::Step& step) {
  if (saga_.status == SagaStatus::kCompleted && status(step) != StepStatus::kDone) {
    violate("is completed, but " + step.id + " still waits");
  }
  if (!step.signal || status(step) != StepStatus::kDone) return;
  const auto signals = site_.engine.signals.find(saga_.id);
  const auto taken = signals == site_.engine.signals.end()
                         ? 0
                         : std::count_if(signals->second.begin(), signals->second.end(),
                                         [&](const auto& row) { return row.step == step.index; });
  if (taken != 1) violate(step.id + " has taken " + std::to_string(taken) + " signals");
}

/// Parent and child agree on how it ended; what the child did is judged with the child.
void SagaJudge::judge_child(const definition::Step& step) {
  const auto* child = child_of(site_, saga_.id, step);
  const bool completed = child != nullptr && child->instance.status == SagaStatus::kCompleted;
  const bool undone = child == nullptr || child->instance.status == SagaStatus::kCompensated;
  if (saga_.status == SagaStatus::kCompleted && !completed) {
    violate("is completed, but not the child of " + step.id);
  }
  if (saga_.status == SagaStatus::kCompensated && !undone) {
    violate("is compensated, but not the child of " + step.id);
  }
}

/// A step acts after what it needs, and is undone before it.
void SagaJudge::judge_order(const definition::Step& step, const definition::Step& need) {
  const auto done = effects(step, Kind::kDo);
  const auto undone = effects(step, Kind::kUndo);
  const auto need_done = effects(need, Kind::kDo);
  const auto need_undone = effects(need, Kind::kUndo);
  const bool plain = need.kind == StepKind::kAction && status(need) != StepStatus::kSkipped;
  if (!done.empty() && plain && need_done.size() < index(items(need))) {
    violate("did " + step.id + " without " + need.id);
  }
  const auto precedes = [](const Effects& first, const Effects& then) {
    return first.empty() || then.empty() || first.back()->order < then.front()->order;
  };
  if (!precedes(need_done, done)) violate("did " + step.id + " before " + need.id);
  if (!precedes(done, need_undone)) violate("did " + step.id + " on " + need.id + ", being undone");
  if (!precedes(undone, need_undone)) violate("undid " + need.id + " before " + step.id);
  if (!need_undone.empty() && undone.size() < done.size() && step.kind == StepKind::kAction &&
      step.compensate) {
    violate("undid " + need.id + ", but not " + step.id + ", which needs it");
  }
}

/// It has to be for a reason that the plugin or the definition gave.
void SagaJudge::judge_pause() {
  if (!is_stated(saga_.reason)) violate("is paused for no reason that was given");
}

bool SagaJudge::is_stated(const std::string& reason) const {
  const auto any = [&](auto holds) {
    return std::any_of(definition_.steps.begin(), definition_.steps.end(), holds);
  };
  const auto temper = [&](const definition::Step& step) -> const Temper& {
    return wish_.tempers.at(step.id);
  };
  if (reason == "dead_letter") {
    // A process that is killed again and again looks as if it crashed; of copies of a command each
    // worker may have one.
    return any([&](const auto& step) {
      if (step.kind != StepKind::kAction) return false;
      const auto participant = std::stoull(step.action.participant.substr(1));
      const int workers = plan_.participants_workers;
      const int starts = site_.restarts(participant) * workers + workers - 1;
      return temper(step).poison || starts >= kPoisonStarts;
    });
  }
  if (reason == "compensation_failed") {
    return any([&](const auto& step) { return temper(step).undo_fails; });
  }
  if (reason == "compensation_exhausted") {
    return any([&](const auto& step) {
      return step.compensate && step.compensate->retry.max_attempts > 0;
    });
  }
  if (reason == "step_failed") {
    return is_after_pivot() && any([&](const auto& step) {
             return temper(step).refuses || temper(step).later_fails || step.child;
           });
  }
  if (reason == "step_exhausted") {
    return is_after_pivot() || any([](const auto& step) {
             return step.on_exhausted == definition::OnExhausted::kPause;
           });
  }
  return false;
}

/// Every retry that is recorded was answered, to that attempt.
void SagaJudge::judge_history() {
  for (const auto& row : site_.engine.history.at(saga_.id)) {
    for (const auto& entry : row.events) {
      const bool forward = entry.type == "retry";
      if (!forward && entry.type != "undo_retry") continue;
      const auto* item = entry.detail.if_contains("item");
      const auto key = saga_.id.str() + "/" + entry.step + "/" +
                       std::to_string(item == nullptr ? 0 : item->to_number<int>()) + "/" +
                       (forward ? "do" : "undo") + "/" +
                       std::to_string(entry.detail.at("attempt").to_number<int>());
      if (site_.bus.retries.count(key) == 0) {
        violate("records a retry of " + entry.step + " that nobody answered: " + key);
      }
    }
  }
}

const EngineDatabase::Row* find(const Installation& site, const Wish& wish) {
  const auto key = site.engine.keys.find(wish.definition->name + "/" + wish.key);
  return key == site.engine.keys.end() ? nullptr : &site.engine.instances.at(key->second);
}

/// What crashes its process again and again is reported.
void judge_crashes(World& world, const Installation& site, const ParticipantDatabase& database) {
  for (const auto& [key, crashes] : database.crashes) {
    if (crashes < kMostCrashes) continue;
    const auto& letters = site.engine.letters;
    const bool reported = std::any_of(letters.begin(), letters.end(), [&](const auto& letter) {
      return letter.saga == key.saga && letter.reason == "poison";
    });
    if (!reported) world.violate("step " + key.step + " crashes for ever, and nobody is told");
  }
}

std::size_t messages(const BusServer& bus) {
  std::size_t count = 0;
  for (const auto& [name, stream] : bus.streams()) count += stream.slots.size();
  return count;
}

}  // namespace

bool is_quiet(const Plan& plan, const Installation& site) {
  if (!site.engine.outbox.rows.empty() || messages(site.bus) > 0) return false;
  for (const auto& participant : site.participants) {
    if (!participant->outbox.rows.empty()) return false;
  }
  for (const auto& wish : plan.wishes) {
    if (wish.acknowledged && find(site, wish) == nullptr) return false;
  }
  return std::all_of(site.engine.instances.begin(), site.engine.instances.end(),
                     [&](const auto& entry) { return is_at_rest(site, entry.second); });
}

void judge(World& world, const Plan& plan, const Installation& site) {
  std::size_t roots = 0;
  for (const auto& [id, row] : site.engine.instances) {
    if (!is_child(row.instance)) ++roots;
    if (!was_barred(row.instance)) SagaJudge(world, plan, site, EngineDatabase::read(row)).judge();
  }
  if (roots > plan.wishes.size()) world.violate("there are more sagas than were asked for");
  for (const auto& wish : plan.wishes) {
    if (!wish.acknowledged || find(site, wish) != nullptr) continue;
    world.violate("saga " + wish.key + " was acknowledged and is not there");
  }
  for (const auto& effect : site.effects) {
    const auto row = site.engine.instances.find(effect.key.saga);
    if (row != site.engine.instances.end() && !was_barred(row->second.instance)) continue;
    world.violate("step " + effect.key.step + " was done for a saga that is not there");
  }
  for (const auto& participant : site.participants) judge_crashes(world, site, *participant);
  for (const auto& letter : site.engine.letters) {
    if (letter.reason != "poison" && letter.reason != "unknown_definition") {
      world.violate("a dead letter: " + letter.reason + ": " + letter.message);
    }
  }
}

std::map<std::string, std::uint64_t> census(const Installation& site) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [id, row] : site.engine.instances) {
    ++counts[(is_child(row.instance) ? "child " : "saga ") +
             std::string(saga::to_string(row.instance.status))];
  }
  for (const auto& [id, rows] : site.engine.history) {
    for (const auto& row : rows) {
      for (const auto& entry : row.events) ++counts[entry.type];
    }
  }
  return counts;
}

std::string unrest(const Plan& plan, const Installation& site) {
  std::string text;
  for (const auto& wish : plan.wishes) {
    if (!wish.acknowledged || find(site, wish) != nullptr) continue;
    text += "; saga " + wish.key + " was acknowledged and is not there";
  }
  for (const auto& [id, row] : site.engine.instances) {
    if (is_at_rest(site, row)) continue;
    text += "; saga " + row.instance.key + " (" + id.str() + ") is " +
            std::string(saga::to_string(row.instance.status));
  }
  const auto rows = [&](const std::string& name, const OutboxTable& table) {
    if (!table.rows.empty()) {
      text += "; " + std::to_string(table.rows.size()) + " outbox rows of " + name;
    }
  };
  rows("engine", site.engine.outbox);
  for (const auto& participant : site.participants) rows(participant->name(), participant->outbox);
  if (messages(site.bus) > 0) text += "; " + std::to_string(messages(site.bus)) + " messages";
  return text.empty() ? "; the clients" : text;
}

}  // namespace sagad::simulation
