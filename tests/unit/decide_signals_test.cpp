#include "unit/decide_fixture.hpp"

// Steps that wait for a signal: before, while and after it comes, in vain, and in a saga that turns
// back or is paused.

namespace sagad::saga {
namespace {

using std::chrono::minutes;
using Texts = std::vector<std::string>;

/// order.create, then the signal `paid` (10 min), then order.ship.
std::string wait_for_paid(const std::string& more = "") {
  return R"(
name: signals
version: 1
steps:
  - id: create
    action: order.create
    compensate: order.cancel
  - id: paid
    signal: paid
    timeout: 10m
    )" + more +
         R"(
  - id: ship
    action: order.ship
    input: { by: "${ .steps.paid.output.by }" }
)";
}

Signal signal(const std::string& name, const json::value& payload, const std::string& key = "") {
  static base::IdGenerator ids(11);
  return {ids.next(base::from_micros(1'800'000'000'000'000)), name, key,
          std::make_shared<const json::value>(payload), base::from_micros(1'800'000'000'000'000)};
}

const Decision& send(Machine& saga, const std::string& name, const json::value& payload,
                     const std::string& key = "") {
  return saga.happens(event::Signalled{signal(name, payload, key)});
}

Machine waiting(const std::string& more = "") {
  Machine saga(wait_for_paid(more));
  saga.start();
  saga.answer("create", Outcome::kDone);
  return saga;
}

TEST(DecideSignals, StepWaitsThenTakesTheSignal) {
  auto saga = waiting();
  EXPECT_EQ(saga.history(), (Texts{"done:create", "waiting:paid"}));
  EXPECT_EQ(saga.status("paid"), StepStatus::kWaiting);
  EXPECT_EQ(saga.step("paid").reason, "for the signal 'paid'");
  EXPECT_TRUE(saga.commands().empty());
  ASSERT_EQ(saga.decision().timers.size(), 1U);
  EXPECT_EQ(saga.decision().timers[0].due_at, saga.now() + minutes(10));
  EXPECT_FALSE(saga.instance().unanswered_since()) << "nothing for the rescuer to send again";

  const auto& decision = send(saga, "paid", {{"by", "card"}}, "bank-1");
  EXPECT_EQ(saga.history(),
            (Texts{"signalled", "signal_taken:paid", "done:paid", "dispatched:ship"}));
  EXPECT_EQ(saga.commands(), (Texts{"do ship #1"}));
  EXPECT_EQ(saga.last_command("ship").input, json::value({{"by", "card"}}));
  ASSERT_EQ(decision.signals.size(), 1U);
  EXPECT_TRUE(decision.signals[0].is_new);
  EXPECT_EQ(decision.signals[0].step, saga.index("paid"));
  EXPECT_EQ(decision.new_outputs, std::vector<int>{saga.index("paid")});
  EXPECT_TRUE(saga.instance().signals.empty());
}

TEST(DecideSignals, EarlySignalIsKeptUntilItsStepComes) {
  Machine saga(wait_for_paid());
  saga.start();
  const auto& kept = send(saga, "paid", {{"by", "cash"}});
  EXPECT_EQ(saga.history(), (Texts{"signalled"}));
  ASSERT_EQ(kept.signals.size(), 1U);
  EXPECT_TRUE(kept.signals[0].is_new);
  EXPECT_FALSE(kept.signals[0].step);
  EXPECT_EQ(saga.step("paid").queued_signals, 1);

  const auto& taken = saga.answer("create", Outcome::kDone);
  EXPECT_EQ(saga.commands(), (Texts{"do ship #1"}));
  EXPECT_EQ(saga.last_command("ship").input, json::value({{"by", "cash"}}));
  ASSERT_EQ(taken.signals.size(), 1U);
  EXPECT_FALSE(taken.signals[0].is_new) << "its row is there already";
  EXPECT_EQ(taken.signals[0].step, saga.index("paid"));
  EXPECT_TRUE(taken.timers.empty()) << "there was nothing to wait for";
  EXPECT_EQ(saga.step("paid").queued_signals, 0);
}

TEST(DecideSignals, SignalsOfOneNameAreTakenInTheirOrder) {
  Machine saga(R"(
name: signals
version: 1
steps:
  - { id: first, signal: tick }
  - { id: second, signal: tick, needs: [] }
  - { id: third, signal: tick, needs: [first, second] }
)");
  saga.start();
  EXPECT_EQ(saga.status("first"), StepStatus::kWaiting);
  EXPECT_EQ(saga.status("second"), StepStatus::kWaiting);
  send(saga, "tick", 1);
  EXPECT_EQ(saga.status("first"), StepStatus::kDone);
  EXPECT_EQ(saga.status("second"), StepStatus::kWaiting);
  send(saga, "tick", 2);
  EXPECT_EQ(saga.status("third"), StepStatus::kWaiting);
  send(saga, "tick", 3);
  EXPECT_EQ(saga.status(), SagaStatus::kCompleted);
  EXPECT_EQ(*saga.step("first").output, json::value(1));
  EXPECT_EQ(*saga.step("second").output, json::value(2));
  EXPECT_EQ(*saga.step("third").output, json::value(3));
}

TEST(DecideSignals, MoreSignalsThanStepsAreKeptAndCounted) {
  auto saga = waiting();
  for (int i = 0; i < 3; ++i) send(saga, "paid", i);
  EXPECT_EQ(*saga.step("paid").output, json::value(0));
  EXPECT_EQ(saga.instance().signals.size(), 2U);
  EXPECT_EQ(saga.step("paid").queued_signals, 2);
}

TEST(DecideSignals, TimeoutTurnsTheSagaBack) {
  auto saga = waiting();
  saga.advance_clock(minutes(9));
  saga.happens(event::TimerFired{saga.index("paid"), event::TimerFired::Kind::kTotalTimeout});
  EXPECT_FALSE(saga.decision().changed) << "it fired too early";
  saga.advance_clock(minutes(1));
  saga.happens(event::TimerFired{saga.index("paid"), event::TimerFired::Kind::kTotalTimeout});
  EXPECT_EQ(saga.history(),
            (Texts{"exhausted:paid", "compensating", "failed:paid", "undo_dispatched:create"}));
  EXPECT_EQ(saga.step("paid").last_error->code, "signal_timeout");
  EXPECT_EQ(saga.instance().reason, "step_exhausted");
  saga.answer("create", Outcome::kDone);
  EXPECT_EQ(saga.status(), SagaStatus::kCompensated);
}

TEST(DecideSignals, TimeoutMayPause) {
  auto saga = waiting("on_exhausted: pause");
  saga.advance_clock(minutes(10));
  saga.happens(event::TimerFired{saga.index("paid"), event::TimerFired::Kind::kTotalTimeout});
  EXPECT_EQ(saga.status(), SagaStatus::kPaused);
  EXPECT_EQ(saga.status("paid"), StepStatus::kWaiting);
  send(saga, "paid", {{"by", "late"}});
  EXPECT_EQ(saga.status(), SagaStatus::kPaused) << "a paused saga records and emits nothing";
  EXPECT_EQ(saga.status("paid"), StepStatus::kDone);
  EXPECT_TRUE(saga.commands().empty());
}

TEST(DecideSignals, TurningBackEndsTheWait) {
  Machine saga(R"(
name: signals
version: 1
steps:
  - { id: create, action: order.create, compensate: order.cancel }
  - { id: paid, signal: paid }
  - { id: reserve, action: order.reserve, needs: [create] }
)");
  saga.start();
  saga.answer("create", Outcome::kDone);
  EXPECT_EQ(saga.status("paid"), StepStatus::kWaiting);
  saga.answer("reserve", Outcome::kFailed, nullptr, "sold_out");
  EXPECT_EQ(saga.status("paid"), StepStatus::kSkipped);
  EXPECT_EQ(saga.commands(), (Texts{"undo create #1"})) << "nothing is left to wait for";
  send(saga, "paid", {{"by", "card"}});
  EXPECT_EQ(saga.status("paid"), StepStatus::kSkipped);
  EXPECT_EQ(saga.instance().signals.size(), 1U) << "it came too late, and is kept as a trace";
  saga.answer("create", Outcome::kDone);
  EXPECT_EQ(saga.status(), SagaStatus::kCompensated);
  EXPECT_FALSE(send(saga, "paid", 1).changed) << "the saga has ended";
}

TEST(DecideSignals, TakenSignalIsNotUndone) {
  auto saga = waiting();
  send(saga, "paid", {{"by", "card"}});
  saga.answer("ship", Outcome::kFailed, nullptr, "no_truck");
  EXPECT_EQ(saga.commands(), (Texts{"undo create #1"}));
  saga.answer("create", Outcome::kDone);
  EXPECT_EQ(saga.status(), SagaStatus::kCompensated);
  EXPECT_EQ(saga.status("paid"), StepStatus::kDone);
}

}  // namespace
}  // namespace sagad::saga
