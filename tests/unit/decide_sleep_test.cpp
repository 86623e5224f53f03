#include <gmock/gmock.h>

#include "unit/decide_fixture.hpp"

namespace sagad::saga {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const std::string kNap = R"(
name: nap
version: 1
deadline: 1h
steps:
  - { id: a, action: p.a, compensate: p.undo }
  - { id: nap, sleep: 10s }
  - { id: b, action: p.b, compensate: p.undo, input: { nap: "${ .steps.nap.output }" } }
)";

event::TimerFired end_of(const Machine& machine, const std::string& step) {
  return {machine.index(step), event::TimerFired::Kind::kRetry};
}

TEST(DecideSleep, WaitsForItsTimerAndGoesOn) {
  Machine machine(kNap);
  machine.start();
  machine.answer("a", Outcome::kDone);
  EXPECT_EQ(machine.status("nap"), StepStatus::kWaiting);
  EXPECT_THAT(machine.commands(), IsEmpty());
  EXPECT_THAT(machine.history(), ElementsAre("done:a", "waiting:nap"));
  ASSERT_EQ(machine.decision().timers.size(), 1U);
  EXPECT_EQ(machine.decision().timers[0].due_at, machine.now() + 10s);
  EXPECT_EQ(machine.step("nap").retry_at, machine.now() + 10s)
      << "from it the timer can be made anew";

  machine.advance_clock(9s);
  EXPECT_FALSE(machine.happens(end_of(machine, "nap")).changed) << "too early";
  machine.advance_clock(1s);
  machine.happens(end_of(machine, "nap"));
  EXPECT_EQ(machine.status("nap"), StepStatus::kDone);
  EXPECT_THAT(machine.commands(), ElementsAre("do b #1"));
  EXPECT_EQ(machine.last_command("b").input, json::parse(R"({"nap": null})"));
  EXPECT_FALSE(machine.happens(end_of(machine, "nap")).changed) << "a timer may fire twice";
  machine.answer("b", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompleted);
}

TEST(DecideSleep, IsNotUndone) {
  Machine machine(kNap);
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.advance_clock(10s);
  machine.happens(end_of(machine, "nap"));
  machine.answer("b", Outcome::kFailed, nullptr, "no");
  EXPECT_THAT(machine.commands(), ElementsAre("undo a #1"));
  machine.answer("a", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
}

TEST(DecideSleep, EndsAtOnceWhenTheSagaTurnsBack) {
  Machine machine(R"(
name: nap
version: 1
deadline: 1m
steps:
  - { id: a, action: p.a, compensate: p.undo }
  - { id: nap, sleep: 24h }
)");
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.advance_clock(1min);
  machine.happens(event::DeadlineReached{});
  EXPECT_EQ(machine.status("nap"), StepStatus::kSkipped);
  EXPECT_THAT(machine.commands(), ElementsAre("undo a #1")) << "nothing to settle";
  machine.answer("a", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
  machine.advance_clock(24h);
  EXPECT_FALSE(machine.happens(end_of(machine, "nap")).changed);
}

TEST(DecideSleep, AFailureBesideItEndsItToo) {
  Machine machine(R"(
name: nap
version: 1
deadline: 1h
steps:
  - { id: nap, sleep: 24h }
  - { id: a, action: p.a, needs: [] }
)");
  machine.start();
  EXPECT_THAT(machine.commands(), ElementsAre("do a #1"));
  machine.answer("a", Outcome::kFailed, nullptr, "no");
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
  EXPECT_EQ(machine.status("nap"), StepStatus::kSkipped);
}

TEST(DecideSleep, ComesBackFromTheDatabaseAsItWas) {
  Machine machine(kNap);
  machine.start();
  machine.answer("a", Outcome::kDone);
  const auto again = decode_steps(encode_steps(machine.instance().steps));
  EXPECT_EQ(again[1].status, StepStatus::kWaiting);
  EXPECT_EQ(again[1].retry_at, machine.step("nap").retry_at);
}

}  // namespace
}  // namespace sagad::saga
