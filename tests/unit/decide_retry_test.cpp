// Which attempt is the last, and how long the next one waits.

#include <gmock/gmock.h>

#include "unit/decide_fixture.hpp"

namespace sagad::saga {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const std::string kSaga = R"(
name: retries
version: 1
deadline: 1h
steps:
  - id: a
    action: p.a
    compensate: { action: p.undo, retry: { jitter: 0, non_retryable_errors: [gone] } }
  - id: b
    action: p.b
    total_timeout: 1m
    retry: { max_attempts: 9, initial_interval: 1s, jitter: 0.5, non_retryable_errors: [bad_config] }
)";

Machine at_b() {
  Machine machine(kSaga);
  machine.start();
  machine.answer("a", Outcome::kDone);
  return machine;
}

const Decision& retry_after(Machine& machine, const std::string& step, base::Duration after) {
  auto result = machine.result_for(machine.last_command(step), Outcome::kRetry);
  result.code = "busy";
  result.after = after;
  return machine.happens(event::Answered{result});
}

TEST(DecideRetry, ANonRetryableCodeIsTheLastAttempt) {
  auto machine = at_b();
  machine.answer("b", Outcome::kRetry, nullptr, "bad_config");
  EXPECT_EQ(machine.status(), SagaStatus::kCompensating);
  EXPECT_EQ(machine.instance().reason, "step_exhausted");
  EXPECT_THAT(machine.commands(), ElementsAre("settle b #1")) << "it may have happened";
  EXPECT_THAT(machine.decision().timers, IsEmpty());
}

TEST(DecideRetry, AnotherCodeIsRetried) {
  auto machine = at_b();
  machine.answer("b", Outcome::kRetry, nullptr, "busy");
  EXPECT_EQ(machine.status("b"), StepStatus::kRetrying);
}

TEST(DecideRetry, JitterComesFromTheRandomnessThatIsPassedIn) {
  auto first = at_b();
  auto second = at_b();
  first.answer("b", Outcome::kRetry, nullptr, "busy");
  second.answer("b", Outcome::kRetry, nullptr, "busy");
  const auto wait = *first.step("b").retry_at - first.now();
  EXPECT_EQ(wait, *second.step("b").retry_at - second.now()) << "the same seed, the same wait";
  EXPECT_GE(wait, 500ms);
  EXPECT_LE(wait, 1500ms);
  EXPECT_NE(wait, 1s);
}

TEST(DecideRetry, TheDelayOfACompensationWinsToo) {
  auto machine = at_b();
  machine.answer("b", Outcome::kFailed, nullptr, "no");
  retry_after(machine, "a", 42s);
  EXPECT_EQ(machine.step("a").retry_at, machine.now() + 42s);
}

TEST(DecideRetry, ANonRetryableCodeOfACompensationPauses) {
  auto machine = at_b();
  machine.answer("b", Outcome::kFailed, nullptr, "no");
  machine.answer("a", Outcome::kRetry, nullptr, "gone");
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  EXPECT_EQ(machine.instance().error->code, "gone");
}

TEST(DecideRetry, TotalTimeoutCountsFromTheFirstDispatch) {
  auto machine = at_b();
  ASSERT_EQ(machine.decision().timers.size(), 1U);
  const auto timer = machine.decision().timers[0];
  EXPECT_EQ(timer.due_at, machine.now() + 1min);
  retry_after(machine, "b", 50s);
  machine.advance_clock(50s);
  machine.happens(event::TimerFired{1, event::TimerFired::Kind::kRetry});
  EXPECT_THAT(machine.commands(), ElementsAre("do b #2"));
  EXPECT_THAT(machine.decision().timers, IsEmpty()) << "it is not begun anew";
  machine.advance_clock(10s);
  machine.happens(event::TimerFired{timer.step, timer.kind});
  EXPECT_EQ(machine.instance().error->code, "total_timeout");
  EXPECT_THAT(machine.commands(), ElementsAre("settle b #2"));
}

TEST(DecideRetry, ATotalTimeoutMayPauseInstead) {
  auto yaml = kSaga + "    on_exhausted: pause\n";
  Machine machine(yaml);
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.advance_clock(1min);
  machine.happens(event::TimerFired{1, event::TimerFired::Kind::kTotalTimeout});
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  EXPECT_EQ(machine.instance().reason, "step_exhausted");
  EXPECT_THAT(machine.commands(), IsEmpty());
  EXPECT_EQ(machine.status("a"), StepStatus::kDone);
}

}  // namespace
}  // namespace sagad::saga
