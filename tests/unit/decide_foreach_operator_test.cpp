// What operators and later answers do with a fan-out and with a sleep.

#include <gmock/gmock.h>

#include "saga/final_answer.hpp"
#include "unit/decide_fixture.hpp"

namespace sagad::saga {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;

const std::string kFan = R"(
name: fan
version: 1
deadline: 10h
steps:
  - id: fan
    action: q.make
    foreach: "${ .input.lines }"
    max_parallel: 2
    input: { n: "${ .item }" }
    compensate: q.unmake
    retry: { max_attempts: 2, initial_interval: 10s, jitter: 0 }
    on_exhausted: pause
  - { id: last, action: p.last }
)";

Machine fanned_out() {
  Machine machine(kFan, json::parse(R"({"lines": [1, 2, 3]})"));
  machine.start();
  return machine;
}

const Decision& order(Machine& machine, Verb verb, const std::string& step = "") {
  Intervention wanted;
  wanted.verb = verb;
  wanted.step = step;
  wanted.by = "ann";
  return machine.happens(event::Operator{wanted});
}

const StepState& item(const Machine& machine, std::size_t index) {
  return machine.step("fan").items.at(index);
}

/// Item 1 has used up its attempts, which pauses.
Machine exhausted() {
  auto machine = fanned_out();
  machine.answer_item("fan", 0, Outcome::kDone);
  machine.answer_item("fan", 1, Outcome::kRetry, nullptr, "busy");
  machine.advance_clock(1min);
  machine.happens(event::TimerFired{0, event::TimerFired::Kind::kRetry, 1});
  machine.answer_item("fan", 1, Outcome::kRetry, nullptr, "busy");
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  return machine;
}

TEST(ForeachOperator, PausedItRecordsAndStartsNothingAndResumedItGoesOn) {
  auto machine = fanned_out();
  machine.answer_item("fan", 1, Outcome::kRetry, nullptr, "busy");
  const auto due = *item(machine, 1).retry_at;
  order(machine, Verb::kPause);
  machine.answer_item("fan", 0, Outcome::kDone);
  EXPECT_THAT(machine.commands(), IsEmpty());
  machine.advance_clock(1h);
  order(machine, Verb::kResume);
  EXPECT_THAT(machine.item_commands(), ElementsAre("do fan[2] #1"));
  EXPECT_EQ(item(machine, 1).retry_at, due + 1h) << "the clock stood still";
  ASSERT_THAT(machine.decision().timers, testing::SizeIs(1));
  EXPECT_EQ(machine.decision().timers[0].item, 1);
  EXPECT_THAT(machine.decision().changed_items, Contains(ItemRef{0, 1}));
}

TEST(ForeachOperator, RetryGivesTheExhaustedItemFreshAttempts) {
  auto machine = exhausted();
  order(machine, Verb::kRetry);
  EXPECT_EQ(machine.status(), SagaStatus::kRunning);
  EXPECT_THAT(machine.item_commands(), Contains("do fan[1] #1"));
  EXPECT_EQ(item(machine, 0).status, StepStatus::kDone) << "what is done stays done";
  machine.answer_item("fan", 1, Outcome::kDone);
  machine.answer_item("fan", 2, Outcome::kDone);
  machine.answer("last", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompleted);
}

TEST(ForeachOperator, ResumeTriesWhatPausedItAgain) {
  auto machine = exhausted();
  order(machine, Verb::kResume);
  EXPECT_EQ(machine.status(), SagaStatus::kRunning);
  EXPECT_THAT(machine.item_commands(), Contains("do fan[1] #1"));
}

TEST(ForeachOperator, ALateDoneOfTheExhaustedItemIsEnoughToGoOn) {
  auto machine = exhausted();
  machine.answer_item("fan", 1, Outcome::kDone);
  EXPECT_FALSE(machine.step("fan").exhausted);
  order(machine, Verb::kResume);
  machine.answer_item("fan", 2, Outcome::kDone);
  EXPECT_THAT(machine.commands(), ElementsAre("do last #1"));
}

TEST(ForeachOperator, CancelSettlesWhatIsInFlight) {
  auto machine = fanned_out();
  order(machine, Verb::kCancel);
  EXPECT_THAT(machine.item_commands(),
              UnorderedElementsAre("settle fan[0] #1", "settle fan[1] #1"));
  machine.answer_item("fan", 0, Outcome::kBarred);
  machine.answer_item("fan", 1, Outcome::kBarred);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
}

TEST(ForeachOperator, GivenUpEveryItemInFlightIsSettledFirst) {
  auto machine = fanned_out();
  order(machine, Verb::kFail);
  EXPECT_THAT(machine.item_commands(),
              UnorderedElementsAre("settle fan[0] #1", "settle fan[1] #1"));
  machine.answer_item("fan", 0, Outcome::kBarred);
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  machine.answer_item("fan", 1, Outcome::kBarred);
  EXPECT_EQ(machine.status(), SagaStatus::kFailed);
}

TEST(ForeachOperator, VerbsOfOneStepDoNotGoWithItems) {
  auto machine = fanned_out();
  for (const auto verb : {Verb::kSkip, Verb::kComplete, Verb::kEdit}) {
    order(machine, verb, "fan");
    ASSERT_TRUE(machine.decision().verdict.has_value());
    EXPECT_EQ(machine.decision().verdict->code, "foreach");
    EXPECT_FALSE(machine.decision().changed);
  }
}

TEST(ForeachOperator, AFailedCompensationOfAnItemIsTriedAgain) {
  auto machine = fanned_out();
  machine.answer_item("fan", 0, Outcome::kDone);
  machine.answer_item("fan", 1, Outcome::kFailed, nullptr, "no");
  machine.answer_item("fan", 2, Outcome::kBarred);
  machine.answer_item("fan", 0, Outcome::kFailed, nullptr, "cannot");
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  order(machine, Verb::kRetry);
  EXPECT_THAT(machine.item_commands(), ElementsAre("undo fan[0] #1"));
  machine.answer_item("fan", 0, Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
}

TEST(ForeachLater, AnItemWaitsForItsFinalAnswer) {
  auto machine = fanned_out();
  machine.answer_item("fan", 0, Outcome::kLater);
  EXPECT_EQ(item(machine, 0).status, StepStatus::kWaiting);
  machine.answer_item("fan", 1, Outcome::kDone, 1);
  machine.answer_item("fan", 2, Outcome::kDone, 2);
  EXPECT_EQ(machine.status("fan"), StepStatus::kRunning);
  machine.happens(event::FinalAnswered{"fan", 0, 0, FinalAnswer{true, json::value(0), {}}});
  EXPECT_EQ(machine.status("fan"), StepStatus::kDone);
  EXPECT_EQ(*machine.step("fan").output, json::parse("[0, 1, 2]"));
}

TEST(ForeachLater, AnItemThatFailsInTheEndIsUndone) {
  auto machine = fanned_out();
  machine.answer_item("fan", 0, Outcome::kLater);
  machine.answer_item("fan", 1, Outcome::kDone, 1);
  machine.happens(event::FinalAnswered{"fan", 0, 0, FinalAnswer{false, {}, {"no", "not today"}}});
  EXPECT_EQ(machine.instance().error, (Error{"no", "item 0: not today"}));
  EXPECT_THAT(machine.item_commands(),
              UnorderedElementsAre("settle fan[2] #1", "undo fan[0] #1", "undo fan[1] #1"));
  machine.answer_item("fan", 2, Outcome::kBarred);
  machine.answer_item("fan", 0, Outcome::kDone);
  machine.answer_item("fan", 1, Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
}

TEST(SleepOperator, TheTimeOfAPauseIsAddedToASleep) {
  Machine machine(R"(
name: nap
version: 1
deadline: 10h
steps:
  - { id: nap, sleep: 1h }
)");
  machine.start();
  machine.advance_clock(30min);
  order(machine, Verb::kPause);
  machine.advance_clock(5h);
  EXPECT_FALSE(machine.happens(event::TimerFired{0, event::TimerFired::Kind::kRetry}).changed);
  order(machine, Verb::kResume);
  ASSERT_THAT(machine.decision().timers, testing::SizeIs(1));
  EXPECT_EQ(machine.decision().timers[0].due_at, machine.now() + 30min);
  machine.advance_clock(30min);
  machine.happens(event::TimerFired{0, event::TimerFired::Kind::kRetry});
  EXPECT_EQ(machine.status(), SagaStatus::kCompleted);
}

TEST(SleepOperator, IsEndedBySkipAndNotByRetry) {
  Machine machine(R"(
name: nap
version: 1
deadline: 10h
steps:
  - { id: nap, sleep: 1h }
)");
  machine.start();
  EXPECT_FALSE(order(machine, Verb::kRetry).changed);
  EXPECT_FALSE(order(machine, Verb::kRetry, "nap").changed);
  order(machine, Verb::kSkip, "nap");
  EXPECT_EQ(machine.status(), SagaStatus::kCompleted);
}

}  // namespace
}  // namespace sagad::saga
