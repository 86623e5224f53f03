// A saga, its child and its grandchild, and a signal that comes when it likes, over a channel that
// loses, doubles and reorders: together they must keep the promises of one saga. A failure prints
// its seed.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <variant>

#include "definition/loader.hpp"
#include "saga/child.hpp"
#include "saga/decide.hpp"

namespace sagad::saga {
namespace {

using namespace std::chrono_literals;

const std::string kUndo = "{ action: p.undo, retry: { give_up_after: 8760h } }";

/// The definitions of the family, with their evaluators; made once.
class Definitions {
 public:
  struct Entry {
    definition::DefinitionPtr definition;
    std::unique_ptr<definition::Evaluator> evaluator;
  };

  Definitions() {
    add(R"(name: leaf
steps:
  - { id: a, action: p.do, compensate: )" +
        kUndo + R"( }
  - { id: b, action: p.do, needs: [], compensate: )" +
        kUndo + " }\n");
    add(R"(name: mid
steps:
  - { id: x, action: p.do, compensate: )" +
        kUndo + R"( }
  - { id: sub, child: leaf@1 }
  - { id: y, action: p.do, needs: [x], compensate: )" +
        kUndo + " }\n");
    add(R"(name: root
deadline: 10m
steps:
  - { id: r, action: p.do, compensate: )" +
        kUndo + R"( }
  - { id: sub, child: mid@1 }
  - { id: go, signal: go, needs: [r] }
  - { id: q, action: p.do, needs: [sub, go], compensate: )" +
        kUndo + " }\n");
  }

  Entry& of(const std::string& name) { return entries_.at(name); }

 private:
  void add(const std::string& yaml) {
    auto loaded = definition::load_yaml(yaml, "family.yaml");
    auto evaluator = definition::make_evaluator(loaded);
    entries_.emplace(loaded->name, Entry{loaded, std::move(evaluator)});
  }
  std::map<std::string, Entry> entries_;
};

class Trial {
 public:
  Trial(std::uint64_t seed, Definitions& definitions)
      : definitions_(definitions), random_(seed), ids_(seed) {
    begin("root", "");
    root_ = sagas_.begin()->first;
  }

  void go() {
    for (int tick = 0; tick < 30'000 && !all_ended(); ++tick) step();
    ASSERT_TRUE(all_ended()) << "it never ended: " << to_string(root().status);
    const auto status = root().status;
    calm_ = true;
    while (!channel_.empty()) deliver();  // what is still on its way must do no harm
    ASSERT_EQ(root().status, status);
    ASSERT_TRUE(all_ended());
    check();
  }

  SagaStatus status() { return root().status; }

 private:
  Instance& root() { return sagas_.at(root_); }
  bool all_ended() const {
    return std::all_of(sagas_.begin(), sagas_.end(),
                       [](const auto& saga) { return is_final(saga.second.status); });
  }

  base::SagaId place(Instance instance) {
    const auto id = instance.id;
    by_key_[instance.key] = id;
    sagas_[id] = std::move(instance);
    return id;
  }

  base::SagaId begin(const std::string& name, const std::string& key) {
    const auto id = place(new_instance(*definitions_.of(name).definition, ids_.next(now_), key,
                                       std::make_shared<const json::value>(), now_));
    happens(id, event::Started{});
    return id;
  }

  void happens(base::SagaId id, const Event& event) {
    auto& instance = sagas_.at(id);
    auto& entry = definitions_.of(instance.definition);
    DecideContext context{now_, *entry.evaluator, random_};
    auto decision = decide(*entry.definition, std::move(instance), event, context);
    instance = std::move(decision.instance);
    for (auto& command : decision.commands) channel_.emplace_back(std::move(command));
    for (const auto& timer : decision.timers) timers_.emplace_back(id, timer);
    if (decision.answer) channel_.emplace_back(std::move(*decision.answer));
  }

  void step() {
    const auto chance = random_.next() % 40;
    if (chance == 0) {
      now_ += 31s;
      rescue();
    } else if (chance < 6 && !timers_.empty()) {
      fire_timer();
    } else if (chance == 6) {
      happens(root_, event::Signalled{{ids_.next(now_), "go", "", nullptr, now_}});
    } else if (chance == 7 && random_.next() % 20 == 0) {
      now_ += 10min;
      happens(root_, event::DeadlineReached{});
    } else if (!channel_.empty()) {
      deliver();
    }
  }

  void rescue() {
    std::vector<base::SagaId> all;
    for (const auto& [id, saga] : sagas_) all.push_back(id);
    for (const auto id : all) {
      happens(id, event::Rescue{{{"p", now_}, {std::string(definition::kChildParticipant), now_}}});
    }
  }

  void fire_timer() {
    const auto at = random_.next() % timers_.size();
    const auto [id, timer] = timers_[at];
    timers_.erase(timers_.begin() + static_cast<std::ptrdiff_t>(at));
    now_ = std::max(now_, timer.due_at);
    happens(id, event::TimerFired{timer.step, timer.kind});
  }

  void deliver() {
    const auto at = random_.next() % channel_.size();
    const auto message = channel_[at];
    const bool again = !calm_ && random_.next() % 5 == 0;
    if (!again) channel_.erase(channel_.begin() + static_cast<std::ptrdiff_t>(at));
    if (!calm_ && random_.next() % 10 == 0) return;  // lost
    if (const auto* result = std::get_if<Result>(&message)) {
      happens(result->saga, event::Answered{*result});
    } else if (const auto& command = std::get<Command>(message);
               command.participant == definition::kChildParticipant) {
      carry_out(command);
    } else {
      channel_.emplace_back(execute(command));
    }
  }

  /// As the engine does for `@child`.
  void carry_out(const Command& command) {
    const auto key = child_key({command.saga, command.step, command.item, command.round});
    const auto name = command.action.substr(0, command.action.find('@'));
    const auto known = by_key_.find(key);
    if (known == by_key_.end() && command.kind == Kind::kDo) {
      begin(name, key);
      return;
    }
    const auto id = known != by_key_.end()
                        ? known->second
                        : place(barred_child(*definitions_.of(name).definition, ids_.next(now_),
                                             key, command.kind, now_));
    happens(id, event::AskedByParent{command.kind, command.round});
  }

  /// As a participant with its barrier does.
  Result execute(const Command& command) {
    Result result;
    result.saga = command.saga;
    result.step = command.step;
    result.participant = command.participant;
    result.kind = command.kind;
    result.attempt = command.attempt;
    result.code = "code";
    const auto name = sagas_.at(command.saga).definition + "." + command.step;
    result.outcome = command.kind == Kind::kUndo ? undo(name)
                     : command.kind == Kind::kDo ? act(name)
                                                 : settle(name);
    return result;
  }
  Outcome act(const std::string& name) {
    if (const auto found = actions_.find(name); found != actions_.end()) return found->second;
    const auto chance = random_.next() % 40;
    if (chance < 4) return Outcome::kRetry;
    if (chance < 6) return actions_[name] = Outcome::kFailed;
    effects_.push_back("+" + name);
    return actions_[name] = Outcome::kDone;
  }
  Outcome settle(const std::string& name) {
    return actions_.emplace(name, Outcome::kBarred).first->second;
  }
  Outcome undo(const std::string& name) {
    if (undone_.count(name) != 0) return Outcome::kDone;
    const auto action = actions_.find(name);
    if (action == actions_.end()) return Outcome::kMissing;
    if (random_.next() % 5 == 0) return Outcome::kRetry;
    undone_.insert(name);
    if (action->second == Outcome::kDone) effects_.push_back("-" + name);
    return Outcome::kDone;
  }

  std::size_t at(const std::string& effect) const {
    return static_cast<std::size_t>(std::find(effects_.begin(), effects_.end(), effect) -
                                    effects_.begin());
  }
  bool happened(const std::string& effect) const { return at(effect) != effects_.size(); }

  void check() {
    const bool completed = root().status == SagaStatus::kCompleted;
    ASSERT_TRUE(completed || root().status == SagaStatus::kCompensated)
        << to_string(root().status) << " " << root().reason;
    for (const auto& [id, saga] : sagas_) ASSERT_EQ(saga.status, root().status) << saga.definition;
    ASSERT_LE(sagas_.size(), 3U) << "one child each";
    for (const auto* name : {"root.r", "mid.x", "mid.y", "leaf.a", "leaf.b", "root.q"}) {
      check_effect(name, completed);
    }
    // A descendant acts after, and is undone before, what its step depends on.
    for (const auto* inner : {"mid.x", "mid.y", "leaf.a", "leaf.b", "root.q"}) {
      check_order("root.r", inner);
    }
    for (const auto* inner : {"leaf.a", "leaf.b"}) check_order("mid.x", inner);
    for (const auto* outer : {"mid.x", "mid.y", "leaf.a", "leaf.b"}) check_order(outer, "root.q");
  }
  void check_effect(const std::string& name, bool completed) const {
    ASSERT_LE(std::count(effects_.begin(), effects_.end(), "+" + name), 1);
    ASSERT_LE(std::count(effects_.begin(), effects_.end(), "-" + name), 1);
    if (completed) {
      ASSERT_TRUE(happened("+" + name)) << name;
      ASSERT_FALSE(happened("-" + name)) << name;
    } else {
      ASSERT_EQ(happened("+" + name), happened("-" + name)) << name;
    }
  }
  void check_order(const std::string& outer, const std::string& inner) const {
    if (!happened("+" + inner)) return;
    ASSERT_LT(at("+" + outer), at("+" + inner));
    if (happened("-" + outer)) {
      ASSERT_LT(at("-" + inner), at("-" + outer)) << inner << " before " << outer;
    }
  }

  Definitions& definitions_;
  base::Random random_;
  base::IdGenerator ids_;
  base::Time now_ = base::from_micros(1'800'000'000'000'000);
  std::map<base::SagaId, Instance> sagas_;
  std::map<std::string, base::SagaId> by_key_;
  base::SagaId root_;
  bool calm_ = false;  ///< nothing is lost or doubled any more
  std::vector<std::variant<Command, Result>> channel_;
  std::vector<std::pair<base::SagaId, Timer>> timers_;
  std::map<std::string, Outcome> actions_;
  std::set<std::string> undone_;
  std::vector<std::string> effects_;  ///< `+mid.x`, `-mid.x`, in order
};

TEST(DecideFamilyProperty, KeepsThePromisesOfOneSaga) {
  Definitions definitions;
  std::map<SagaStatus, int> ends;
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Trial run(seed, definitions);
    run.go();
    if (HasFatalFailure()) return;
    ++ends[run.status()];
  }
  EXPECT_GT(ends[SagaStatus::kCompleted], 300);
  EXPECT_GT(ends[SagaStatus::kCompensated], 300);
}

}  // namespace
}  // namespace sagad::saga
