#include "runtime/participant_barrier.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace sagad::runtime {
namespace {

using saga::Kind;
using saga::Outcome;
using Action = Verdict::Action;
using Record = Verdict::Record;

saga::Command command(Kind kind, int round) {
  saga::Command result;
  result.saga = base::SagaId::parse("01890a5d-ac96-774b-bcce-b302099a8057");
  result.step = "pay";
  result.kind = kind;
  result.round = round;
  return result;
}

std::optional<ports::InboxRow> row(Kind kind, Outcome outcome, int round) {
  ports::InboxRow result;
  result.key = {command(kind, 0).saga, "pay", 0, kind};
  result.outcome = outcome;
  result.round = round;
  if (outcome == Outcome::kDone) result.output = R"({"pay_id":7})";
  if (outcome == Outcome::kFailed) result.code = "insufficient_funds";
  return result;
}

TEST(ParticipantBarrier, NewActionRunsAndIsRecorded) {
  const auto verdict = judge(command(Kind::kDo, 0), std::nullopt, std::nullopt);
  EXPECT_EQ(verdict.action, Action::kRun);
  EXPECT_EQ(verdict.record, Record::kInsert);
}

TEST(ParticipantBarrier, RecordedAnswerOfTheSameOrALaterRoundIsAnsweredAgain) {
  for (const auto outcome : {Outcome::kDone, Outcome::kFailed, Outcome::kBarred, Outcome::kLater}) {
    for (const int recorded : {1, 2}) {
      const auto verdict =
          judge(command(Kind::kDo, 1), row(Kind::kDo, outcome, recorded), std::nullopt);
      EXPECT_EQ(verdict.action, Action::kAnswer);
      EXPECT_EQ(verdict.record, Record::kNothing);
      EXPECT_EQ(verdict.row.outcome, outcome);
      EXPECT_EQ(verdict.row.round, recorded);
    }
  }
}

TEST(ParticipantBarrier, WhatWasDoneByHandIsUndoneWhateverIsRecordedOfIt) {
  auto undo = command(Kind::kUndo, 1);
  undo.by_hand = true;
  EXPECT_EQ(judge(undo, std::nullopt, std::nullopt).action, Action::kRun);
  for (const auto outcome : {Outcome::kBarred, Outcome::kFailed, Outcome::kDone}) {
    const auto verdict = judge(undo, row(Kind::kDo, outcome, 0), std::nullopt);
    EXPECT_EQ(verdict.action, Action::kRun);
    EXPECT_EQ(verdict.record, Record::kInsert);
  }
  const auto again = judge(undo, std::nullopt, row(Kind::kUndo, Outcome::kDone, 1));
  EXPECT_EQ(again.action, Action::kAnswer) << "once";
}

TEST(ParticipantBarrier, FailedAndBarredGiveWayToAHigherRoundDoneNever) {
  for (const auto outcome : {Outcome::kFailed, Outcome::kBarred}) {
    const auto verdict = judge(command(Kind::kDo, 2), row(Kind::kDo, outcome, 1), std::nullopt);
    EXPECT_EQ(verdict.action, Action::kRun);
    EXPECT_EQ(verdict.record, Record::kReplace);
  }
  const auto done = judge(command(Kind::kDo, 2), row(Kind::kDo, Outcome::kDone, 1), std::nullopt);
  EXPECT_EQ(done.action, Action::kAnswer);
  EXPECT_EQ(done.row.round, 1);
  EXPECT_EQ(done.row.output, R"({"pay_id":7})");
}

TEST(ParticipantBarrier, SettleOfNothingBarsTheAction) {
  const auto verdict = judge(command(Kind::kSettle, 3), std::nullopt, std::nullopt);
  EXPECT_EQ(verdict.action, Action::kAnswer);
  EXPECT_EQ(verdict.record, Record::kInsert);
  EXPECT_EQ(verdict.row.outcome, Outcome::kBarred);
  EXPECT_EQ(verdict.row.key.kind, Kind::kDo);
  EXPECT_EQ(verdict.row.round, 3);
}

TEST(ParticipantBarrier, SettleAnswersWhatItFinds) {
  for (const auto outcome : {Outcome::kDone, Outcome::kFailed, Outcome::kBarred}) {
    const auto verdict = judge(command(Kind::kSettle, 0), row(Kind::kDo, outcome, 0), std::nullopt);
    EXPECT_EQ(verdict.action, Action::kAnswer);
    EXPECT_EQ(verdict.record, Record::kNothing);
    EXPECT_EQ(verdict.row.outcome, outcome);
  }
}

TEST(ParticipantBarrier, SettleBarsItsRoundOverARefusalOfAnEarlierOne) {
  const auto verdict =
      judge(command(Kind::kSettle, 2), row(Kind::kDo, Outcome::kFailed, 1), std::nullopt);
  EXPECT_EQ(verdict.record, Record::kReplace);
  EXPECT_EQ(verdict.row.outcome, Outcome::kBarred);
  EXPECT_EQ(verdict.row.round, 2);
  // Else a `do` of round 2 that comes after the settle would run.
  EXPECT_EQ(judge(command(Kind::kDo, 2), verdict.row, std::nullopt).action, Action::kAnswer);
}

TEST(ParticipantBarrier, UndoOfADoneActionRuns) {
  const auto verdict =
      judge(command(Kind::kUndo, 0), row(Kind::kDo, Outcome::kDone, 0), std::nullopt);
  EXPECT_EQ(verdict.action, Action::kRun);
  EXPECT_EQ(verdict.record, Record::kInsert);
}

TEST(ParticipantBarrier, LaterTookEffectNoRoundReplacesItAndItIsUndone) {
  const auto later = row(Kind::kDo, Outcome::kLater, 0);
  for (const auto kind : {Kind::kDo, Kind::kSettle}) {
    const auto verdict = judge(command(kind, 2), later, std::nullopt);
    EXPECT_EQ(verdict.action, Action::kAnswer);
    EXPECT_EQ(verdict.record, Record::kNothing);
    EXPECT_EQ(verdict.row.outcome, Outcome::kLater);
  }
  EXPECT_EQ(judge(command(Kind::kUndo, 0), later, std::nullopt).action, Action::kRun);
}

TEST(ParticipantBarrier, AClaimIsWaitedForOrEnded) {
  auto claim = row(Kind::kDo, Outcome::kDone, 0);
  claim->claimed = base::Duration{0};
  EXPECT_EQ(judge(command(Kind::kDo, 0), claim, std::nullopt).action, Action::kOwnClaim);
  EXPECT_EQ(judge(command(Kind::kSettle, 0), claim, std::nullopt).action, Action::kActionClaim);
  const auto undo = judge(command(Kind::kUndo, 0), claim, std::nullopt);
  EXPECT_EQ(undo.action, Action::kActionClaim);
  EXPECT_EQ(undo.row.key.kind, Kind::kDo);
  auto own = row(Kind::kUndo, Outcome::kDone, 0);
  own->claimed = base::Duration{0};
  EXPECT_EQ(judge(command(Kind::kUndo, 0), row(Kind::kDo, Outcome::kDone, 0), own).action,
            Action::kOwnClaim);
}

TEST(ParticipantBarrier, ARefusalInDoubtIsUndoneAndKeepsItsDoubtInAHigherRound) {
  auto doubt = row(Kind::kDo, Outcome::kFailed, 0);
  doubt->in_doubt = true;
  EXPECT_EQ(judge(command(Kind::kUndo, 0), doubt, std::nullopt).action, Action::kRun);
  const auto settled = judge(command(Kind::kSettle, 2), doubt, std::nullopt);
  EXPECT_EQ(settled.record, Record::kReplace);
  EXPECT_EQ(settled.row.outcome, Outcome::kFailed);
  EXPECT_EQ(settled.row.round, 2);
  EXPECT_TRUE(settled.row.in_doubt);
  EXPECT_EQ(judge(command(Kind::kDo, 2), doubt, std::nullopt).record, Record::kReplace);
}

TEST(ParticipantBarrier, UndoIsAnsweredOnce) {
  const auto verdict = judge(command(Kind::kUndo, 0), row(Kind::kDo, Outcome::kDone, 0),
                             row(Kind::kUndo, Outcome::kDone, 0));
  EXPECT_EQ(verdict.action, Action::kAnswer);
  EXPECT_EQ(verdict.record, Record::kNothing);
  EXPECT_EQ(verdict.row.key.kind, Kind::kUndo);
}

TEST(ParticipantBarrier, FailedUndoRunsAgainInAHigherRound) {
  const auto verdict = judge(command(Kind::kUndo, 1), row(Kind::kDo, Outcome::kDone, 0),
                             row(Kind::kUndo, Outcome::kFailed, 0));
  EXPECT_EQ(verdict.action, Action::kRun);
  EXPECT_EQ(verdict.record, Record::kReplace);
}

TEST(ParticipantBarrier, UndoWithoutTheRowOfItsActionIsDataLoss) {
  const auto verdict = judge(command(Kind::kUndo, 0), std::nullopt, std::nullopt);
  EXPECT_TRUE(verdict.missing);
  EXPECT_EQ(verdict.action, Action::kAnswer);
  EXPECT_EQ(verdict.record, Record::kNothing);
}

TEST(ParticipantBarrier, UndoOfWhatDidNotHappenIsEmptyAndRecorded) {
  for (const auto outcome : {Outcome::kBarred, Outcome::kFailed}) {
    const auto verdict = judge(command(Kind::kUndo, 0), row(Kind::kDo, outcome, 0), std::nullopt);
    EXPECT_EQ(verdict.action, Action::kAnswer);
    EXPECT_EQ(verdict.record, Record::kInsert);
    EXPECT_EQ(verdict.row.outcome, Outcome::kDone);
    EXPECT_EQ(verdict.row.key.kind, Kind::kUndo);
  }
}

}  // namespace
}  // namespace sagad::runtime
