// What users of other engines suffer from, one test an item: docs/correctness/complaints.md.

#include <gmock/gmock.h>

#include <vector>

#include "unit/operator_fixture.hpp"

namespace sagad::saga {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const std::string kTrip = R"(
name: trip
version: 1
deadline: 1h
steps:
  - id: hotel
    action: hotel.book
    input: { nights: "${ .input.nights }" }
    compensate: { action: hotel.cancel, retry: { max_attempts: 4, initial_interval: 1s, jitter: 0 } }
  - id: flight
    action: flight.book
    input: { hotel: "${ .steps.hotel.output.id }" }
    compensate: flight.cancel
    retry: { max_attempts: 3, initial_interval: 1s, backoff_coefficient: 2, jitter: 0 }
  - id: pay
    action: pay.charge
    input: { hotel: "${ .steps.hotel.output.id }", flight: "${ .steps.flight.output.id }" }
    compensate: pay.refund
)";

Machine at_flight() {
  Machine machine(kTrip, {{"nights", 2}});
  machine.start();
  machine.answer("hotel", Outcome::kDone, {{"id", "h-1"}});
  return machine;
}

Machine at_pay() {
  auto machine = at_flight();
  machine.answer("flight", Outcome::kDone, {{"id", "f-1"}});
  return machine;
}

/// Fires the timer that the last decision wrote.
const Decision& wait_for_retry(Machine& machine) {
  const auto timer = machine.decision().timers.at(0);
  machine.advance_clock(std::chrono::duration_cast<base::Duration>(timer.due_at - machine.now()));
  return machine.happens(event::TimerFired{timer.step, timer.kind});
}

TEST(Complaints, C01_AFailingCompensationBacksOffThenPausesVisibly) {
  auto machine = at_flight();
  machine.answer("flight", Outcome::kFailed, nullptr, "full");
  std::vector<base::Time> tries;
  while (machine.status() == SagaStatus::kCompensating) {
    tries.push_back(machine.now());
    machine.answer("hotel", Outcome::kRetry, nullptr, "hotel_down");
    EXPECT_THAT(machine.commands(), IsEmpty()) << "no hot loop: the next try waits for its time";
    if (machine.status() == SagaStatus::kCompensating) wait_for_retry(machine);
  }
  ASSERT_EQ(tries.size(), 4U) << "max_attempts counts the first try";
  for (std::size_t i = 2; i < tries.size(); ++i) {
    EXPECT_GE(tries[i] - tries[i - 1], tries[i - 1] - tries[i - 2]);
  }
  EXPECT_EQ(machine.status(), SagaStatus::kPaused) << "neither dropped nor failed";
  EXPECT_EQ(machine.instance().reason, "compensation_exhausted");
  EXPECT_EQ(machine.instance().error->code, "hotel_down");
  EXPECT_EQ(machine.instance().paused_from, SagaStatus::kCompensating) << "it can be resumed";
}

TEST(Complaints, C02_ARefusalCompensatesAtOnceAndATroubleIsNoRefusal) {
  auto refused = at_flight();
  refused.answer("flight", Outcome::kFailed, nullptr, "full");
  EXPECT_EQ(refused.status(), SagaStatus::kCompensating) << "a refusal is not tried again";
  EXPECT_THAT(refused.commands(), ElementsAre("undo hotel #1"));

  auto troubled = at_flight();
  troubled.answer("flight", Outcome::kRetry, nullptr, "connection_lost");
  EXPECT_EQ(troubled.status(), SagaStatus::kRunning) << "a lost connection is no refusal";
  wait_for_retry(troubled);
  EXPECT_THAT(troubled.commands(), ElementsAre("do flight #2"));
}

TEST(Complaints, C03_ASlowActionIsSettledBeforeAnythingIsUndone) {
  auto machine = at_flight();
  const auto slow = machine.last_command("flight");
  machine.advance_clock(1h);
  machine.happens(event::DeadlineReached{});
  EXPECT_THAT(machine.commands(), ElementsAre("settle flight #1")) << "its fate is not known";
  // The action wins the race: it is known as done, with its output, and undone with it.
  machine.happens(event::Answered{machine.result_for(slow, Outcome::kDone, {{"id", "f-1"}})});
  EXPECT_THAT(machine.commands(), ElementsAre("undo flight #1"));
  EXPECT_EQ(json::serialize(machine.last_command("flight").action_output), R"({"id":"f-1"})");
  machine.answer("flight", Outcome::kDone);
  EXPECT_THAT(machine.commands(), ElementsAre("undo hotel #1"));
}

TEST(Complaints, C04_TheTimeoutOfTheWholeSagaCompensates) {
  auto machine = at_flight();
  machine.answer("flight", Outcome::kRetry, nullptr, "busy");  // retries > 0, and in a back-off
  machine.advance_clock(1h);
  machine.happens(event::DeadlineReached{});
  EXPECT_EQ(machine.instance().reason, "deadline_exceeded");
  machine.answer("flight", Outcome::kBarred);
  EXPECT_THAT(machine.commands(), ElementsAre("undo hotel #1"));
  machine.answer("hotel", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
}

TEST(Complaints, C05_CompensationIsCompleteAndInReverseOrder) {
  auto machine = at_pay();
  machine.answer("pay", Outcome::kFailed, nullptr, "no_money");
  EXPECT_THAT(machine.commands(), ElementsAre("undo flight #1"));
  machine.answer("flight", Outcome::kDone);
  EXPECT_THAT(machine.commands(), ElementsAre("undo hotel #1")) << "at once, in the same decision";
  machine.answer("hotel", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
}

TEST(Complaints, C06_AStepIsTriedWithBackOffBeforeTheSagaTurnsBack) {
  auto machine = at_flight();
  for (const auto delay : {1s, 2s}) {
    machine.answer("flight", Outcome::kRetry, nullptr, "busy");
    EXPECT_EQ(machine.decision().timers.at(0).due_at, machine.now() + delay);
    wait_for_retry(machine);
  }
  EXPECT_THAT(machine.commands(), ElementsAre("do flight #3"));
  EXPECT_EQ(machine.status(), SagaStatus::kRunning);
  machine.answer("flight", Outcome::kRetry, nullptr, "busy");
  EXPECT_EQ(machine.instance().reason, "step_exhausted");
  EXPECT_THAT(machine.commands(), ElementsAre("settle flight #3"));
}

TEST(Complaints, C07_DataGoesFromStepToStepAndToTheUndo) {
  auto machine = at_pay();
  EXPECT_EQ(json::serialize(machine.last_command("pay").input),
            R"({"hotel":"h-1","flight":"f-1"})");
  machine.answer("pay", Outcome::kFailed, nullptr, "no_money");
  machine.answer("flight", Outcome::kDone);
  const auto& undo = machine.last_command("hotel");
  EXPECT_EQ(json::serialize(undo.action_input), R"({"nights":2})");
  EXPECT_EQ(json::serialize(undo.action_output), R"({"id":"h-1"})");
}

TEST(Complaints, C08_BranchesForkAndJoin) {
  Machine machine(R"(
name: parallel
steps:
  - { id: a, action: p.a, compensate: p.undo, needs: [] }
  - { id: b, action: p.b, compensate: p.undo, needs: [] }
  - { id: join, action: p.join, needs: [a, b] }
)");
  machine.start();
  EXPECT_THAT(machine.commands(), ElementsAre("do a #1", "do b #1"));
  machine.answer("b", Outcome::kDone);
  EXPECT_THAT(machine.commands(), IsEmpty()) << "the join waits for both";
  machine.answer("a", Outcome::kDone);
  machine.answer("join", Outcome::kFailed, nullptr, "no");
  EXPECT_THAT(machine.commands(), ElementsAre("undo a #1", "undo b #1")) << "in parallel";
}

TEST(Complaints, C10_AStepIsRunNowAndEditedWhereItStopped) {
  auto machine = at_flight();
  machine.answer("flight", Outcome::kRetry, nullptr, "busy");
  EXPECT_THAT(machine.commands(), IsEmpty()) << "it backs off";
  EXPECT_EQ(give(machine, order(Verb::kRetry, "flight")), "applied");
  EXPECT_THAT(machine.commands(), ElementsAre("do flight #2"));
  give(machine, order(Verb::kPause));
  machine.answer("flight", Outcome::kFailed, nullptr, "no_such_hotel");
  EXPECT_EQ(give(machine, with_value(order(Verb::kEdit, "flight"), {{"hotel", "h-2"}})), "applied");
  EXPECT_THAT(machine.commands(), ElementsAre("do flight #1")) << "nothing is undone or run twice";
  EXPECT_EQ(json::serialize(machine.last_command("flight").input), R"({"hotel":"h-2"})");
}

TEST(Complaints, C11_APausedSagaStandsStillAndGoesOn) {
  auto machine = at_flight();
  machine.answer("flight", Outcome::kRetry, nullptr, "busy");
  give(machine, order(Verb::kPause));
  machine.advance_clock(2h);
  EXPECT_FALSE(machine.happens(event::DeadlineReached{}).changed);
  EXPECT_FALSE(machine.happens(event::TimerFired{1, event::TimerFired::Kind::kRetry}).changed);
  EXPECT_EQ(give(machine, order(Verb::kResume)), "applied");
  ASSERT_FALSE(machine.decision().timers.empty()) << "the rest of its back-off";
  EXPECT_EQ(give(machine, order(Verb::kCancel)), "applied") << "also while it backs off";
  EXPECT_EQ(machine.status(), SagaStatus::kCompensating);
}

TEST(Complaints, C13_WhatTheQueueLostIsSentAgain) {
  auto machine = at_flight();
  machine.advance_clock(1min);
  machine.happens(event::Rescue{{{"flight", machine.now()}}});
  EXPECT_THAT(machine.commands(), ElementsAre("do flight #1")) << "the same attempt";
  machine.answer("flight", Outcome::kDone, {{"id", "f-1"}});
  EXPECT_THAT(machine.commands(), ElementsAre("do pay #1"));
}

TEST(Complaints, C24_ADuplicateOfAnyAnswerChangesNothing) {
  auto machine = at_pay();
  machine.answer("pay", Outcome::kDone);
  ASSERT_EQ(machine.status(), SagaStatus::kCompleted);
  for (const auto* step : {"hotel", "flight", "pay"}) {
    for (const auto outcome :
         {Outcome::kDone, Outcome::kFailed, Outcome::kRetry, Outcome::kBarred}) {
      const auto again = machine.result_for(machine.last_command(step), outcome);
      EXPECT_FALSE(machine.happens(event::Answered{again}).changed) << step;
    }
  }
}

}  // namespace
}  // namespace sagad::saga
