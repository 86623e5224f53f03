#include "scenarios/participant_fixture.hpp"

// Answers that come later: what the action wrote stands, and is undone like what is done.

namespace sagad::tests {
namespace {

using saga::Kind;
using saga::Outcome;

class ParticipantLater : public ParticipantTest {
 protected:
  ParticipantLater() {
    add_charge_and_refund();
    actions_.add({.name = "order"}, [](const saga::Command& command, Transaction& transaction) {
      write_effect(command, transaction, command.token);
      ports::StepAnswer answer;
      answer.outcome = Outcome::kLater;
      answer.message = "the bank calls back";
      return answer;
    });
  }

  saga::Command order() {
    auto result = command(Kind::kDo, "order");
    result.token = "0.0.token";
    return result;
  }
};

TEST_F(ParticipantLater, WhatItWroteIsCommittedAndARedeliveryGetsTheSameAnswer) {
  start();
  const auto sent = order();
  for (int delivery = 0; delivery < 2; ++delivery) {
    send(sent);
    const auto answer = result();
    EXPECT_EQ(answer.outcome, Outcome::kLater);
    EXPECT_EQ(answer.message, "the bank calls back");
  }
  EXPECT_EQ(actions_.runs("order"), 1);
  EXPECT_EQ(value("SELECT what FROM effect"), "0.0.token");
  EXPECT_EQ(value("SELECT outcome FROM sagad.inbox"), "later");
  expect_clean();
}

TEST_F(ParticipantLater, ABatchOfThemIsOneTransaction) {
  std::vector<saga::Command> all;
  for (int i = 0; i < 5; ++i) all.push_back(order());
  send(all);
  start();
  for (const auto& answer : results(5)) EXPECT_EQ(answer.outcome, Outcome::kLater);
  EXPECT_EQ(number("SELECT count(DISTINCT xmin::text) FROM sagad.inbox"), 1);
  EXPECT_EQ(counters_.of("sagad_step_attempts_total"), 5);
}

TEST_F(ParticipantLater, SettleFindsThatItTookEffect) {
  start();
  const auto sent = order();
  send(sent);
  result();
  send(after(sent, Kind::kSettle));
  const auto found = result();
  EXPECT_EQ(found.kind, Kind::kSettle);
  EXPECT_EQ(found.outcome, Outcome::kLater);
  EXPECT_EQ(value("SELECT outcome FROM sagad.inbox"), "later");
}

TEST_F(ParticipantLater, IsUndoneLikeWhatIsDone) {
  start();
  const auto sent = order();
  send(sent);
  result();
  const auto refund = after(sent, Kind::kUndo);
  send({refund, refund});
  for (const auto& answer : results(2)) EXPECT_EQ(answer.outcome, Outcome::kDone);
  EXPECT_EQ(actions_.runs("refund"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.inbox WHERE outcome = 'later'"), 1);
  expect_clean();
}

}  // namespace
}  // namespace sagad::tests
