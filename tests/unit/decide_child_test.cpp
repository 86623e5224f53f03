#include <gtest/gtest.h>

#include "saga/child.hpp"
#include "unit/decide_fixture.hpp"

// A child saga from both sides: as a step of its parent, and as a saga that has one.

namespace sagad::saga {
namespace {

using Texts = std::vector<std::string>;

const auto kParent = base::SagaId::parse("018f0000-0000-7000-8000-0000000000aa");
const ParentRef kRef{kParent, "sub", 0, 0};

const char* const kParentYaml = R"(
name: parent
version: 1
steps:
  - { id: create, action: order.create, compensate: order.cancel }
  - { id: sub, child: leaf@1, input: { amount: "${ .input.amount }" } }
  - { id: ship, action: order.ship, input: { by: "${ .steps.sub.output.by }" } }
)";

/// A saga whose child step is on its way.
Machine parent() {
  Machine saga(kParentYaml, {{"amount", 5}});
  saga.start();
  saga.answer("create", Outcome::kDone);
  return saga;
}

/// A child of two steps.
Machine child() {
  Machine saga(R"(
name: leaf
version: 1
steps:
  - { id: one, action: pay.one, compensate: pay.undo_one }
  - { id: two, action: pay.two, compensate: pay.undo_two }
)",
               json::object{}, child_key(kRef));
  saga.start();
  return saga;
}

void complete(Machine& saga) {
  saga.answer("one", Outcome::kDone);
  saga.answer("two", Outcome::kDone);
}

const Decision& ask(Machine& saga, Kind kind, int round = 0) {
  return saga.happens(event::AskedByParent{kind, round});
}

/// The last decision's answer to the parent, as `do done`.
std::string answer(const Machine& saga) {
  const auto& result = saga.decision().answer;
  if (!result) return "none";
  EXPECT_EQ(result->saga, kParent);
  EXPECT_EQ(result->step, "sub");
  EXPECT_EQ(result->participant, definition::kChildParticipant);
  return std::string(to_string(result->kind)) + " " + std::string(to_string(result->outcome)) +
         (result->code.empty() ? "" : " " + result->code);
}

TEST(ChildKey, NamesItsParent) {
  const ParentRef ref{kParent, "sub_2", 3, 1};
  EXPECT_EQ(child_key(ref), "@child/" + kParent.str() + "/sub_2/3/1");
  EXPECT_EQ(parse_child_key(child_key(ref)), ref);
  for (const auto* other : {"", "order-1", "@child/", "@child/x/sub/0/0", "@child/a/b/c/d/e"}) {
    EXPECT_FALSE(parse_child_key(other)) << other;
  }
}

TEST(DecideChild, StepStartsItAndWaits) {
  auto saga = parent();
  EXPECT_EQ(saga.commands(), (Texts{"do sub #1"}));
  EXPECT_EQ(saga.status("sub"), StepStatus::kWaiting);
  EXPECT_EQ(saga.step("sub").reason, "for the child saga leaf@1");
  const auto& command = saga.last_command("sub");
  EXPECT_EQ(command.participant, definition::kChildParticipant);
  EXPECT_EQ(command.action, "leaf@1");
  EXPECT_EQ(command.input, json::value({{"amount", 5}}));
  EXPECT_TRUE(saga.instance().unanswered_since()) << "the rescuer asks for it";
}

TEST(DecideChild, ItsOutputIsTheStepsOutput) {
  auto saga = parent();
  saga.answer("sub", Outcome::kDone, {{"by", "air"}});
  EXPECT_EQ(saga.commands(), (Texts{"do ship #1"}));
  EXPECT_EQ(saga.last_command("ship").input, json::value({{"by", "air"}}));
}

TEST(DecideChild, ItsFailureIsTheStepsFailure) {
  auto saga = parent();
  saga.answer("sub", Outcome::kFailed, nullptr, "no_funds");
  EXPECT_EQ(saga.status("sub"), StepStatus::kFailed);
  EXPECT_EQ(saga.instance().error->code, "no_funds");
  EXPECT_EQ(saga.commands(), (Texts{"undo create #1"}));
}

TEST(DecideChild, CompletedOneIsUndoneBeforeWhatItBuildsOn) {
  auto saga = parent();
  saga.answer("sub", Outcome::kDone, {{"by", "air"}});
  saga.answer("ship", Outcome::kFailed, nullptr, "storm");
  EXPECT_EQ(saga.commands(), (Texts{"undo sub #1"}));
  saga.answer("sub", Outcome::kDone);
  EXPECT_EQ(saga.status("sub"), StepStatus::kCompensated);
  EXPECT_EQ(saga.commands(), (Texts{"undo create #1"}));
}

/// A saga that turns back while its child runs.
Machine cancelling() {
  Machine saga(R"(
name: parent
version: 1
steps:
  - { id: create, action: order.create, compensate: order.cancel }
  - { id: sub, child: leaf@1 }
  - { id: pay, action: pay.charge, needs: [create] }
)");
  saga.start();
  saga.answer("create", Outcome::kDone);
  saga.answer("pay", Outcome::kFailed, nullptr, "no_funds");
  return saga;
}

TEST(DecideChild, RunningOneIsCancelledAndAwaited) {
  auto saga = cancelling();
  EXPECT_EQ(saga.commands(), (Texts{"settle sub #1"})) << "nothing is undone before it has ended";
  EXPECT_EQ(saga.status("sub"), StepStatus::kSettling);

  auto cancelled = cancelling();
  cancelled.answer("sub", Outcome::kBarred);
  EXPECT_EQ(cancelled.status("sub"), StepStatus::kSkipped);
  EXPECT_EQ(cancelled.commands(), (Texts{"undo create #1"}));

  saga.answer("sub", Outcome::kDone);
  EXPECT_EQ(saga.commands(), (Texts{"undo sub #1"})) << "it had completed meanwhile";
}

TEST(DecideChild, GivenUpChildPausesItsParent) {
  auto saga = parent();
  saga.answer("sub", Outcome::kMissing, nullptr, "child_failed");
  EXPECT_EQ(saga.status(), SagaStatus::kPaused);
  EXPECT_EQ(saga.instance().reason, "child_failed");
  EXPECT_FALSE(saga.answer("sub", Outcome::kMissing, nullptr, "child_failed").changed);
}

TEST(DecideChild, TotalTimeoutCancelsIt) {
  Machine saga(R"(
name: parent
version: 1
steps:
  - { id: sub, child: leaf@1, total_timeout: 1m }
)");
  saga.start();
  ASSERT_EQ(saga.decision().timers.size(), 1U);
  saga.advance_clock(std::chrono::minutes(1));
  saga.happens(event::TimerFired{0, event::TimerFired::Kind::kTotalTimeout});
  EXPECT_EQ(saga.commands(), (Texts{"settle sub #1"}));
  saga.answer("sub", Outcome::kBarred);
  EXPECT_EQ(saga.status(), SagaStatus::kCompensated);
  EXPECT_EQ(saga.instance().error->code, "total_timeout");
}

TEST(DecideChild, SilentOneIsAskedForAgain) {
  auto saga = parent();
  saga.advance_clock(std::chrono::minutes(1));
  saga.happens(event::Rescue{{{std::string(definition::kChildParticipant), saga.now()}}});
  EXPECT_EQ(saga.commands(), (Texts{"do sub #1"}));
  EXPECT_EQ(saga.status("sub"), StepStatus::kWaiting);
  EXPECT_EQ(saga.step("sub").resent, 1);
}

TEST(DecideChild, AnswersWhenItCompletes) {
  auto saga = child();
  EXPECT_EQ(answer(saga), "none");
  saga.answer("one", Outcome::kDone);
  EXPECT_EQ(answer(saga), "none");
  saga.answer("two", Outcome::kDone);
  EXPECT_EQ(answer(saga), "do done");
  EXPECT_EQ(saga.decision().answer->sent_at, saga.now());
  ask(saga, Kind::kDo);
  EXPECT_EQ(answer(saga), "do done") << "asked again, it answers again";
  EXPECT_FALSE(saga.decision().changed);
}

TEST(DecideChild, AnswersItsErrorWhenItIsCompensated) {
  auto saga = child();
  saga.answer("one", Outcome::kDone);
  saga.answer("two", Outcome::kFailed, nullptr, "no_funds");
  EXPECT_EQ(answer(saga), "none") << "not before it has undone what it did";
  saga.answer("one", Outcome::kDone);
  EXPECT_EQ(answer(saga), "do failed no_funds");
}

TEST(DecideChild, AskedWhileItRunsItSaysNothing) {
  auto saga = child();
  ask(saga, Kind::kDo);
  EXPECT_EQ(answer(saga), "none");
  EXPECT_FALSE(saga.decision().changed);
  EXPECT_FALSE(ask(saga, Kind::kUndo).changed) << "what is not done cannot be undone";
}

TEST(DecideChild, SettledWhileItRunsItTurnsBack) {
  auto saga = child();
  saga.answer("one", Outcome::kDone);
  ask(saga, Kind::kSettle);
  EXPECT_EQ(saga.status(), SagaStatus::kCompensating);
  EXPECT_EQ(saga.instance().reason, kCancelledByParent);
  EXPECT_EQ(saga.commands(), (Texts{"settle two #1"}));
  EXPECT_FALSE(ask(saga, Kind::kSettle).changed);
  saga.answer("two", Outcome::kBarred);
  saga.answer("one", Outcome::kDone);
  EXPECT_EQ(saga.status(), SagaStatus::kCompensated);
  EXPECT_EQ(answer(saga), "settle barred");
}

TEST(DecideChild, SettledAfterItsPivotItGoesForward) {
  Machine saga(R"(
name: leaf
version: 1
steps:
  - { id: one, action: pay.one, pivot: true }
  - { id: two, action: pay.two }
)",
               json::object{}, child_key(kRef));
  saga.start();
  saga.answer("one", Outcome::kDone);
  EXPECT_FALSE(ask(saga, Kind::kSettle).changed);
  saga.answer("two", Outcome::kDone);
  EXPECT_EQ(answer(saga), "do done");
}

TEST(DecideChild, StepThatProvesDoneWhileItIsCancelledIsUndone) {
  auto saga = child();
  saga.answer("one", Outcome::kDone);
  ask(saga, Kind::kSettle);
  saga.answer("two", Outcome::kDone);
  EXPECT_EQ(saga.commands(), (Texts{"undo two #1"}));
}

TEST(DecideChild, OnlyItsParentTurnsACompletedOneBack) {
  auto saga = child();
  complete(saga);
  EXPECT_FALSE(ask(saga, Kind::kSettle).changed);
  EXPECT_EQ(answer(saga), "do done");
  ask(saga, Kind::kUndo);
  EXPECT_EQ(saga.status(), SagaStatus::kCompensating);
  EXPECT_FALSE(saga.instance().ended_at);
  EXPECT_EQ(saga.commands(), (Texts{"undo two #1"}));
  EXPECT_EQ(answer(saga), "none");
  saga.answer("two", Outcome::kDone);
  saga.answer("one", Outcome::kDone);
  EXPECT_EQ(saga.status(), SagaStatus::kCompensated);
  EXPECT_EQ(answer(saga), "undo done");
  for (const auto kind : {Kind::kUndo, Kind::kDo, Kind::kSettle}) {
    EXPECT_FALSE(ask(saga, kind).changed);
    EXPECT_EQ(answer(saga), "undo done");
  }
}

TEST(DecideChild, AnswersInTheRoundInWhichItIsAsked) {
  auto saga = child();
  complete(saga);
  ask(saga, Kind::kDo, 2);
  EXPECT_EQ(saga.decision().answer->round, 2);
}

TEST(DecideChild, GivenUpItSaysSo) {
  auto saga = child();
  auto given_up = saga.instance();
  given_up.status = SagaStatus::kFailed;
  given_up.reason = "given_up";
  EXPECT_EQ(answer_to_parent(given_up)->outcome, Outcome::kMissing);
  EXPECT_EQ(answer_to_parent(given_up)->code, "child_failed");
  given_up.reason = "invalid_input";
  given_up.error = Error{"invalid_input", "at /amount: is missing"};
  EXPECT_EQ(answer_to_parent(given_up)->outcome, Outcome::kFailed);
  EXPECT_EQ(answer_to_parent(given_up)->code, "invalid_input");
}

TEST(DecideChild, BarredPlaceAnswersForTheChildThatNeverRan) {
  const auto definition = definition::load_yaml(
      "name: leaf\nversion: 1\nsteps: [{ id: one, action: pay.one }]\n", "leaf.yaml");
  const auto now = base::from_micros(1'800'000'000'000'000);
  const auto barred =
      barred_child(*definition, base::SagaId{}, child_key(kRef), Kind::kSettle, now);
  EXPECT_EQ(barred.status, SagaStatus::kCompensated);
  EXPECT_EQ(answer_to_parent(barred)->outcome, Outcome::kBarred);
  const auto lost = barred_child(*definition, base::SagaId{}, child_key(kRef), Kind::kUndo, now);
  EXPECT_EQ(answer_to_parent(lost)->outcome, Outcome::kMissing);
  EXPECT_EQ(answer_to_parent(lost)->kind, Kind::kUndo);
}

TEST(DecideChild, SagaWithoutAParentAnswersNobody) {
  Machine saga("name: leaf\nversion: 1\nsteps: [{ id: one, action: pay.one }]\n");
  saga.start();
  saga.answer("one", Outcome::kDone);
  EXPECT_FALSE(saga.decision().answer);
  EXPECT_EQ(saga.instance().output, nullptr);
}

}  // namespace
}  // namespace sagad::saga
