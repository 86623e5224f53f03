#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/decide_fixture.hpp"

namespace sagad::saga {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr const char* kTwo = R"(
name: two
steps:
  - { id: a, action: p.a, compensate: p.undo_a }
  - { id: b, action: q.b }
)";

event::Redriven redriven(const std::string& step) { return {step, 7, "ann", "mended"}; }

TEST(DecideRedrive, SendsTheCommandAnewWithAFreshStamp) {
  Machine machine(kTwo);
  machine.start();
  machine.advance_clock(5s);
  const auto& decision = machine.happens(redriven("a"));
  EXPECT_THAT(machine.commands(), ElementsAre("do a #1"));
  EXPECT_EQ(decision.commands[0].sent_at, machine.now());
  EXPECT_THAT(machine.history(), ElementsAre("redriven", "resent:a"));
  EXPECT_EQ(decision.history[0].detail.at("letter"), 7);
  EXPECT_EQ(decision.history[0].detail.at("by"), "ann");
  EXPECT_EQ(decision.history[0].detail.at("why"), "mended");
}

TEST(DecideRedrive, OfAStepThatIsNotKnownEveryUnansweredOne) {
  Machine machine(kTwo);
  machine.start();
  machine.happens(redriven(""));
  EXPECT_THAT(machine.commands(), ElementsAre("do a #1"));
  machine.happens(redriven("gone"));
  EXPECT_THAT(machine.commands(), ElementsAre("do a #1"));
}

TEST(DecideRedrive, AlsoASettleAndAnUndo) {
  Machine machine(kTwo);
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.answer("b", Outcome::kFailed);
  machine.happens(redriven("a"));
  EXPECT_THAT(machine.commands(), ElementsAre("undo a #1"));
}

TEST(DecideRedrive, ASagaThatItsLetterPausedGoesOn) {
  Machine machine(kTwo);
  machine.start();
  machine.happens(event::DeadLettered{"a", "poison"});
  ASSERT_EQ(machine.status(), SagaStatus::kPaused);
  machine.advance_clock(5s);
  const auto& decision = machine.happens(redriven("a"));
  EXPECT_EQ(machine.status(), SagaStatus::kRunning);
  EXPECT_EQ(machine.instance().reason, "");
  EXPECT_FALSE(machine.instance().error);
  EXPECT_THAT(machine.commands(), ElementsAre("do a #1"));
  EXPECT_EQ(decision.commands[0].sent_at, machine.now());
  EXPECT_THAT(machine.history(), ElementsAre("redriven", "resumed", "resent:a"));
  machine.answer("a", Outcome::kDone);
  machine.answer("b", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompleted);
}

TEST(DecideRedrive, WhatWasAnsweredDuringThePauseIsNotAskedAgain) {
  Machine machine(kTwo);
  machine.start();
  machine.happens(event::DeadLettered{"a", "poison"});
  machine.answer("a", Outcome::kDone);
  machine.happens(redriven("a"));
  EXPECT_THAT(machine.commands(), ElementsAre("do b #1"));
}

TEST(DecideRedrive, ACompensationGoesOnAndItsBackOffIsHeardAgain) {
  Machine machine(kTwo);
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.answer("b", Outcome::kFailed);
  machine.happens(event::DeadLettered{"a", "poison"});
  machine.answer("a", Outcome::kRetry, nullptr, "busy");
  const auto due = machine.step("a").retry_at;
  ASSERT_TRUE(due);
  const auto& decision = machine.happens(redriven("a"));
  EXPECT_EQ(machine.status(), SagaStatus::kCompensating);
  ASSERT_EQ(decision.timers.size(), 1U);
  EXPECT_EQ(decision.timers[0].due_at, *due);
  EXPECT_THAT(machine.commands(), IsEmpty());
}

TEST(DecideRedrive, ASagaThatIsPausedForAnotherReasonStaysSo) {
  Machine machine(kTwo);
  machine.start();
  machine.answer("a", Outcome::kDone);
  machine.answer("b", Outcome::kFailed);
  machine.answer("a", Outcome::kFailed, nullptr, "gone");
  ASSERT_EQ(machine.status(), SagaStatus::kPaused);
  EXPECT_FALSE(machine.happens(redriven("")).changed);
}

TEST(DecideRedrive, NothingForAStepThatIsAnsweredOrASagaThatHasEnded) {
  Machine machine(kTwo);
  machine.start();
  machine.answer("a", Outcome::kDone);
  EXPECT_FALSE(machine.happens(redriven("a")).changed);
  machine.answer("b", Outcome::kDone);
  EXPECT_FALSE(machine.happens(redriven("")).changed);
  EXPECT_THAT(machine.commands(), IsEmpty());
}

}  // namespace
}  // namespace sagad::saga
