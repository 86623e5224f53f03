#include "unit/decide_fixture.hpp"

#include <gmock/gmock.h>

namespace sagad::saga {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const std::string kOrderPay = R"(
name: order-pay
version: 1
deadline: 15m
steps:
  - id: create_order
    action: order.create
    input: { amount: "${ .input.amount }" }
    compensate: order.cancel
  - id: pay
    action: pay.charge
    input: { order_id: "${ .steps.create_order.output.order_id }" }
    compensate: pay.refund
    timeout: 10s
    retry: { max_attempts: 3, initial_interval: 200ms, jitter: 0, non_retryable_errors: [bad_gateway_config] }
output: { order_id: "${ .steps.create_order.output.order_id }" }
)";

Machine order_pay() { return Machine(kOrderPay, {{"amount", 5}}); }

Machine at_pay() {
  auto machine = order_pay();
  machine.start();
  machine.answer("create_order", Outcome::kDone, {{"order_id", 42}});
  return machine;
}

TEST(Decide, StartDispatchesTheFirstStepWithItsInput) {
  auto machine = order_pay();
  const auto& decision = machine.start();
  EXPECT_TRUE(decision.changed);
  EXPECT_THAT(machine.commands(), ElementsAre("do create_order #1"));
  EXPECT_THAT(machine.history(), ElementsAre("started", "dispatched:create_order"));
  const auto& command = decision.commands.at(0);
  EXPECT_EQ(command.participant, "order");
  EXPECT_EQ(command.action, "create");
  EXPECT_EQ(json::serialize(command.input), R"({"amount":5})");
  EXPECT_EQ(command.sent_at, machine.now());
  EXPECT_EQ(machine.instance().deadline_at, machine.now() + 15min);
  EXPECT_EQ(machine.instance().sequence, 1);
  EXPECT_THAT(decision.timers, IsEmpty()) << "the happy path writes no timer rows";
}

TEST(Decide, OutputsFlowIntoTheNextInputAndTheEnd) {
  auto machine = at_pay();
  EXPECT_THAT(machine.commands(), ElementsAre("do pay #1"));
  EXPECT_THAT(machine.decision().new_outputs, ElementsAre(0));
  EXPECT_EQ(json::serialize(machine.last_command("pay").input), R"({"order_id":42})");
  EXPECT_EQ(machine.last_command("pay").timeout, 10s);
  machine.answer("pay", Outcome::kDone, {{"pay_id", 1}});
  EXPECT_EQ(machine.status(), SagaStatus::kCompleted);
  EXPECT_EQ(json::serialize(*machine.instance().output), R"({"order_id":42})");
  EXPECT_EQ(machine.instance().ended_at, machine.now());
  EXPECT_THAT(machine.commands(), IsEmpty());
  EXPECT_FALSE(machine.instance().unanswered_since());
}

TEST(Decide, ARefusalUndoesWhatIsDoneWithItsInputAndOutput) {
  auto machine = at_pay();
  machine.answer("pay", Outcome::kFailed, nullptr, "insufficient_funds");
  EXPECT_EQ(machine.status(), SagaStatus::kCompensating);
  EXPECT_EQ(machine.status("pay"), StepStatus::kFailed);
  EXPECT_EQ(machine.instance().error->code, "insufficient_funds");
  EXPECT_THAT(machine.commands(), ElementsAre("undo create_order #1"))
      << "a refusal is recorded by its participant: it needs no settling";
  const auto& undo = machine.last_command("create_order");
  EXPECT_EQ(undo.action, "cancel");
  EXPECT_EQ(json::serialize(undo.action_input), R"({"amount":5})");
  EXPECT_EQ(json::serialize(undo.action_output), R"({"order_id":42})");
  machine.answer("create_order", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
  EXPECT_EQ(machine.status("create_order"), StepStatus::kCompensated);
}

TEST(Decide, ARefusalOfTheFirstStepEndsWithoutCommands) {
  auto machine = order_pay();
  machine.start();
  machine.answer("create_order", Outcome::kFailed, nullptr, "invalid_input");
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
  EXPECT_THAT(machine.commands(), IsEmpty());
  EXPECT_EQ(machine.status("pay"), StepStatus::kPending);
}

TEST(Decide, RetriesBackOffAndCountTheFirstTry) {
  auto machine = at_pay();
  machine.answer("pay", Outcome::kRetry, nullptr, "gateway_down");
  EXPECT_EQ(machine.status("pay"), StepStatus::kRetrying);
  EXPECT_EQ(machine.step("pay").retry_at, machine.now() + 200ms);
  ASSERT_EQ(machine.decision().timers.size(), 1u);
  EXPECT_EQ(machine.decision().timers[0].due_at, machine.now() + 200ms);
  const event::TimerFired fired{1, event::TimerFired::Kind::kRetry};

  machine.advance_clock(199ms);
  EXPECT_FALSE(machine.happens(fired).changed) << "not due yet";
  machine.advance_clock(1ms);
  machine.happens(fired);
  EXPECT_THAT(machine.commands(), ElementsAre("do pay #2"));

  machine.answer("pay", Outcome::kRetry, nullptr, "gateway_down");
  EXPECT_EQ(machine.step("pay").retry_at, machine.now() + 400ms);
  machine.advance_clock(400ms);
  machine.happens(fired);
  machine.answer("pay", Outcome::kDone, {{"pay_id", 9}});
  EXPECT_EQ(machine.status(), SagaStatus::kCompleted);
}

TEST(Decide, TheActionsOwnDelayWinsOverThePolicy) {
  auto machine = at_pay();
  auto result = machine.result_for(machine.last_command("pay"), Outcome::kRetry);
  result.code = "rate_limited";
  result.after = 7s;
  machine.happens(event::Answered{result});
  EXPECT_EQ(machine.step("pay").retry_at, machine.now() + 7s);
}

TEST(Decide, AnExhaustedStepIsSettledBeforeAnythingIsUndone) {
  auto machine = at_pay();
  for (int attempt = 1; attempt < 3; ++attempt) {
    machine.answer("pay", Outcome::kRetry, nullptr, "gateway_down");
    machine.advance_clock(1h);
    machine.happens(event::TimerFired{1, event::TimerFired::Kind::kRetry});
  }
  machine.answer("pay", Outcome::kRetry, nullptr, "gateway_down");
  EXPECT_EQ(machine.status(), SagaStatus::kCompensating);
  EXPECT_EQ(machine.status("pay"), StepStatus::kSettling);
  EXPECT_EQ(machine.instance().reason, "step_exhausted");
  EXPECT_THAT(machine.commands(), ElementsAre("settle pay #3"));

  machine.answer("pay", Outcome::kBarred);
  EXPECT_EQ(machine.status("pay"), StepStatus::kFailed);
  EXPECT_THAT(machine.commands(), ElementsAre("undo create_order #1"));
}

TEST(Decide, AnActionThatTurnsOutDoneIsUndoneWithItsOutput) {
  auto machine = at_pay();
  machine.answer("pay", Outcome::kRetry, nullptr, "bad_gateway_config");
  EXPECT_THAT(machine.commands(), ElementsAre("settle pay #1")) << "a non-retryable code";
  machine.answer("pay", Outcome::kDone, {{"pay_id", 77}});
  EXPECT_THAT(machine.commands(), ElementsAre("undo pay #1"));
  EXPECT_EQ(json::serialize(machine.last_command("pay").action_output), R"({"pay_id":77})");
  machine.answer("pay", Outcome::kDone);
  EXPECT_THAT(machine.commands(), ElementsAre("undo create_order #1"));
}

TEST(Decide, DuplicatesAndStaleAnswersChangeNothing) {
  auto machine = order_pay();
  machine.start();
  const auto first = machine.last_command("create_order");
  machine.answer("create_order", Outcome::kDone, {{"order_id", 42}});
  const auto done = machine.result_for(first, Outcome::kDone, {{"order_id", 43}});
  EXPECT_FALSE(machine.happens(event::Answered{done}).changed);
  EXPECT_EQ(json::serialize(*machine.step("create_order").output), R"({"order_id":42})");

  const auto pay = machine.last_command("pay");
  machine.answer("pay", Outcome::kRetry, nullptr, "x");
  machine.advance_clock(1s);
  machine.happens(event::TimerFired{1, event::TimerFired::Kind::kRetry});
  EXPECT_FALSE(machine.happens(event::Answered{machine.result_for(pay, Outcome::kRetry)}).changed)
      << "a retry of an attempt that is over";
  auto other_round = machine.result_for(machine.last_command("pay"), Outcome::kDone);
  other_round.round = 1;
  EXPECT_FALSE(machine.happens(event::Answered{other_round}).changed);
  auto unknown = other_round;
  unknown.step = "nowhere";
  EXPECT_FALSE(machine.happens(event::Answered{unknown}).changed);

  machine.happens(event::Answered{machine.result_for(pay, Outcome::kDone, {{"pay_id", 1}})});
  EXPECT_EQ(machine.status(), SagaStatus::kCompleted) << "done counts, whichever attempt";
  EXPECT_FALSE(machine.happens(event::Answered{done}).changed) << "the saga is over";
}

TEST(Decide, ADoneOfALowerRoundCountsAndNothingElseOfIt) {
  const auto machine = at_pay();
  const auto definition = definition::load_yaml(kOrderPay, "test.yaml");
  const auto evaluator = definition::make_evaluator(definition);
  base::Random random{1};
  DecideContext context{machine.now(), *evaluator, random};
  auto raised = machine.instance();
  raised.steps.at(1).round = 1;
  for (const auto outcome : {Outcome::kFailed, Outcome::kBarred, Outcome::kRetry}) {
    const event::Answered old{machine.result_for(machine.last_command("pay"), outcome)};
    EXPECT_FALSE(decide(*definition, raised, old, context).changed) << to_string(outcome);
  }
  // What is recorded as done is never replaced: the answer to a command of any round is this one.
  const event::Answered done{machine.result_for(machine.last_command("pay"), Outcome::kDone)};
  EXPECT_EQ(decide(*definition, raised, done, context).instance.status, SagaStatus::kCompleted);
}

TEST(Decide, TheDeadlineSettlesWhatIsInFlightAndThenUndoes) {
  auto machine = at_pay();
  EXPECT_FALSE(machine.happens(event::DeadlineReached{}).changed) << "it has not come";
  machine.advance_clock(15min);
  machine.happens(event::DeadlineReached{});
  EXPECT_EQ(machine.instance().reason, "deadline_exceeded");
  EXPECT_THAT(machine.commands(), ElementsAre("settle pay #1"));
  machine.answer("pay", Outcome::kBarred);
  EXPECT_EQ(machine.status("pay"), StepStatus::kSkipped);
  machine.answer("create_order", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
  EXPECT_FALSE(machine.happens(event::DeadlineReached{}).changed);
}

TEST(Decide, ALateAnswerToTheActionSettlesAsWell) {
  auto machine = at_pay();
  const auto pay = machine.last_command("pay");
  machine.advance_clock(15min);
  machine.happens(event::DeadlineReached{});
  machine.happens(event::Answered{machine.result_for(pay, Outcome::kDone, {{"pay_id", 3}})});
  EXPECT_THAT(machine.commands(), ElementsAre("undo pay #1"));
  auto settled = machine.result_for(pay, Outcome::kDone, {{"pay_id", 3}});
  settled.kind = Kind::kSettle;
  EXPECT_FALSE(machine.happens(event::Answered{settled}).changed) << "its fate is known";
}

TEST(Decide, AFailingCompensationPauses) {
  for (const auto outcome : {Outcome::kFailed, Outcome::kMissing}) {
    auto machine = at_pay();
    machine.answer("pay", Outcome::kFailed, nullptr, "insufficient_funds");
    machine.answer("create_order", outcome, nullptr, "too_late");
    EXPECT_EQ(machine.status(), SagaStatus::kPaused);
    EXPECT_EQ(machine.instance().reason,
              outcome == Outcome::kFailed ? "compensation_failed" : "inbox_row_missing");
    EXPECT_EQ(machine.instance().paused_from, SagaStatus::kCompensating);
    EXPECT_THAT(machine.commands(), IsEmpty());
  }
}

TEST(Decide, ACompensationIsRetriedForAnHourAndThenPauses) {
  auto machine = at_pay();
  machine.answer("pay", Outcome::kFailed, nullptr, "insufficient_funds");
  const auto begin = machine.now();
  int attempts = 0;
  while (machine.status() == SagaStatus::kCompensating) {
    ++attempts;
    ASSERT_LT(attempts, 200) << "a hot loop";
    machine.answer("create_order", Outcome::kRetry, nullptr, "locked");
    if (machine.decision().timers.empty()) break;
    machine.advance_clock(
        std::chrono::ceil<base::Duration>(machine.decision().timers[0].due_at - machine.now()));
    machine.happens(event::TimerFired{0, event::TimerFired::Kind::kRetry});
    EXPECT_THAT(machine.commands(),
                ElementsAre("undo create_order #" + std::to_string(attempts + 1)));
  }
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  EXPECT_EQ(machine.instance().reason, "compensation_exhausted");
  EXPECT_GE(machine.now() - begin, 1h);
  EXPECT_LE(machine.now() - begin, 1h + 2min);
}

TEST(Decide, RescueSendsAgainWithAFreshStampAndIsNoAttempt) {
  auto machine = at_pay();
  const auto sent = machine.last_command("pay").sent_at;
  machine.advance_clock(31s);
  EXPECT_FALSE(machine.happens(event::Rescue{{{"pay", sent}}}).changed) << "not older";
  EXPECT_FALSE(machine.happens(event::Rescue{{{"order", machine.now()}}}).changed);
  machine.happens(event::Rescue{{{"pay", machine.now()}}});
  EXPECT_THAT(machine.commands(), ElementsAre("do pay #1"));
  EXPECT_EQ(machine.last_command("pay").sent_at, machine.now());
  EXPECT_EQ(machine.step("pay").resent, 1);
  EXPECT_EQ(machine.step("pay").attempt, 1);
}

TEST(Decide, RescueRepeatsASettleAndAnUndo) {
  auto machine = at_pay();
  machine.answer("pay", Outcome::kRetry, nullptr, "bad_gateway_config");
  machine.advance_clock(31s);
  machine.happens(event::Rescue{{{"pay", machine.now()}}});
  EXPECT_THAT(machine.commands(), ElementsAre("settle pay #1"));
  machine.answer("pay", Outcome::kBarred);
  machine.advance_clock(31s);
  machine.happens(event::Rescue{{{"order", machine.now()}}});
  EXPECT_THAT(machine.commands(), ElementsAre("undo create_order #1"));
}

TEST(Decide, ADeadLetterPausesUntilAPersonLooks) {
  auto machine = at_pay();
  EXPECT_FALSE(machine.happens(event::DeadLettered{"create_order", "poison"}).changed)
      << "that step has answered";
  EXPECT_FALSE(machine.happens(event::DeadLettered{"nowhere", "poison"}).changed);
  machine.happens(event::DeadLettered{"pay", "poison"});
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  EXPECT_EQ(machine.instance().reason, "dead_letter");
  EXPECT_FALSE(machine.happens(event::DeadLettered{"pay", "poison"}).changed);
}

TEST(Decide, APausedSagaRecordsResultsButSendsNothing) {
  auto machine = order_pay();
  machine.start();
  machine.happens(event::DeadLettered{"create_order", "poison"});
  machine.answer("create_order", Outcome::kDone, {{"order_id", 1}});
  EXPECT_EQ(machine.status("create_order"), StepStatus::kDone);
  EXPECT_THAT(machine.decision().new_outputs, ElementsAre(0));
  EXPECT_THAT(machine.commands(), IsEmpty());
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
}

TEST(Decide, ABarredAnswerNobodyAskedForPauses) {
  auto machine = at_pay();
  machine.answer("pay", Outcome::kBarred);
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  EXPECT_EQ(machine.instance().reason, "unexpected_barred");
}

TEST(Decide, ABarredAnswerNobodyAskedForLeavesAPausedSagaAsItIs) {
  auto machine = at_pay();
  machine.happens(event::DeadLettered{"", "crashed"});
  ASSERT_EQ(machine.status(), SagaStatus::kPaused);
  const auto before = encode_steps(machine.instance().steps);
  machine.answer("pay", Outcome::kBarred);
  EXPECT_FALSE(machine.decision().changed);
  EXPECT_EQ(encode_steps(machine.instance().steps), before) << "still unanswered: asked for again";
}

TEST(Decide, AnExpressionThatFailsFailsItsStep) {
  auto machine = order_pay();
  machine.start();
  machine.answer("create_order", Outcome::kDone, "a string, which has no order_id");
  EXPECT_EQ(machine.status("pay"), StepStatus::kFailed);
  EXPECT_EQ(machine.step("pay").last_error->code, "expression_error");
  EXPECT_EQ(machine.status(), SagaStatus::kCompensating);
  EXPECT_THAT(machine.commands(), ElementsAre("undo create_order #1"));
}

TEST(Decide, AnOutputThatFailsStillCompletes) {
  Machine machine(R"(
name: s
version: 1
steps:
  - { id: a, action: p.a }
output: { x: "${ .steps.a.output.x.y }" }
)");
  machine.start();
  machine.answer("a", Outcome::kDone, {{"x", 1}});
  EXPECT_EQ(machine.status(), SagaStatus::kCompleted);
  EXPECT_EQ(machine.instance().output, nullptr);
  EXPECT_THAT(machine.history(), ElementsAre("done:a", "output_error", "completed"));
}

}  // namespace
}  // namespace sagad::saga
