#include "unit/decide_fixture.hpp"

#include <gmock/gmock.h>

namespace sagad::saga {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;

// a -> (b, c) -> d; e hangs on c alone.
const std::string kDiamond = R"(
name: diamond
version: 1
deadline: 1h
steps:
  - { id: a, action: p.a, compensate: p.undo }
  - { id: b, action: p.b, compensate: p.undo, needs: [a] }
  - { id: c, action: q.c, compensate: q.undo, needs: [a] }
  - { id: d, action: p.d, compensate: p.undo, needs: [b, c] }
  - { id: e, action: q.e, needs: [c] }
)";

TEST(DecideGraph, ForksAndJoins) {
  Machine machine(kDiamond);
  machine.start();
  EXPECT_THAT(machine.commands(), ElementsAre("do a #1"));
  machine.answer("a", Outcome::kDone);
  EXPECT_THAT(machine.commands(), UnorderedElementsAre("do b #1", "do c #1"));
  machine.answer("c", Outcome::kDone);
  EXPECT_THAT(machine.commands(), ElementsAre("do e #1")) << "d still waits for b";
  machine.answer("b", Outcome::kDone);
  EXPECT_THAT(machine.commands(), ElementsAre("do d #1"));
  machine.answer("d", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kRunning) << "e is not answered";
  machine.answer("e", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompleted);
}

TEST(DecideGraph, AFailureInOneBranchSettlesTheOtherBeforeTheRootIsUndone) {
  Machine machine(kDiamond);
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.answer("b", Outcome::kFailed, nullptr, "no");
  EXPECT_THAT(machine.commands(), ElementsAre("settle c #1")) << "a waits: c hangs on it";
  machine.answer("c", Outcome::kDone);
  EXPECT_THAT(machine.commands(), ElementsAre("undo c #1"));
  machine.answer("c", Outcome::kDone);
  EXPECT_THAT(machine.commands(), ElementsAre("undo a #1"));
  machine.answer("a", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
}

TEST(DecideGraph, IndependentUndosRunInParallelAfterTheirDependents) {
  Machine machine(kDiamond);
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.answer("b", Outcome::kDone);
  machine.answer("c", Outcome::kDone);
  machine.answer("e", Outcome::kDone);
  machine.answer("d", Outcome::kFailed, nullptr, "no");
  EXPECT_THAT(machine.commands(), UnorderedElementsAre("undo b #1", "undo c #1"))
      << "e has no compensation and hinders nobody";
  machine.answer("c", Outcome::kDone);
  EXPECT_THAT(machine.commands(), IsEmpty());
  machine.answer("b", Outcome::kDone);
  EXPECT_THAT(machine.commands(), ElementsAre("undo a #1"));
}

TEST(DecideGraph, AStepInFlightWithoutCompensationIsSettledToo) {
  Machine machine(kDiamond);
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.answer("c", Outcome::kDone);
  machine.answer("b", Outcome::kFailed, nullptr, "no");
  EXPECT_THAT(machine.commands(), ElementsAre("settle e #1")) << "c waits for e's fate";
  machine.answer("e", Outcome::kDone);
  EXPECT_THAT(machine.commands(), ElementsAre("undo c #1"));
}

TEST(DecideGraph, ASkippedStepLetsItsDependentsPassAndOrdersTheirUndo) {
  Machine machine(R"(
name: s
version: 1
steps:
  - { id: a, action: p.a, compensate: p.undo }
  - { id: b, action: p.b, compensate: p.undo, when: "${ .input.wanted }" }
  - { id: c, action: p.c, compensate: p.undo }
  - { id: d, action: p.d }
)",
                  {{"wanted", false}});
  machine.start();
  machine.answer("a", Outcome::kDone);
  EXPECT_EQ(machine.status("b"), StepStatus::kSkipped);
  EXPECT_THAT(machine.commands(), ElementsAre("do c #1"));
  machine.answer("c", Outcome::kDone);
  machine.answer("d", Outcome::kFailed, nullptr, "no");
  EXPECT_THAT(machine.commands(), ElementsAre("undo c #1")) << "a comes after c, through b";
  machine.answer("c", Outcome::kDone);
  EXPECT_THAT(machine.commands(), ElementsAre("undo a #1"));
}

TEST(DecideGraph, AConditionThatIsNoBooleanFailsItsStep) {
  Machine machine(R"(
name: s
version: 1
steps:
  - { id: a, action: p.a, when: "${ .input.wanted }" }
)",
                  {{"wanted", 1}});
  machine.start();
  EXPECT_EQ(machine.status("a"), StepStatus::kFailed);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
}

const std::string kPivot = R"(
name: pivot
version: 1
deadline: 1h
steps:
  - { id: a, action: p.a, compensate: p.undo }
  - { id: go, action: p.go, pivot: true }
  - { id: z, action: p.z, retry: { max_attempts: 1 } }
)";

TEST(DecideGraph, AfterThePivotNothingIsUndone) {
  Machine machine(kPivot);
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.answer("go", Outcome::kDone);
  machine.advance_clock(2h);
  machine.happens(event::DeadlineReached{});
  EXPECT_EQ(machine.status(), SagaStatus::kRunning) << "the deadline no longer counts";
  EXPECT_FALSE(machine.instance().deadline_at) << "and is not found again";
  machine.answer("z", Outcome::kRetry, nullptr, "x");
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  EXPECT_EQ(machine.instance().reason, "step_exhausted");
}

TEST(DecideGraph, ARefusalAfterThePivotPauses) {
  Machine machine(kPivot);
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.answer("go", Outcome::kDone);
  machine.answer("z", Outcome::kFailed, nullptr, "no");
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  EXPECT_EQ(machine.instance().reason, "step_failed");
}

TEST(DecideGraph, ADispatchedPivotIsSettledAndGoesForwardIfItHappened) {
  Machine machine(kPivot);
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.advance_clock(1h);
  machine.happens(event::DeadlineReached{});
  EXPECT_THAT(machine.commands(), ElementsAre("settle go #1"));
  machine.answer("go", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kRunning);
  EXPECT_THAT(machine.commands(), ElementsAre("do z #1"));
  machine.answer("z", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompleted);
  EXPECT_FALSE(machine.instance().error);
}

TEST(DecideGraph, APivotThatSettlesAsBarredLetsTheSagaUndo) {
  Machine machine(kPivot);
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.advance_clock(1h);
  machine.happens(event::DeadlineReached{});
  machine.answer("go", Outcome::kBarred);
  EXPECT_THAT(machine.commands(), ElementsAre("undo a #1"));
}

TEST(DecideGraph, OnExhaustedPauseKeepsEverything) {
  Machine machine(R"(
name: s
version: 1
steps:
  - { id: a, action: p.a, compensate: p.undo }
  - { id: b, action: p.b, retry: { max_attempts: 1 }, on_exhausted: pause }
)");
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.answer("b", Outcome::kRetry, nullptr, "x");
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  EXPECT_EQ(machine.instance().reason, "step_exhausted");
  EXPECT_EQ(machine.instance().error->code, "x");
  EXPECT_EQ(machine.status("a"), StepStatus::kDone);
}

TEST(DecideGraph, TotalTimeoutExhaustsAStepThatRunsOrRetries) {
  Machine machine(R"(
name: s
version: 1
steps:
  - { id: a, action: p.a, total_timeout: 5s }
)");
  machine.start();
  ASSERT_EQ(machine.decision().timers.size(), 1u);
  EXPECT_EQ(machine.decision().timers[0].due_at, machine.now() + 5s);
  const event::TimerFired fired{0, event::TimerFired::Kind::kTotalTimeout};
  machine.advance_clock(4999ms);
  EXPECT_FALSE(machine.happens(fired).changed);
  machine.advance_clock(1ms);
  machine.happens(fired);
  EXPECT_EQ(machine.step("a").last_error->code, "total_timeout");
  EXPECT_THAT(machine.commands(), ElementsAre("settle a #1"));
  machine.answer("a", Outcome::kBarred);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
  EXPECT_EQ(machine.status("a"), StepStatus::kFailed);
}

}  // namespace
}  // namespace sagad::saga
