#include "scenarios/participant_fixture.hpp"

// The barrier, settle and undo (protocol, section 2), through database and bus.

namespace sagad::tests {
namespace {

using saga::Kind;
using saga::Outcome;

class ParticipantAnswers : public ParticipantTest {
 protected:
  ParticipantAnswers() { add_charge_and_refund(); }

  std::string balance() { return value("SELECT balance FROM account WHERE id = 'rich'"); }
};

TEST_F(ParticipantAnswers, ResultEchoesTheCommand) {
  start();
  auto charge = command();
  charge.attempt = 3;
  send(charge);
  const auto answer = result();
  EXPECT_EQ(answer.saga, charge.saga);
  EXPECT_EQ(answer.definition, "order-pay");
  EXPECT_EQ(answer.participant, "pay");
  EXPECT_EQ(answer.step, "pay");
  EXPECT_EQ(answer.kind, Kind::kDo);
  EXPECT_EQ(answer.attempt, 3);
  EXPECT_EQ(answer.sent_at, charge.sent_at);
  EXPECT_EQ(answer.outcome, Outcome::kDone);
  EXPECT_EQ(answer.output, (boost::json::value{{"left", 99}}));
  expect_clean();
}

TEST_F(ParticipantAnswers, DuplicateGetsTheRecordedAnswerAndRunsNothing) {
  start();
  const auto charge = command();
  send({charge, charge, charge});
  send(charge);
  for (const auto& answer : results(4)) {
    EXPECT_EQ(answer.outcome, Outcome::kDone);
    EXPECT_EQ(answer.output, (boost::json::value{{"left", 99}}));
  }
  EXPECT_EQ(effects(charge), 1);
  EXPECT_EQ(balance(), "99");
  EXPECT_EQ(counters_.of("sagad_inbox_duplicates_total"), 3);
  expect_clean();
}

TEST_F(ParticipantAnswers, RefusalStandsAfterTheBalanceWasToppedUp) {
  start();
  auto charge = command();
  charge.input = {{"account", "poor"}, {"amount", 5}};
  send(charge);
  EXPECT_EQ(result().code, "insufficient_funds");
  execute("UPDATE account SET balance = 1000 WHERE id = 'poor'");
  send(charge);
  const auto again = result();
  EXPECT_EQ(again.outcome, Outcome::kFailed);
  EXPECT_EQ(again.code, "insufficient_funds");
  EXPECT_EQ(again.message, "refused: insufficient_funds");
  EXPECT_EQ(effects(charge), 0);
  EXPECT_EQ(value("SELECT balance FROM account WHERE id = 'poor'"), "1000");
  EXPECT_EQ(actions_.runs("charge"), 1);
}

TEST_F(ParticipantAnswers, HigherRoundRunsARefusedActionAgainAndADoneOneNever) {
  start();
  auto charge = command();
  charge.input = {{"account", "poor"}, {"amount", 5}};
  send(charge);
  EXPECT_EQ(result().outcome, Outcome::kFailed);
  execute("UPDATE account SET balance = 1000 WHERE id = 'poor'");
  charge.round = 1;
  send(charge);
  auto answer = result();
  EXPECT_EQ(answer.outcome, Outcome::kDone);
  EXPECT_EQ(answer.round, 1);
  charge.round = 2;
  send(charge);
  answer = result();
  EXPECT_EQ(answer.outcome, Outcome::kDone);
  EXPECT_EQ(answer.round, 1);
  EXPECT_EQ(effects(charge), 1);
  EXPECT_EQ(number("SELECT round FROM sagad.inbox"), 1);
}

TEST_F(ParticipantAnswers, SettleBeforeTheActionBarsIt) {
  start();
  const auto charge = command();
  send(after(charge, Kind::kSettle));
  EXPECT_EQ(result().outcome, Outcome::kBarred);
  send(charge);
  const auto late = result();
  EXPECT_EQ(late.kind, Kind::kDo);
  EXPECT_EQ(late.outcome, Outcome::kBarred);
  EXPECT_EQ(effects(charge), 0);
  EXPECT_EQ(actions_.runs("charge"), 0);
  EXPECT_EQ(counters_.of("sagad_barrier_hanging_rejected_total"), 1);
  expect_clean();
}

TEST_F(ParticipantAnswers, SettleFindsWhatHappened) {
  start();
  const auto charge = command();
  auto refused = command();
  refused.input = {{"account", "poor"}, {"amount", 5}};
  send({charge, refused});
  results(2);
  send(after(charge, Kind::kSettle));
  const auto found = result();
  EXPECT_EQ(found.kind, Kind::kSettle);
  EXPECT_EQ(found.outcome, Outcome::kDone);
  EXPECT_EQ(found.output, (boost::json::value{{"left", 99}}));
  send(after(refused, Kind::kSettle));
  const auto refusal = result();
  EXPECT_EQ(refusal.outcome, Outcome::kFailed);
  EXPECT_EQ(refusal.code, "insufficient_funds");
}

TEST_F(ParticipantAnswers, SettleAndItsActionAtOnceAgree) {
  options_.workers = 2;
  start();
  std::vector<saga::Command> both;
  for (int i = 0; i < 100; ++i) {
    both.push_back(command());
    both.push_back(after(both.back(), Kind::kSettle));
  }
  send(both);
  std::map<base::SagaId, std::vector<Outcome>> answers;
  for (const auto& answer : results(200)) answers[answer.saga].push_back(answer.outcome);
  for (const auto& [id, pair] : answers) {
    ASSERT_EQ(pair.size(), 2U);
    EXPECT_EQ(pair[0], pair[1]) << id.str();
    EXPECT_EQ(number("SELECT count(*) FROM effect WHERE saga = '" + id.str() + "'"),
              pair[0] == Outcome::kDone ? 1 : 0);
  }
  expect_clean();
}

TEST_F(ParticipantAnswers, UndoRunsOnce) {
  start();
  const auto charge = command();
  send(charge);
  result();
  const auto refund = after(charge, Kind::kUndo);
  send({refund, refund});
  for (const auto& answer : results(2)) {
    EXPECT_EQ(answer.kind, Kind::kUndo);
    EXPECT_EQ(answer.outcome, Outcome::kDone);
  }
  EXPECT_EQ(effects(charge), 2);
  EXPECT_EQ(balance(), "100");
  expect_clean();
}

TEST_F(ParticipantAnswers, ActionAfterItsUndoRunsNothing) {
  start();
  const auto charge = command();
  send(charge);
  result();
  send(after(charge, Kind::kUndo));
  result();
  send(charge);
  EXPECT_EQ(result().outcome, Outcome::kDone);
  EXPECT_EQ(effects(charge), 2);
  EXPECT_EQ(balance(), "100");
}

TEST_F(ParticipantAnswers, UndoOfABarredActionIsEmpty) {
  start();
  const auto charge = command();
  send(after(charge, Kind::kSettle));
  EXPECT_EQ(result().outcome, Outcome::kBarred);
  const auto refund = after(charge, Kind::kUndo);
  send({refund, refund});
  for (const auto& answer : results(2)) EXPECT_EQ(answer.outcome, Outcome::kDone);
  EXPECT_EQ(actions_.runs("refund"), 0);
  EXPECT_EQ(counters_.of("sagad_barrier_null_compensations_total"), 1);
  EXPECT_EQ(balance(), "100");
}

TEST_F(ParticipantAnswers, UndoWithoutTheRowOfItsActionSaysSo) {
  start();
  const auto charge = command();
  send(charge);
  result();
  execute("DELETE FROM sagad.inbox");
  for (int i = 0; i < 2; ++i) {
    send(after(charge, Kind::kUndo));
    const auto answer = result();
    EXPECT_EQ(answer.outcome, Outcome::kMissing);
    EXPECT_EQ(answer.code, "inbox_row_missing");
  }
  EXPECT_EQ(actions_.runs("refund"), 0);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.inbox"), 0);
}

TEST_F(ParticipantAnswers, MessageThatIsNoCommandIsADeadLetterAndBlocksNothing) {
  start();
  send_raw("cmd.pay.do.order-pay", "{\"saga\": 1");
  const auto charge = command();
  send(charge);
  EXPECT_EQ(result().outcome, Outcome::kDone);
  const auto letter = dead_letter();
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->letter.reason, "unreadable");
  EXPECT_EQ(letter->letter.payload, "{\"saga\": 1");
  EXPECT_EQ(letter->letter.subject, "cmd.pay.do.order-pay");
  expect_clean();
}

TEST_F(ParticipantAnswers, CommandOfAnotherParticipantIsADeadLetter) {
  start();
  auto lost = command();
  lost.participant = "order";
  send_raw("cmd.pay.do.order-pay", saga::encode(lost));
  const auto letter = dead_letter();
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->letter.saga, lost.saga);
  EXPECT_EQ(letter->step, "pay");
  expect_clean();
}

TEST_F(ParticipantAnswers, UnknownActionWaitsAndIsShown) {
  start();
  send(command(Kind::kDo, "charm"));
  const auto charge = command();
  send(charge);
  EXPECT_EQ(result().saga, charge.saga);
  EXPECT_EQ(participant().missing_actions(), std::vector<std::string>{"charm"});
  EXPECT_TRUE(silent(base::Duration{500}));
  EXPECT_EQ(counters_.of("sagad_missing_actions_total"), 1);
  EXPECT_FALSE(bus_->head({ports::StreamRef::Kind::kCommands, "pay"}).empty);
}

TEST_F(ParticipantAnswers, StaleCopyIsDropped) {
  start();
  auto charge = command();
  charge.sent_at = clock_.now() - options_.stale_after - std::chrono::seconds(1);
  send(charge);
  expect_clean();
  EXPECT_TRUE(silent(base::Duration{200}));
  EXPECT_EQ(actions_.runs("charge"), 0);
  EXPECT_EQ(counters_.of("sagad_stale_commands_total"), 1);
}

}  // namespace
}  // namespace sagad::tests
