// Random graphs against a model of a participant with its barrier, over a channel that loses,
// doubles and reorders: decide() alone must keep the promises of a saga. A failure prints its seed.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
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
  /// The text is the number of items.
  json::array evaluate_list(const definition::Expression& list, const definition::Scope&) override {
    return json::array(std::stoul(list.text));
  }
};

definition::Operation operation(const std::string& action, int max_attempts) {
  definition::Operation made;
  made.participant = "p";
  made.action = action;
  made.retry.max_attempts = max_attempts;
  return made;
}

/// Instead of one action: a sleep, or several items.
void make_special(definition::Step& step, base::Random& random) {
  const auto chance = random.next() % 10;
  if (chance < 2) {
    step.kind = definition::StepKind::kSleep;
    step.sleep = 1min;
    step.action = {};
    step.compensate.reset();
    step.total_timeout.reset();
  } else if (chance < 5) {
    step.foreach = definition::ForEach{};
    step.foreach->list.text = std::to_string(random.next() % 5);
    step.foreach->max_parallel = static_cast<int>(1 + random.next() % 3);
  }
}

/// A random graph whose steps need only steps before them.
definition::Definition random_definition(base::Random& random) {
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
    if (random.next() % 8 == 0) step.on_exhausted = definition::OnExhausted::kPause;
    make_special(step, random);
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
    step.kind = definition::StepKind::kAction;
    step.action = operation("do", 2);
    step.foreach.reset();
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

/// What an execution is called in the books: `s1/0`.
std::string name_of(const std::string& step, int item) { return step + "/" + std::to_string(item); }

/// A participant as protocol.md, section 2, wants it.
class Participant {
 public:
  explicit Participant(base::Random& random) : random_(random) {}

  Result execute(const Command& command) {
    Result result;
    result.saga = command.saga;
    result.step = command.step;
    result.item = command.item;
    result.kind = command.kind;
    result.attempt = command.attempt;
    result.sent_at = command.sent_at;
    const auto name = name_of(command.step, command.item);
    result.in_doubt = false;
    result.outcome = command.kind == Kind::kUndo ? undo(name)
                     : command.kind == Kind::kDo ? act(name, command)
                                                 : settle(name);
    result.code = "code";
    result.in_doubt = result.outcome == Outcome::kFailed && in_doubt_.count(name) != 0 &&
                      command.kind != Kind::kUndo;
    return result;
  }

  /// The final answers that became due, once.
  std::vector<event::FinalAnswered> take_answers() { return std::exchange(answers_, {}); }
  /// It answered `later`, and failed in the end.
  bool refused_in_the_end(const std::string& name) const { return refused_.count(name) != 0; }

  std::vector<std::string> effects;  ///< `+s1/0`, `-s1/0`, in order

 private:
  Outcome act(const std::string& step, const Command& command) {
    if (const auto found = actions_.find(step); found != actions_.end()) return found->second;
    const auto chance = random_.next() % 10;
    if (chance < 2) return Outcome::kRetry;
    if (chance < 3) {
      if (random_.next() % 3 == 0) {  // external: an earlier run may have taken effect
        in_doubt_.insert(step);
        if (random_.next() % 2 == 0) effects.push_back("+" + step);
      }
      return actions_[step] = Outcome::kFailed;
    }
    effects.push_back("+" + step);
    if (chance > 3) return actions_[step] = Outcome::kDone;
    const bool refuses = random_.next() % 3 == 0;
    if (refuses) refused_.insert(step);
    answers_.push_back(
        {command.step, command.item, 0, FinalAnswer{!refuses, json::object{}, {"code", ""}}});
    return actions_[step] = Outcome::kLater;
  }
  Outcome settle(const std::string& step) {
    return actions_.emplace(step, Outcome::kBarred).first->second;
  }
  Outcome undo(const std::string& step) {
    if (undone_.count(step) != 0) return Outcome::kDone;
    const auto action = actions_.find(step);
    if (action == actions_.end()) return Outcome::kMissing;
    if (random_.next() % 5 == 0) return Outcome::kRetry;
    undone_.insert(step);
    if (std::find(effects.begin(), effects.end(), "+" + step) != effects.end()) {
      effects.push_back("-" + step);
    }
    return Outcome::kDone;
  }

  base::Random& random_;
  std::map<std::string, Outcome> actions_;
  std::set<std::string> undone_;
  std::set<std::string> in_doubt_;
  std::set<std::string> refused_;
  std::vector<event::FinalAnswered> answers_;
};

class Trial {
 public:
  explicit Trial(std::uint64_t seed)
      : random_(seed), definition_(random_definition(random_)), participant_(random_) {
    instance_ = new_instance(definition_, {}, "", std::make_shared<const json::value>(), now_);
  }

  void go() {
    happens(event::Started{});
    for (int tick = 0; tick < 20'000 && open(); ++tick) step();
    ASSERT_FALSE(open()) << "it never ended";
    const auto status = instance_.status;
    while (!channel_.empty()) deliver();  // what is still on its way must do no harm
    ASSERT_EQ(instance_.status, status);
    check();
  }

 private:
  bool open() const {
    return instance_.status == SagaStatus::kRunning ||
           instance_.status == SagaStatus::kCompensating;
  }

  void happens(const Event& event) {
    DecideContext context{now_, evaluator_, random_};
    auto decision = decide(definition_, std::move(instance_), event, context);
    instance_ = std::move(decision.instance);
    for (auto& command : decision.commands) channel_.emplace_back(std::move(command));
    for (const auto& timer : decision.timers) timers_.push_back(timer);
    check_in_flight();
  }

  void check_in_flight() const {
    for (const auto& known : definition_.steps) {
      if (!known.foreach) continue;
      int in_flight = 0;
      for (const auto& item : instance_.steps[static_cast<std::size_t>(known.index)].items) {
        const bool open =
            item.status == StepStatus::kRunning || item.status == StepStatus::kRetrying;
        in_flight += open || item.status == StepStatus::kCompensating ? 1 : 0;
      }
      ASSERT_LE(in_flight, known.foreach->max_parallel);
    }
  }

  void step() {
    const auto chance = random_.next() % 20;
    if (chance == 0) {
      now_ += 31s;
      happens(event::Rescue{{{"p", now_}}});
    } else if (chance < 4 && !timers_.empty()) {
      fire_timer();
    } else if (chance == 4 && random_.next() % 10 == 0) {
      now_ += 10min;
      happens(event::DeadlineReached{});
    } else if (!channel_.empty()) {
      deliver();
    }
  }

  void fire_timer() {
    const auto at = random_.next() % timers_.size();
    const auto timer = timers_[at];
    timers_.erase(timers_.begin() + static_cast<std::ptrdiff_t>(at));
    now_ = std::max(now_, timer.due_at);
    happens(event::TimerFired{timer.step, timer.kind, timer.item});
  }

  void deliver() {
    const auto at = random_.next() % channel_.size();
    const auto message = channel_[at];
    const bool again = open() && random_.next() % 5 == 0;
    if (!again) channel_.erase(channel_.begin() + static_cast<std::ptrdiff_t>(at));
    if (const auto* answer = std::get_if<event::FinalAnswered>(&message)) {
      return happens(*answer);  // given until it is taken, so that it is not lost
    }
    if (open() && random_.next() % 10 == 0) return;  // lost
    if (const auto* command = std::get_if<Command>(&message)) {
      channel_.emplace_back(participant_.execute(*command));
      for (auto& given : participant_.take_answers()) channel_.emplace_back(std::move(given));
    } else {
      happens(event::Answered{std::get<Result>(message)});
    }
  }

  std::size_t place(const std::string& effect) const {
    const auto& effects = participant_.effects;
    return static_cast<std::size_t>(std::find(effects.begin(), effects.end(), effect) -
                                    effects.begin());
  }
  bool happened(const std::string& effect) const {
    return place(effect) != participant_.effects.size();
  }

  /// The names of the executions that the step may have.
  static std::vector<std::string> names(const definition::Step& known) {
    if (known.kind != definition::StepKind::kAction) return {};
    if (!known.foreach) return {name_of(known.id, 0)};
    std::vector<std::string> all;
    for (int i = 0; i < std::stoi(known.foreach->list.text); ++i) {
      all.push_back(name_of(known.id, i));
    }
    return all;
  }

  void check() const {
    for (const auto& known : definition_.steps) {
      for (const auto& name : names(known)) check_execution(known, name);
      for (const int dependent : known.dependents) check_order(known, dependent);
      const auto status = instance_.steps[static_cast<std::size_t>(known.index)].status;
      if (instance_.status == SagaStatus::kCompleted) {
        ASSERT_TRUE(status == StepStatus::kDone || status == StepStatus::kSkipped);
      }
      if (instance_.status == SagaStatus::kCompensated) {
        ASSERT_NE(status, StepStatus::kWaiting);
        ASSERT_TRUE(status != StepStatus::kDone || !known.compensate || names(known).empty())
            << known.id;
      }
    }
    if (instance_.status == SagaStatus::kPaused) {
      ASSERT_FALSE(instance_.reason.empty());
    }
  }

  void check_execution(const definition::Step& known, const std::string& name) const {
    const auto& effects = participant_.effects;
    ASSERT_LE(std::count(effects.begin(), effects.end(), "+" + name), 1);
    ASSERT_LE(std::count(effects.begin(), effects.end(), "-" + name), 1);
    if (happened("-" + name)) {
      ASSERT_LT(place("+" + name), place("-" + name));
    }
    const auto status = instance_.steps[static_cast<std::size_t>(known.index)].status;
    if (instance_.status == SagaStatus::kCompleted) {
      ASSERT_EQ(happened("+" + name), status == StepStatus::kDone);
      ASSERT_FALSE(happened("-" + name));
    }
    if (instance_.status == SagaStatus::kCompensated && known.compensate) {
      ASSERT_EQ(happened("+" + name), happened("-" + name)) << name;
    }
    if (!definition_.pivot) return;
    const auto pivot =
        name_of(definition_.steps[static_cast<std::size_t>(*definition_.pivot)].id, 0);
    if (happened("+" + pivot) && !participant_.refused_in_the_end(pivot)) {
      ASSERT_FALSE(happened("-" + name)) << "undone after the pivot";
    }
  }

  /// A dependent acts after and is undone before what it depends on.
  void check_order(const definition::Step& known, int dependent) const {
    for (const auto& name : names(known)) {
      for (const auto& other : names(definition_.steps[static_cast<std::size_t>(dependent)])) {
        check_pair(name, other);
      }
    }
  }

  void check_pair(const std::string& name, const std::string& other) const {
    if (happened("+" + other) && happened("+" + name)) {
      ASSERT_LT(place("+" + name), place("+" + other));
    }
    if (happened("-" + name) && happened("-" + other)) {
      ASSERT_LT(place("-" + other), place("-" + name));
    }
    if (happened("-" + name) && happened("+" + other)) {
      ASSERT_LT(place("+" + other), place("-" + name)) << "acted on what was undone";
    }
  }

  base::Random random_;
  definition::Definition definition_;
  FixedEvaluator evaluator_;
  Participant participant_;
  base::Time now_ = base::from_micros(1'800'000'000'000'000);
  Instance instance_;
  std::vector<std::variant<Command, Result, event::FinalAnswered>> channel_;
  std::vector<Timer> timers_;
};

TEST(DecideProperty, KeepsThePromisesOfASagaOnRandomGraphs) {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Trial run(seed);
    run.go();
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace sagad::saga
