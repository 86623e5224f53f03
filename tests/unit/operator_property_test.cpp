// Operators' verbs at any moment, on random graphs, over a channel that loses, doubles and
// reorders, against a model of a participant with its barrier and its rounds. A failure prints its
// seed.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <variant>

#include "saga/decide.hpp"

namespace sagad::saga {
namespace {

using namespace std::chrono_literals;

class FixedEvaluator final : public definition::Evaluator {
 public:
  json::value evaluate(const definition::Template&, const definition::Scope&) override {
    return json::object{};
  }
  bool evaluate_condition(const definition::Expression& condition,
                          const definition::Scope&) override {
    return condition.text == "true";
  }
  json::array evaluate_list(const definition::Expression&, const definition::Scope&) override {
    return {};
  }
};

definition::Operation operation(const std::string& action, int max_attempts) {
  definition::Operation made;
  made.participant = "p";
  made.action = action;
  made.retry.max_attempts = max_attempts;
  return made;
}

/// A random graph whose steps need only steps before them. `pausing`: steps may pause when they
/// are exhausted.
definition::Definition random_definition(base::Random& random, bool pausing) {
  definition::Definition made;
  made.name = "random";
  made.deadline = 10min;
  const auto count = static_cast<int>(1 + random.next() % 6);
  for (int i = 0; i < count; ++i) {
    definition::Step step;
    step.index = i;
    step.id = "s" + std::to_string(i);
    step.action = operation("do", static_cast<int>(1 + random.next() % 3));
    if (random.next() % 4 != 0) {
      step.compensate = operation("undo", 0);
      step.compensate->retry.give_up_after = 1h;
    }
    if (random.next() % 6 == 0) {
      step.when = definition::Expression{};
      step.when->text = random.next() % 2 == 0 ? "true" : "false";
    }
    if (random.next() % 6 == 0) step.total_timeout = 1min;
    if (pausing && random.next() % 8 == 0) {
      step.on_exhausted = definition::OnExhausted::kPause;
    }
    for (int need = 0; need < i; ++need) {
      if (random.next() % 2 == 0) step.needs.push_back(need);
    }
    made.steps.push_back(std::move(step));
  }
  if (random.next() % 3 == 0) {  // a chain may have a pivot anywhere
    const auto pivot = static_cast<int>(random.next() % static_cast<std::uint64_t>(count));
    for (int i = 1; i < count; ++i) made.steps[static_cast<std::size_t>(i)].needs = {i - 1};
    auto& step = made.steps[static_cast<std::size_t>(pivot)];
    step.pivot = true;
    step.compensate.reset();
    step.when.reset();
    made.pivot = pivot;
  }
  for (const auto& step : made.steps) {
    for (const int need : step.needs) {
      made.steps[static_cast<std::size_t>(need)].dependents.push_back(step.index);
    }
  }
  return made;
}

/// What a plugin answers. `steady`: a function of the attempt alone, so that two runs of one saga
/// meet the same plugin, whatever else differs; else every call may be answered otherwise, and
/// compensations may fail.
class Plugin {
 public:
  Plugin(std::uint64_t seed, bool steady) : seed_(seed), steady_(steady) {}

  Outcome act(const std::string& step, int round, int attempt, int call) const {
    if (steady_) call = attempt;
    if (draw(step, "do", round, call) % 10 < 2) return Outcome::kRetry;
    return draw(step, "fate", round, 0) % 10 < 2 ? Outcome::kFailed : Outcome::kDone;
  }
  Outcome undo(const std::string& step, int round, int attempt, int call) const {
    if (steady_) call = attempt;
    if (draw(step, "undo", round, call) % 5 == 0) return Outcome::kRetry;
    const bool fails = !steady_ && draw(step, "undo fate", round, 0) % 8 == 0;
    return fails ? Outcome::kFailed : Outcome::kDone;
  }

 private:
  std::uint64_t draw(const std::string& step, const std::string& what, int round, int call) const {
    const auto text = step + what + std::to_string(round) + "/" + std::to_string(call);
    return base::Random(seed_ ^ std::hash<std::string>{}(text)).next();
  }
  std::uint64_t seed_;
  bool steady_;
};

/// A participant as docs/messages.md describes it.
class Participant {
 public:
  explicit Participant(Plugin plugin) : plugin_(plugin) {}

  Result execute(const Command& command) {
    Result result;
    result.saga = command.saga;
    result.step = command.step;
    result.kind = command.kind;
    result.attempt = command.attempt;
    result.sent_at = command.sent_at;
    result.code = "code";
    const auto row = command.kind == Kind::kUndo ? undo(command)
                     : command.kind == Kind::kDo ? act(command)
                                                 : settle(command);
    result.outcome = row.outcome;
    result.round = row.round;
    return result;
  }

  std::vector<std::string> effects;  ///< `+s1`, `-s1`, in order

 private:
  struct Row {
    Outcome outcome;
    int round;
  };
  using Rows = std::map<std::string, Row>;

  static const Row* standing(const Rows& rows, const Command& command) {
    const auto found = rows.find(command.step);
    if (found == rows.end()) return nullptr;
    const bool gives_way =
        found->second.outcome != Outcome::kDone && found->second.round < command.round;
    return gives_way ? nullptr : &found->second;
  }

  Row act(const Command& command) {
    if (const auto* row = standing(actions_, command)) return *row;
    const auto outcome =
        plugin_.act(command.step, command.round, command.attempt, ++calls_["+" + command.step]);
    if (outcome == Outcome::kRetry) return {outcome, command.round};
    if (outcome == Outcome::kDone) effects.push_back("+" + command.step);
    return actions_[command.step] = {outcome, command.round};
  }
  Row settle(const Command& command) {
    if (const auto* row = standing(actions_, command)) return *row;
    return actions_[command.step] = {Outcome::kBarred, command.round};
  }
  Row undo(const Command& command) {
    if (const auto* row = standing(undos_, command)) return *row;
    const auto action = actions_.find(command.step);
    if (!command.by_hand) {
      if (action == actions_.end()) return {Outcome::kMissing, command.round};
      if (action->second.outcome != Outcome::kDone) {
        return undos_[command.step] = {Outcome::kDone, command.round};
      }
    }
    const auto outcome =
        plugin_.undo(command.step, command.round, command.attempt, ++calls_["-" + command.step]);
    if (outcome == Outcome::kRetry) return {outcome, command.round};
    if (outcome == Outcome::kDone) effects.push_back("-" + command.step);
    return undos_[command.step] = {outcome, command.round};
  }

  Plugin plugin_;
  Rows actions_;
  Rows undos_;
  std::map<std::string, int> calls_;
};

/// One saga, its participant and the channel between them.
class World {
 public:
  World(std::uint64_t seed, definition::Definition definition, Plugin plugin)
      : random_(seed), definition_(std::move(definition)), participant_(plugin) {
    instance_ = new_instance(definition_, {}, "", std::make_shared<const json::value>(), now_);
  }

  void happens(const Event& event) {
    DecideContext context{now_, evaluator_, random_};
    auto decision = decide(definition_, std::move(instance_), event, context);
    instance_ = std::move(decision.instance);
    // What the database keeps has to be enough to go on with.
    const auto outputs = outputs_of(instance_);
    instance_.steps = decode_steps(encode_steps(instance_.steps));
    for (std::size_t i = 0; i < outputs.size(); ++i) instance_.steps[i].output = outputs[i];
    instance_.control = decode_control(encode_control(instance_.control));
    for (auto& command : decision.commands) channel_.emplace_back(std::move(command));
    for (const auto& timer : decision.timers) timers_.push_back(timer);
    verdict_ = decision.verdict;
  }

  /// Gives the order, and remembers what a person has made of the saga.
  void give(Intervention order) {
    order.id = "id";
    order.by = "p";
    order.reason = "r";
    happens(event::Operator{order});
    if (verdict_->kind != Verdict::Kind::kApplied && verdict_->kind != Verdict::Kind::kPending) {
      return;
    }
    if (needs_step(order.verb)) touched_.insert(order.step);
    if (order.verb == Verb::kCancel && order.force) forced_ = true;
  }

  bool ended() const { return is_final(instance_.status); }
  bool paused() const { return instance_.status == SagaStatus::kPaused; }
  bool idle() const { return channel_.empty() && timers_.empty(); }

  /// Something that the world does.
  void step(bool faults) {
    const auto chance = random_.next() % 20;
    if (chance == 0) {
      now_ += 31s;
      happens(event::Rescue{{{"p", now_}}});
    } else if (chance < 4 && !timers_.empty()) {
      fire_timer();
    } else if (faults && chance == 4 && random_.next() % 10 == 0) {
      now_ += 10min;
      happens(event::DeadlineReached{});
    } else if (faults && chance == 5 && random_.next() % 10 == 0) {
      happens(event::DeadLettered{any_step(), "poison"});
    } else if (!channel_.empty()) {
      deliver(faults);
    }
  }

  void drain() {
    while (!channel_.empty()) deliver(false);
  }

  std::string any_step() { return definition_.steps[random_.next() % definition_.steps.size()].id; }
  std::uint64_t draw(std::uint64_t below) { return random_.next() % below; }

  bool happened(const std::string& effect) const {
    return place(effect) != participant_.effects.size();
  }
  /// The promises of a saga, of steps that no person has decided about.
  void check() const {
    for (const auto& known : definition_.steps) {
      const auto& effects = participant_.effects;
      const auto id = known.id;
      ASSERT_LE(std::count(effects.begin(), effects.end(), "+" + id), 1);
      ASSERT_LE(std::count(effects.begin(), effects.end(), "-" + id), 1);
      if (touched_.count(id) != 0) continue;
      if (happened("-" + id)) {
        ASSERT_LT(place("+" + id), place("-" + id));
      }
      const auto status = instance_.steps[static_cast<std::size_t>(known.index)].status;
      if (instance_.status == SagaStatus::kCompleted) {
        ASSERT_EQ(happened("+" + id), status == StepStatus::kDone) << id;
        ASSERT_TRUE(status == StepStatus::kDone || status == StepStatus::kSkipped);
        ASSERT_FALSE(happened("-" + id));
      }
      if (instance_.status == SagaStatus::kCompensated && known.compensate) {
        ASSERT_EQ(happened("+" + id), happened("-" + id)) << id;
      }
      for (const int dependent : known.dependents) check_order(known, dependent);
      if (definition_.pivot && !forced_) check_pivot(id);
    }
  }

  const Instance& instance() const { return instance_; }
  const definition::Definition& definition() const { return definition_; }

 private:
  static std::vector<Document> outputs_of(const Instance& instance) {
    std::vector<Document> outputs;
    for (const auto& step : instance.steps) outputs.push_back(step.output);
    return outputs;
  }

  void fire_timer() {
    const auto at = random_.next() % timers_.size();
    const auto timer = timers_[at];
    timers_.erase(timers_.begin() + static_cast<std::ptrdiff_t>(at));
    now_ = std::max(now_, timer.due_at);
    happens(event::TimerFired{timer.step, timer.kind});
  }

  void deliver(bool faults) {
    const auto at = random_.next() % channel_.size();
    const auto message = channel_[at];
    const bool again = faults && random_.next() % 5 == 0;
    if (!again) channel_.erase(channel_.begin() + static_cast<std::ptrdiff_t>(at));
    if (faults && random_.next() % 10 == 0) return;  // lost
    if (const auto* command = std::get_if<Command>(&message)) {
      channel_.emplace_back(participant_.execute(*command));
    } else {
      happens(event::Answered{std::get<Result>(message)});
    }
  }

  std::size_t place(const std::string& effect) const {
    const auto& effects = participant_.effects;
    return static_cast<std::size_t>(std::find(effects.begin(), effects.end(), effect) -
                                    effects.begin());
  }

  /// A dependent acts after and is undone before what it depends on.
  void check_order(const definition::Step& known, int dependent) const {
    const auto& other = definition_.steps[static_cast<std::size_t>(dependent)].id;
    if (touched_.count(other) != 0) return;
    if (happened("+" + other) && happened("+" + known.id)) {
      ASSERT_LT(place("+" + known.id), place("+" + other));
    }
    if (happened("-" + known.id) && happened("-" + other)) {
      ASSERT_LT(place("-" + other), place("-" + known.id));
    }
    if (happened("-" + known.id) && happened("+" + other)) {
      ASSERT_LT(place("+" + other), place("-" + known.id)) << "acted on what was undone";
    }
  }

  void check_pivot(const std::string& id) const {
    const auto& pivot = definition_.steps[static_cast<std::size_t>(*definition_.pivot)].id;
    if (touched_.count(pivot) == 0 && happened("+" + pivot)) {
      ASSERT_FALSE(happened("-" + id)) << "undone after the pivot";
    }
  }

  base::Random random_;
  definition::Definition definition_;
  FixedEvaluator evaluator_;
  Participant participant_;
  base::Time now_ = base::from_micros(1'800'000'000'000'000);
  Instance instance_;
  std::vector<std::variant<Command, Result>> channel_;
  std::vector<Timer> timers_;
  std::optional<Verdict> verdict_;
  std::set<std::string> touched_;  ///< steps that a person has decided about
  bool forced_ = false;
};

constexpr Verb kVerbs[] = {Verb::kCancel, Verb::kPause,    Verb::kResume, Verb::kRetry,
                           Verb::kSkip,   Verb::kComplete, Verb::kEdit,   Verb::kFail};

Intervention random_order(World& world) {
  Intervention order;
  order.verb = kVerbs[world.draw(std::size(kVerbs))];
  if (order.verb == Verb::kFail && world.draw(4) != 0) order.verb = Verb::kPause;
  if (needs_step(order.verb) || (order.verb == Verb::kRetry && world.draw(2) == 0)) {
    order.step = world.any_step();
  }
  order.force = order.verb != Verb::kPause && world.draw(6) == 0;
  order.value = std::make_shared<const json::value>(json::object{});
  return order;
}

void random_verbs(std::uint64_t seed) {
  base::Random random(seed);
  auto definition = random_definition(random, true);
  World world(seed * 7919, std::move(definition), Plugin(seed, false));
  world.happens(event::Started{});
  for (int tick = 0; tick < 400 && !world.ended(); ++tick) {
    if (world.draw(10) == 0) {
      world.give(random_order(world));
    } else {
      world.step(true);
    }
  }
  // Then the person only wants it to go on.
  for (int tick = 0; tick < 20'000 && !world.ended(); ++tick) {
    if (world.paused() && world.draw(5) == 0) {
      Intervention order;
      order.verb = Verb::kRetry;
      world.give(order);
    }
    world.step(false);
  }
  ASSERT_TRUE(world.ended()) << "it stands still as " << to_string(world.instance().status) << " ("
                             << world.instance().reason << ")";
  const auto status = world.instance().status;
  world.drain();  // what is still on its way must do no harm
  ASSERT_EQ(world.instance().status, status);
  ASSERT_FALSE(world.instance().control.pending);
  world.check();
}

TEST(OperatorProperty, NoVerbAtAnyMomentBreaksThePromisesOfASaga) {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_verbs(seed);
    if (testing::Test::HasFatalFailure()) return;
  }
}

/// The end of one saga: its status, and which steps that can be undone have an effect left.
std::pair<SagaStatus, std::set<std::string>> end_of(std::uint64_t seed, bool with_pauses) {
  base::Random random(seed);
  auto definition = random_definition(random, false);
  for (auto& step : definition.steps) {
    step.total_timeout.reset();
    if (step.compensate) step.compensate->retry.give_up_after.reset();
  }
  definition.deadline.reset();
  World world(seed * 7919, std::move(definition), Plugin(seed, true));
  world.happens(event::Started{});
  for (int tick = 0; tick < 20'000 && !world.ended(); ++tick) {
    // One that pauses by itself is at its end; it must be so in both runs.
    if (world.paused() && world.instance().reason != "operator") break;
    if (with_pauses && world.draw(6) == 0) {
      Intervention order;
      order.verb = world.paused() ? Verb::kResume : Verb::kPause;
      world.give(order);
    }
    world.step(false);
  }
  std::set<std::string> left;
  for (const auto& known : world.definition().steps) {
    if (known.compensate && world.happened("+" + known.id) && !world.happened("-" + known.id)) {
      left.insert(known.id);
    }
  }
  return {world.instance().status, left};
}

TEST(OperatorProperty, APausedSagaResumedEndsAsIfNeverPaused) {
  std::set<SagaStatus> seen;
  for (std::uint64_t seed = 1; seed <= 5'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto plain = end_of(seed, false);
    const auto paused = end_of(seed, true);
    ASSERT_EQ(plain.first, paused.first);
    ASSERT_EQ(plain.second, paused.second);
    seen.insert(plain.first);
  }
  EXPECT_EQ(seen.count(SagaStatus::kCompleted) + seen.count(SagaStatus::kCompensated) +
                seen.count(SagaStatus::kPaused),
            3u)
      << "the graphs do not reach every end";
}

}  // namespace
}  // namespace sagad::saga
