#include <gmock/gmock.h>

#include "unit/operator_fixture.hpp"

namespace sagad::saga {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const std::string kSaga = R"(
name: s
version: 1
deadline: 15m
steps:
  - id: a
    action: p.a
    compensate: p.undo_a
  - id: b
    action: p.b
    input: { n: "${ .input.n }" }
    compensate: { action: p.undo_b, input: { n: 1 } }
    total_timeout: 1h
    retry: { max_attempts: 2, initial_interval: 10s, jitter: 0 }
  - id: c
    action: p.c
)";

Machine at_b() {
  Machine machine(kSaga, {{"n", 5}});
  machine.start();
  machine.answer("a", Outcome::kDone, {{"x", 1}});
  return machine;
}

TEST(Operator, PauseRecordsResultsSendsNothingAndResumeGoesOn) {
  auto machine = at_b();
  give(machine, order(Verb::kPause));
  EXPECT_EQ(machine.instance().reason, "operator");
  machine.answer("b", Outcome::kDone, {{"y", 2}});
  EXPECT_THAT(machine.commands(), IsEmpty());
  EXPECT_EQ(give(machine, order(Verb::kResume)), "applied");
  EXPECT_THAT(machine.commands(), ElementsAre("do c #1"));
  EXPECT_EQ(machine.instance().reason, "");
  EXPECT_TRUE(machine.instance().control.empty());
}

TEST(Operator, ClocksStandStillWhilePaused) {
  auto machine = at_b();
  const auto deadline = *machine.instance().deadline_at;
  machine.answer("b", Outcome::kRetry, nullptr, "busy");
  const auto due = *machine.step("b").retry_at;
  machine.advance_clock(4s);
  give(machine, order(Verb::kPause));
  machine.advance_clock(1h);
  EXPECT_FALSE(machine.happens(event::DeadlineReached{}).changed);
  EXPECT_FALSE(machine.happens(event::TimerFired{1, event::TimerFired::Kind::kRetry}).changed);
  EXPECT_FALSE(
      machine.happens(event::TimerFired{1, event::TimerFired::Kind::kTotalTimeout}).changed);
  give(machine, order(Verb::kResume));
  EXPECT_EQ(machine.instance().deadline_at, deadline + 1h);
  EXPECT_EQ(machine.step("b").retry_at, due + 1h);
  ASSERT_EQ(machine.decision().timers.size(), 2u) << "those that fired meanwhile were lost";
  EXPECT_EQ(machine.decision().timers[0].due_at, due + 1h);
  EXPECT_THAT(machine.commands(), IsEmpty());
  machine.advance_clock(6s);
  machine.happens(event::TimerFired{1, event::TimerFired::Kind::kRetry});
  EXPECT_THAT(machine.commands(), ElementsAre("do b #2"));
  EXPECT_FALSE(
      machine.happens(event::TimerFired{1, event::TimerFired::Kind::kTotalTimeout}).changed)
      << "the hour that it was paused does not count";
}

TEST(Operator, ResumeSendsAgainWhatADeadLetterStopped) {
  auto machine = at_b();
  machine.happens(event::DeadLettered{"b", "poison"});
  machine.advance_clock(1s);
  EXPECT_EQ(give(machine, order(Verb::kResume)), "applied");
  EXPECT_THAT(machine.commands(), ElementsAre("do b #1"));
  EXPECT_EQ(machine.last_command("b").sent_at, machine.now());
}

TEST(Operator, ResumeGivesABarredStepANewRound) {
  auto machine = at_b();
  machine.answer("b", Outcome::kBarred);
  EXPECT_EQ(machine.instance().reason, "unexpected_barred");
  give(machine, order(Verb::kResume));
  EXPECT_THAT(machine.commands(), ElementsAre("do b #1"));
  EXPECT_EQ(machine.last_command("b").round, 1);
}

TEST(Operator, RetrySkipsTheBackOff) {
  auto machine = at_b();
  machine.answer("b", Outcome::kRetry, nullptr, "busy");
  EXPECT_EQ(give(machine, order(Verb::kRetry)), "applied");
  EXPECT_THAT(machine.commands(), ElementsAre("do b #2"));
  EXPECT_EQ(machine.last_command("b").round, 0) << "nothing of it is recorded";
  EXPECT_FALSE(machine.happens(event::TimerFired{1, event::TimerFired::Kind::kRetry}).changed);
}

TEST(Operator, RetryRunsAFailedCompensationInANewRound) {
  auto machine = at_b();
  machine.answer("b", Outcome::kFailed, nullptr, "no");
  machine.answer("a", Outcome::kFailed, nullptr, "too_late");
  EXPECT_EQ(give(machine, order(Verb::kRetry)), "applied");
  EXPECT_THAT(machine.commands(), ElementsAre("undo a #1"));
  EXPECT_EQ(machine.last_command("a").round, 1);
  EXPECT_EQ(machine.instance().reason, "step_failed") << "why it compensates";
  EXPECT_EQ(machine.instance().error->code, "no");
  machine.answer("a", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
}

TEST(Operator, RetryOfAnExhaustedCompensationHasFreshAttemptsAndAFreshHour) {
  auto machine = at_b();
  machine.answer("b", Outcome::kFailed, nullptr, "no");
  machine.advance_clock(2h);
  machine.answer("a", Outcome::kRetry, nullptr, "busy");
  ASSERT_EQ(machine.instance().reason, "compensation_exhausted");
  give(machine, order(Verb::kRetry, "a"));
  EXPECT_THAT(machine.commands(), ElementsAre("undo a #1"));
  EXPECT_EQ(machine.last_command("a").round, 0) << "a retry is not recorded";
  machine.answer("a", Outcome::kRetry, nullptr, "busy");
  EXPECT_EQ(machine.status(), SagaStatus::kCompensating) << "the hour begins anew";
}

TEST(Operator, CancelSettlesWhatIsInFlightAndUndoes) {
  auto machine = at_b();
  EXPECT_EQ(give(machine, order(Verb::kCancel)), "applied");
  EXPECT_EQ(machine.instance().reason, "cancelled");
  EXPECT_EQ(machine.instance().error->message, "ann: because");
  EXPECT_THAT(machine.commands(), ElementsAre("settle b #1"));
  machine.answer("b", Outcome::kDone, {{"y", 2}});
  EXPECT_THAT(machine.commands(), ElementsAre("undo b #1"));
}

const std::string kPivot = R"(
name: s
version: 1
steps:
  - { id: a, action: p.a, compensate: p.undo_a }
  - { id: b, action: p.b, pivot: true }
  - { id: c, action: p.c }
)";

TEST(Operator, ACancelWaitsForThePivotAndIsRefusedIfItWasPassed) {
  for (const auto outcome : {Outcome::kDone, Outcome::kBarred}) {
    Machine machine(kPivot);
    machine.start();
    machine.answer("a", Outcome::kDone);
    EXPECT_EQ(give(machine, order(Verb::kCancel)), "pending");
    EXPECT_THAT(machine.commands(), ElementsAre("settle b #1"));
    machine.answer("b", outcome);
    if (outcome == Outcome::kDone) {
      EXPECT_THAT(machine.history(),
                  ElementsAre("done:b", "pivot_passed", "verb_refused", "dispatched:c"));
      EXPECT_EQ(machine.status(), SagaStatus::kRunning);
      EXPECT_TRUE(machine.instance().control.empty());
    } else {
      EXPECT_THAT(machine.commands(), ElementsAre("undo a #1"));
      EXPECT_TRUE(machine.instance().control.empty());
    }
  }
}

TEST(Operator, AForcedCancelUndoesAlsoAfterThePivot) {
  Machine machine(kPivot);
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.answer("b", Outcome::kDone);
  EXPECT_EQ(give(machine, order(Verb::kCancel)), "refused: pivot_passed");
  EXPECT_EQ(give(machine, forced(order(Verb::kCancel))), "applied");
  EXPECT_THAT(machine.commands(), ElementsAre("settle c #1"));
  machine.answer("c", Outcome::kBarred);
  EXPECT_THAT(machine.commands(), ElementsAre("undo a #1")) << "b cannot be undone";
}

TEST(Operator, APivotThatProvesDoneWhilePausedStillTurnsTheSagaForward) {
  Machine machine(kPivot + "deadline: 1m\n");
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.advance_clock(1min);
  machine.happens(event::DeadlineReached{});
  give(machine, order(Verb::kPause));
  machine.answer("b", Outcome::kDone);
  give(machine, order(Verb::kResume));
  EXPECT_EQ(machine.status(), SagaStatus::kRunning);
  EXPECT_THAT(machine.commands(), ElementsAre("do c #1"));
}

TEST(Operator, SkipSettlesFirstAndIsAppliedIfItHasNotHappened) {
  for (const auto outcome : {Outcome::kBarred, Outcome::kFailed}) {
    auto machine = at_b();
    EXPECT_EQ(give(machine, order(Verb::kSkip, "b")), "pending");
    EXPECT_THAT(machine.commands(), ElementsAre("settle b #1"));
    EXPECT_EQ(give(machine, order(Verb::kSkip, "b")), "pending") << "given twice";
    EXPECT_EQ(give(machine, order(Verb::kComplete, "b")), "refused: pending");
    machine.answer("b", outcome, nullptr, "no");
    EXPECT_EQ(machine.status("b"), StepStatus::kSkipped);
    EXPECT_EQ(machine.step("b").reason, "skipped by ann: because");
    EXPECT_THAT(machine.commands(), ElementsAre("do c #1"));
    EXPECT_EQ(give(machine, order(Verb::kSkip, "b")), "unchanged");
    machine.answer("c", Outcome::kFailed, nullptr, "no");
    EXPECT_THAT(machine.commands(), ElementsAre("undo a #1")) << "b is never undone";
  }
}

TEST(Operator, ASkipIsRefusedIfTheStepProvesDone) {
  auto machine = at_b();
  give(machine, order(Verb::kSkip, "b"));
  machine.answer("b", Outcome::kDone, {{"y", 2}});
  EXPECT_EQ(machine.status("b"), StepStatus::kDone);
  EXPECT_THAT(machine.history(), ElementsAre("done:b", "verb_refused:b", "dispatched:c"));
  EXPECT_EQ(machine.decision().history[1].detail.at("code"), "step_done");
  EXPECT_TRUE(machine.instance().control.empty());
}

TEST(Operator, ForceGoesOnWithoutAnAnswerAndTheLateOneIsTold) {
  auto machine = at_b();
  const auto sent = machine.last_command("b");
  EXPECT_EQ(give(machine, forced(order(Verb::kSkip, "b"))), "applied");
  EXPECT_THAT(machine.commands(), ElementsAre("settle b #1", "do c #1"))
      << "it is to be barred all the same, but nobody waits for that";
  EXPECT_FALSE(machine.step("b").unanswered());
  machine.happens(event::Answered{machine.result_for(sent, Outcome::kDone, {{"y", 2}})});
  EXPECT_THAT(machine.history(), ElementsAre("late_answer:b"));
  EXPECT_EQ(machine.status("b"), StepStatus::kSkipped);
  EXPECT_FALSE(machine.happens(event::Answered{machine.result_for(sent, Outcome::kDone)}).changed);
}

TEST(Operator, ForceEndsAWaitThatHasBegun) {
  auto machine = at_b();
  give(machine, order(Verb::kSkip, "b"));
  EXPECT_EQ(give(machine, forced(order(Verb::kSkip, "b"))), "applied");
  EXPECT_EQ(machine.status("b"), StepStatus::kSkipped);
  EXPECT_TRUE(machine.instance().control.empty());
}

TEST(Operator, WhatIsDoneByHandIsUndoneByThePlugin) {
  auto machine = at_b();
  give(machine, with_value(order(Verb::kComplete, "b"), {{"y", 7}}));
  machine.answer("b", Outcome::kBarred);
  EXPECT_EQ(machine.status("b"), StepStatus::kDone);
  EXPECT_EQ(json::serialize(*machine.step("b").output), R"({"y":7})");
  EXPECT_THAT(machine.decision().new_outputs, ElementsAre(1));
  machine.answer("c", Outcome::kFailed, nullptr, "no");
  EXPECT_THAT(machine.commands(), ElementsAre("undo b #1"));
  EXPECT_TRUE(machine.last_command("b").by_hand) << "there is no row of the action to be found";
  EXPECT_EQ(json::serialize(machine.last_command("b").action_output), R"({"y":7})");
}

TEST(Operator, AnEditedInputIsUsedInANewRoundAndShownToTheUndo) {
  auto machine = at_b();
  give(machine, with_value(order(Verb::kEdit, "b"), {{"n", 6}}));
  machine.answer("b", Outcome::kBarred);
  EXPECT_THAT(machine.commands(), ElementsAre("do b #1"));
  EXPECT_EQ(machine.last_command("b").round, 1);
  EXPECT_EQ(json::serialize(machine.last_command("b").input), R"({"n":6})");
  machine.answer("b", Outcome::kDone);
  machine.answer("c", Outcome::kFailed, nullptr, "no");
  EXPECT_EQ(json::serialize(machine.last_command("b").action_input), R"({"n":6})");
  EXPECT_EQ(json::serialize(machine.last_command("b").input), R"({"n":1})");
}

TEST(Operator, WhatTookEffectBeforeAForcedEditIsUndoneWithTheInputThatItHad) {
  auto machine = at_b();
  const auto first = machine.last_command("b");
  give(machine, forced(with_value(order(Verb::kEdit, "b"), {{"n", 6}})));
  machine.happens(event::Answered{machine.result_for(first, Outcome::kDone, {{"y", 2}})});
  machine.answer("c", Outcome::kFailed, nullptr, "no");
  EXPECT_EQ(json::serialize(machine.last_command("b").action_input), R"({"n":5})");
}

TEST(Operator, EditOfARefusedStepResumesTheSaga) {
  auto machine = at_b();
  give(machine, order(Verb::kPause));
  machine.answer("b", Outcome::kFailed, nullptr, "bad_number");
  EXPECT_EQ(give(machine, with_value(order(Verb::kEdit, "b"), {{"n", 6}})), "applied");
  EXPECT_EQ(machine.status(), SagaStatus::kRunning);
  EXPECT_THAT(machine.commands(), ElementsAre("do b #1"));
  EXPECT_EQ(machine.last_command("b").round, 1);
  EXPECT_FALSE(machine.step("b").last_error);
}

TEST(Operator, EditInAPausedSagaResumesItOnlyOnceItIsSettled) {
  auto machine = at_b();
  give(machine, order(Verb::kPause));
  EXPECT_EQ(give(machine, with_value(order(Verb::kEdit, "b"), {{"n", 6}})), "pending");
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  machine.answer("b", Outcome::kBarred);
  EXPECT_EQ(machine.status(), SagaStatus::kRunning);
  EXPECT_THAT(machine.commands(), ElementsAre("do b #1"));
}

TEST(Operator, EditOfACompensationGivesItAnotherInput) {
  auto machine = at_b();
  machine.answer("b", Outcome::kFailed, nullptr, "no");
  machine.answer("a", Outcome::kFailed, nullptr, "too_late");
  give(machine, with_value(order(Verb::kEdit, "a"), {{"late", true}}));
  EXPECT_THAT(machine.commands(), ElementsAre("undo a #1"));
  EXPECT_EQ(machine.last_command("a").round, 1);
  EXPECT_EQ(json::serialize(machine.last_command("a").input), R"({"late":true})");
}

TEST(Operator, ACompensationMayBeDoneByHand) {
  auto machine = at_b();
  machine.answer("b", Outcome::kFailed, nullptr, "no");
  machine.answer("a", Outcome::kFailed, nullptr, "too_late");
  give(machine, order(Verb::kComplete, "a"));
  EXPECT_EQ(machine.status("a"), StepStatus::kCompensated);
  give(machine, order(Verb::kResume));
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
}

TEST(Operator, FailSettlesThenGivesUp) {
  auto machine = at_b();
  EXPECT_EQ(give(machine, order(Verb::kFail)), "pending");
  EXPECT_THAT(machine.commands(), ElementsAre("settle b #1"));
  machine.answer("b", Outcome::kBarred);
  EXPECT_EQ(machine.status(), SagaStatus::kFailed);
  EXPECT_EQ(machine.instance().reason, "given_up");
  EXPECT_FALSE(machine.instance().paused_from);
  EXPECT_TRUE(machine.instance().control.empty());
  EXPECT_EQ(machine.instance().ended_at, machine.now());
}

TEST(Operator, FailIsRefusedIfSomethingProvesDoneAndTheSagaGoesOn) {
  Machine machine(R"(
name: s
version: 1
steps:
  - { id: a, action: p.a, needs: [] }
  - { id: b, action: p.b, needs: [] }
  - { id: c, action: p.c, needs: [a, b] }
)");
  machine.start();
  give(machine, order(Verb::kFail));
  machine.answer("a", Outcome::kBarred);
  EXPECT_EQ(machine.status(), SagaStatus::kPaused) << "b is not known yet";
  machine.answer("b", Outcome::kDone);
  EXPECT_THAT(machine.history(), ElementsAre("done:b", "verb_refused", "resumed", "dispatched:a"));
  EXPECT_EQ(machine.last_command("a").round, 1) << "it was barred for the verb";
  machine.answer("a", Outcome::kDone);
  machine.answer("c", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompleted);
}

TEST(Operator, AForcedFailNamesWhatIsNotKnown) {
  auto machine = at_b();
  EXPECT_EQ(give(machine, forced(order(Verb::kFail))), "applied");
  EXPECT_EQ(machine.status(), SagaStatus::kFailed);
  EXPECT_EQ(json::serialize(machine.decision().history[0].detail.at("unanswered")), R"(["b"])");
}

TEST(Operator, CancelSupersedesAVerbThatWaits) {
  auto machine = at_b();
  give(machine, order(Verb::kSkip, "b"));
  EXPECT_EQ(give(machine, order(Verb::kCancel)), "applied");
  EXPECT_THAT(machine.history(), ElementsAre("verb_refused:b", "compensating", "verb_applied"));
  machine.answer("b", Outcome::kBarred);
  EXPECT_THAT(machine.commands(), ElementsAre("undo a #1"));
}

TEST(Operator, TheRescuerRepeatsASettleOfAPausedSagaAndNothingElse) {
  auto machine = at_b();
  give(machine, order(Verb::kPause));
  machine.advance_clock(31s);
  EXPECT_FALSE(machine.happens(event::Rescue{{{"p", machine.now()}}}).changed);
  give(machine, order(Verb::kSkip, "b"));
  machine.advance_clock(31s);
  machine.happens(event::Rescue{{{"p", machine.now()}}});
  EXPECT_THAT(machine.commands(), ElementsAre("settle b #1"));
}

TEST(Operator, AStaleAnswerOfTheRoundBeforeChangesNothing) {
  auto machine = at_b();
  const auto first = machine.last_command("b");
  give(machine, with_value(order(Verb::kEdit, "b"), {{"n", 6}}));
  machine.answer("b", Outcome::kBarred);
  for (const auto outcome : {Outcome::kBarred, Outcome::kFailed, Outcome::kRetry}) {
    EXPECT_FALSE(machine.happens(event::Answered{machine.result_for(first, outcome)}).changed);
  }
}

const std::string kSignal = R"(
name: s
version: 1
steps:
  - { id: a, action: p.a, compensate: p.undo_a }
  - { id: wait, signal: approved, timeout: 1h, on_exhausted: pause }
  - { id: c, action: p.c }
)";

TEST(Operator, TheTimeThatASignalMayTakeStandsStillAndBeginsAnew) {
  Machine machine(kSignal);
  machine.start();
  machine.answer("a", Outcome::kDone);
  const event::TimerFired over{1, event::TimerFired::Kind::kTotalTimeout};
  give(machine, order(Verb::kPause));
  machine.advance_clock(2h);
  EXPECT_FALSE(machine.happens(over).changed);
  give(machine, order(Verb::kResume));
  ASSERT_EQ(machine.decision().timers.size(), 1u);
  EXPECT_EQ(machine.decision().timers[0].due_at, machine.now() + 1h);
  machine.advance_clock(1h);
  machine.happens(over);
  EXPECT_EQ(machine.instance().reason, "step_exhausted");
  give(machine, order(Verb::kResume));
  EXPECT_EQ(machine.status("wait"), StepStatus::kWaiting);
  ASSERT_EQ(machine.decision().timers.size(), 1u);
  EXPECT_EQ(machine.decision().timers[0].due_at, machine.now() + 1h);
}

/// Else `c` would be sent with an input that changes as soon as `a` is done.
TEST(Operator, WhatFollowsAStepThatNobodyStartedWaitsForWhatThatNeeds) {
  for (const auto verb : {Verb::kSkip, Verb::kComplete}) {
    Machine machine(kSaga, {{"n", 5}});
    machine.start();
    EXPECT_EQ(give(machine, order(verb, "b")), "applied");
    EXPECT_THAT(machine.commands(), IsEmpty());
    machine.answer("a", Outcome::kDone);
    EXPECT_THAT(machine.commands(), ElementsAre("do c #1"));
  }
}

TEST(Operator, AWaitForASignalIsSkippedOrCompletedAtOnce) {
  for (const auto verb : {Verb::kSkip, Verb::kComplete}) {
    Machine machine(kSignal);
    machine.start();
    machine.answer("a", Outcome::kDone);
    EXPECT_EQ(give(machine, with_value(order(verb, "wait"), {{"by", "ann"}})), "applied");
    EXPECT_THAT(machine.commands(), ElementsAre("do c #1"));
    const bool skipped = verb == Verb::kSkip;
    EXPECT_EQ(machine.status("wait"), skipped ? StepStatus::kSkipped : StepStatus::kDone);
  }
}

TEST(Operator, ControlAndStepsSurviveTheDatabase) {
  auto machine = at_b();
  give(machine, order(Verb::kPause));
  give(machine, with_value(order(Verb::kEdit, "b"), {{"n", 6}}));
  const auto& control = machine.instance().control;
  const auto read = decode_control(encode_control(control));
  EXPECT_EQ(encode_control(read), encode_control(control));
  EXPECT_EQ(read.pending->order.by, "ann");
  EXPECT_EQ(*read.pending->order.value, json::value({{"n", 6}}));
  machine.answer("b", Outcome::kBarred);
  const auto steps = decode_steps(encode_steps(machine.instance().steps));
  ASSERT_EQ(steps[1].edits.size(), 1u);
  EXPECT_EQ(*steps[1].edits[0].input, json::value({{"n", 6}}));
  EXPECT_EQ(encode_control({}), "");
  EXPECT_TRUE(decode_control("").empty());
  EXPECT_THROW(decode_control("{"), std::invalid_argument);
}

}  // namespace
}  // namespace sagad::saga
