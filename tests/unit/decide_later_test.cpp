#include <gmock/gmock.h>

#include "saga/final_answer.hpp"
#include "unit/operator_fixture.hpp"

// Answers that come later, and external actions in doubt.

namespace sagad::saga {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

std::string order_pay(const std::string& pay = "", const std::string& order = "") {
  return R"(
name: order-pay
version: 1
deadline: 15m
steps:
  - id: order
    action: order.create
    compensate: order.cancel
)" + order +
         R"(  - id: pay
    action: pay.charge
    compensate: pay.refund
)" + pay +
         R"(output: { pay_id: "${ .steps.pay.output.pay_id }" }
)";
}

FinalAnswer done(json::value output = json::object{{"pay_id", 7}}) {
  return {true, std::move(output), {}};
}
FinalAnswer failed(const std::string& code) { return {false, nullptr, {code, "so it is"}}; }

class Later : public ::testing::Test {
 protected:
  void at_pay(const std::string& yaml = order_pay()) {
    machine_.emplace(yaml);
    machine_->start();
    machine_->answer("order", Outcome::kDone, {{"order_id", 42}});
  }
  void waiting(const std::string& yaml = order_pay()) {
    at_pay(yaml);
    machine_->answer("pay", Outcome::kLater);
  }
  const Decision& finally(const FinalAnswer& answer, int round = 0, const char* step = "pay") {
    return machine_->happens(event::FinalAnswered{step, 0, round, answer});
  }
  FinalVerdict verdict(const FinalAnswer& answer, int round = 0, const char* step = "pay") {
    const auto definition = definition::load_yaml(order_pay(), "test.yaml");
    return judge(*definition, machine_->instance(), event::FinalAnswered{step, 0, round, answer});
  }
  Machine& machine() { return *machine_; }

  std::optional<Machine> machine_;
};

TEST_F(Later, WaitsAndIsDoneByItsFinalAnswer) {
  at_pay();
  auto later = machine().result_for(machine().last_command("pay"), Outcome::kLater);
  later.message = "the bank calls back";
  machine().happens(event::Answered{later});
  EXPECT_EQ(machine().status("pay"), StepStatus::kWaiting);
  EXPECT_EQ(machine().step("pay").reason, "the bank calls back");
  EXPECT_FALSE(machine().step("pay").unanswered()) << "the rescuer leaves it alone";
  EXPECT_THAT(machine().history(), ElementsAre("later:pay"));
  finally(done());
  EXPECT_THAT(machine().history(), ElementsAre("done:pay", "completed"));
  EXPECT_EQ(json::serialize(*machine().instance().output), R"({"pay_id":7})");
}

TEST_F(Later, AFinalAnswerThatOvertakesCounts) {
  at_pay();
  finally(done());
  EXPECT_THAT(machine().history(), ElementsAre("final_answer_kept:pay"));
  EXPECT_EQ(machine().status("pay"), StepStatus::kRunning);
  const auto kept = decode_steps(encode_steps(machine().instance().steps));
  ASSERT_TRUE(kept.at(1).early_answer);
  EXPECT_EQ(*kept.at(1).early_answer, done());
  machine().answer("pay", Outcome::kLater);
  EXPECT_EQ(machine().status(), SagaStatus::kCompleted);
  EXPECT_FALSE(machine().step("pay").early_answer);
}

TEST_F(Later, AFinalAnswerSurvivesARetryOfTheActionItself) {
  at_pay();
  finally(failed("declined"));
  machine().answer("pay", Outcome::kRetry, nullptr, "busy");
  machine().advance_clock(1h);
  machine().happens(event::TimerFired{1, event::TimerFired::Kind::kRetry});
  EXPECT_THAT(machine().commands(), ElementsAre("do pay #2"));
  machine().answer("pay", Outcome::kLater);
  EXPECT_THAT(machine().commands(), ElementsAre("undo pay #1")) << "it took effect";
}

TEST_F(Later, WhatFailsInTheEndIsUndoneLikeWhatIsDone) {
  waiting();
  finally(failed("declined"));
  EXPECT_EQ(machine().instance().error->code, "declined");
  EXPECT_THAT(machine().commands(), ElementsAre("undo pay #1"));
  machine().answer("pay", Outcome::kDone);
  EXPECT_EQ(machine().status("pay"), StepStatus::kCompensated);
  EXPECT_THAT(machine().commands(), ElementsAre("undo order #1"));
  machine().answer("order", Outcome::kDone);
  EXPECT_EQ(machine().status(), SagaStatus::kCompensated);
}

TEST_F(Later, TotalTimeoutCoversTheWait) {
  at_pay(order_pay("    total_timeout: 1m\n"));
  ASSERT_EQ(machine().decision().timers.size(), 1U);
  machine().answer("pay", Outcome::kLater);
  machine().advance_clock(1min);
  machine().happens(event::TimerFired{1, event::TimerFired::Kind::kTotalTimeout});
  EXPECT_EQ(machine().instance().error->code, "total_timeout");
  EXPECT_THAT(machine().commands(), ElementsAre("undo pay #1")) << "it is known: no settle";
  EXPECT_THAT(machine().history(), ElementsAre("exhausted:pay", "compensating", "wait_ended:pay",
                                               "undo_dispatched:pay"));
}

TEST_F(Later, OnExhaustedPauseKeepsItWaiting) {
  at_pay(order_pay("    total_timeout: 1m\n    on_exhausted: pause\n"));
  machine().answer("pay", Outcome::kLater);
  machine().advance_clock(1min);
  machine().happens(event::TimerFired{1, event::TimerFired::Kind::kTotalTimeout});
  EXPECT_EQ(machine().status(), SagaStatus::kPaused);
  finally(done());
  EXPECT_EQ(machine().status("pay"), StepStatus::kDone) << "paused records answers";
}

TEST_F(Later, TheWaitEndsAtOnceWhenTheSagaTurnsBack) {
  waiting();
  machine().advance_clock(15min);
  machine().happens(event::DeadlineReached{});
  EXPECT_THAT(machine().commands(), ElementsAre("undo pay #1"));
  EXPECT_EQ(verdict(done()), FinalVerdict::kTurnedBack);
  EXPECT_FALSE(finally(done()).changed);
}

TEST_F(Later, ASettledOneTookEffectAndIsUndone) {
  at_pay();
  machine().advance_clock(15min);
  machine().happens(event::DeadlineReached{});
  EXPECT_THAT(machine().commands(), ElementsAre("settle pay #1"));
  machine().answer("pay", Outcome::kLater);
  EXPECT_THAT(machine().commands(), ElementsAre("undo pay #1"));
}

TEST_F(Later, AWaitingPivotIsPassed) {
  const std::string pivot = R"(
name: ship
version: 1
deadline: 15m
steps:
  - { id: order, action: order.create, compensate: order.cancel }
  - { id: pay, action: pay.charge, pivot: true }
  - { id: ship, action: ship.send }
)";
  waiting(pivot);
  machine().advance_clock(15min);
  machine().happens(event::DeadlineReached{});
  EXPECT_EQ(machine().status(), SagaStatus::kRunning);
  EXPECT_EQ(machine().status("pay"), StepStatus::kWaiting);
  finally(done());
  EXPECT_THAT(machine().commands(), ElementsAre("do ship #1"));

  waiting(pivot);
  finally(failed("declined"));
  EXPECT_THAT(machine().commands(), ElementsAre("undo order #1")) << "it was refused after all";

  at_pay(pivot);
  machine().advance_clock(15min);
  machine().happens(event::DeadlineReached{});
  EXPECT_THAT(machine().commands(), ElementsAre("settle pay #1"));
  machine().answer("pay", Outcome::kLater);
  EXPECT_EQ(machine().status(), SagaStatus::kRunning);
  EXPECT_EQ(machine().status("pay"), StepStatus::kWaiting);
}

TEST_F(Later, GivenTwiceItIsKnownAndAnotherIsRefused) {
  at_pay();
  EXPECT_EQ(verdict(done()), FinalVerdict::kTaken);
  finally(done());
  EXPECT_EQ(verdict(done()), FinalVerdict::kKnown);
  EXPECT_EQ(verdict(failed("declined")), FinalVerdict::kOther);
  EXPECT_FALSE(finally(failed("declined")).changed);
  machine().answer("pay", Outcome::kLater);
  EXPECT_EQ(verdict(done()), FinalVerdict::kKnown);
  EXPECT_EQ(verdict(done({{"pay_id", 8}})), FinalVerdict::kOther);
  EXPECT_EQ(verdict(failed("declined")), FinalVerdict::kOther);

  waiting();
  finally(failed("declined"));
  EXPECT_EQ(machine().status("pay"), StepStatus::kCompensating);
  waiting(order_pay("", ""));
  EXPECT_EQ(verdict(failed("declined")), FinalVerdict::kTaken);
}

TEST_F(Later, OnlyAStepThatIsUnderWayTakesOne) {
  at_pay();
  EXPECT_EQ(verdict(done(), 1), FinalVerdict::kOldRound);
  EXPECT_EQ(verdict(done(), 0, "ship"), FinalVerdict::kUnknownStep);
  EXPECT_EQ(verdict(done(), 0, "order"), FinalVerdict::kNotWaiting);
  machine().answer("pay", Outcome::kDone, {{"pay_id", 1}});
  EXPECT_EQ(verdict(done()), FinalVerdict::kNotWaiting);
  EXPECT_FALSE(finally(done()).changed);
}

TEST_F(Later, TheParticipantMayGiveTheFinalAnswerItself) {
  waiting();
  machine().answer("pay", Outcome::kLater);
  EXPECT_FALSE(machine().decision().changed) << "delivered twice";
  machine().answer("pay", Outcome::kRetry);
  EXPECT_FALSE(machine().decision().changed);
  machine().answer("pay", Outcome::kDone, {{"pay_id", 3}});
  EXPECT_EQ(machine().status(), SagaStatus::kCompleted);
}

TEST_F(Later, AnOperatorFindsThatItTookEffect) {
  for (const auto verb : {Verb::kSkip, Verb::kComplete}) {
    at_pay();
    EXPECT_EQ(give(machine(), with_value(order(verb, "pay"), json::object{})), "pending");
    EXPECT_THAT(machine().commands(), ElementsAre("settle pay #1"));
    machine().answer("pay", Outcome::kLater);
    EXPECT_THAT(machine().history(), ElementsAre("later:pay", "verb_refused:pay"));
    EXPECT_EQ(machine().status("pay"), StepStatus::kWaiting);
    finally(done());
    EXPECT_EQ(machine().status(), SagaStatus::kCompleted);
  }
}

TEST_F(Later, ItsTokenStaysGoodInAHigherRound) {
  at_pay();
  machine().answer("pay", Outcome::kLater);
  // An operator's retry raises the round; the action is not run again, its answer stands.
  Instance raised = machine().instance();
  raised.steps.at(1).round = 1;
  const auto definition = definition::load_yaml(order_pay(), "test.yaml");
  const event::FinalAnswered old{"pay", 0, 0, done()};
  EXPECT_EQ(judge(*definition, raised, old), FinalVerdict::kTaken);
  raised.steps.at(1).status = StepStatus::kRunning;
  EXPECT_EQ(judge(*definition, raised, old), FinalVerdict::kOldRound) << "not known yet";
}

TEST_F(Later, ARefusalInDoubtIsUndone) {
  at_pay();
  auto refusal = machine().result_for(machine().last_command("pay"), Outcome::kFailed);
  refusal.code = "declined";
  refusal.in_doubt = true;
  machine().happens(event::Answered{refusal});
  EXPECT_THAT(machine().commands(), ElementsAre("undo pay #1"));
}

TEST_F(Later, APivotInDoubtIsForAPerson) {
  const std::string pivot = R"(
name: ship
version: 1
deadline: 15m
steps:
  - { id: order, action: order.create, compensate: order.cancel }
  - { id: pay, action: pay.charge, pivot: true }
)";
  for (const bool settled : {false, true}) {
    at_pay(pivot);
    if (settled) {
      machine().advance_clock(15min);
      machine().happens(event::DeadlineReached{});
    }
    auto refusal = machine().result_for(machine().last_command("pay"), Outcome::kFailed);
    refusal.code = "in_doubt";
    refusal.in_doubt = true;
    machine().happens(event::Answered{refusal});
    EXPECT_EQ(machine().status(), SagaStatus::kPaused);
    EXPECT_EQ(machine().instance().reason, "pivot_in_doubt");
    EXPECT_EQ(machine().instance().paused_from,
              settled ? SagaStatus::kCompensating : SagaStatus::kRunning);
    EXPECT_THAT(machine().commands(), IsEmpty());
  }
}

}  // namespace
}  // namespace sagad::saga
