#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "scenarios/participant_fixture.hpp"
#include "scenarios/pit.hpp"

// External actions: claimed, run outside of any transaction, answered by the holder alone.

namespace sagad::tests {
namespace {

using saga::Kind;
using saga::Outcome;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

class ParticipantExternal : public ParticipantTest {
 protected:
  ParticipantExternal() {
    options_.lease_margin = base::Duration{500};
    add_charge_and_refund();
    add("call", [](const saga::Command&) { return done({{"call", 1}}); });
    add("hang_up", [](const saga::Command&) { return done(); });
  }
  ~ParticipantExternal() override {
    pit_.let_go();
    std::this_thread::sleep_for(300ms);
  }

  void add(const std::string& name, Actions::RunExternal run) {
    actions_.add_external(name, std::move(run));
  }
  saga::Command call(base::Duration timeout = base::Duration{10'000}) {
    auto result = command(Kind::kDo, "call");
    result.timeout = timeout;
    return result;
  }
  std::string row(const std::string& column) {
    return value("SELECT " + column + " FROM sagad.inbox WHERE kind = 'do'");
  }
  /// As a daemon that was killed while it ran the action leaves it.
  void leave_claim(const saga::Command& command, base::Duration length) {
    const auto database = store();
    const auto tx = database->begin();
    ASSERT_TRUE(tx->claims().claim({command.saga, command.step, command.item, Kind::kDo},
                                   command.round, {ids_.next(clock_.now()), length}));
    tx->commit();
  }

  Pit pit_;
};

TEST_F(ParticipantExternal, RunsOnceAndARedeliveryGetsTheRecordedAnswer) {
  start();
  const auto sent = call();
  send(sent);
  EXPECT_EQ(result().output, (boost::json::value{{"call", 1}}));
  send({sent, sent});
  for (const auto& answer : results(2)) EXPECT_EQ(answer.outcome, Outcome::kDone);
  EXPECT_EQ(actions_.runs("call"), 1);
  EXPECT_EQ(row("outcome"), "done");
  EXPECT_EQ(row("lease"), "");
  expect_clean();
}

TEST_F(ParticipantExternal, RunsOutsideOfAnyTransaction) {
  std::string open = "not looked";
  add("call", [&](const saga::Command&) {
    open = value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
        "state LIKE 'idle in transaction%'");
    return done({{"claimed", row("outcome")}});
  });
  start();
  send(call());
  EXPECT_EQ(result().output, (boost::json::value{{"claimed", "claimed"}}));
  EXPECT_EQ(open, "0");
}

TEST_F(ParticipantExternal, SeveralRunAtOnce) {
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  add("call", [&](const saga::Command&) {
    most = std::max(most.load(), ++running);
    std::this_thread::sleep_for(200ms);
    --running;
    return done();
  });
  start();
  std::vector<saga::Command> all;
  for (int i = 0; i < 16; ++i) all.push_back(call());
  send(all);
  results(16);
  EXPECT_GT(most, 4);
  EXPECT_EQ(actions_.runs("call"), 16);
  expect_clean();
}

TEST_F(ParticipantExternal, RefusalsAndLaterAnswersAreRecorded) {
  add("refuse", [](const saga::Command&) { return failed("no"); });
  add("wait", [](const saga::Command&) {
    ports::StepAnswer answer;
    answer.outcome = Outcome::kLater;
    return answer;
  });
  start();
  const auto refused = command(Kind::kDo, "refuse");
  send({refused, refused});
  for (const auto& answer : results(2)) {
    EXPECT_EQ(answer.code, "no");
    EXPECT_FALSE(answer.in_doubt);
  }
  const auto waiting = command(Kind::kDo, "wait");
  send(waiting);
  EXPECT_EQ(result().outcome, Outcome::kLater);
  send(after(waiting, Kind::kSettle));
  EXPECT_EQ(result().outcome, Outcome::kLater);
  EXPECT_EQ(actions_.runs("refuse"), 1);
}

TEST_F(ParticipantExternal, RetryLeavesTheClaimFreeForTheNextAttempt) {
  std::atomic<int> runs{0};
  add("call", [&](const saga::Command&) { return ++runs == 1 ? retry("busy") : failed("no"); });
  start();
  auto sent = call();
  send(sent);
  EXPECT_EQ(result().code, "busy");
  EXPECT_EQ(row("outcome"), "claimed");
  EXPECT_EQ(row("lease"), "");
  sent.attempt = 2;
  send(sent);
  const auto answer = result();
  EXPECT_EQ(answer.outcome, Outcome::kFailed);
  EXPECT_FALSE(answer.in_doubt) << "the first attempt said that it did not take effect";
  expect_clean();
}

TEST_F(ParticipantExternal, AnExceptionLeavesItInDoubt) {
  std::atomic<int> runs{0};
  add("call", [&](const saga::Command&) -> ports::StepAnswer {
    if (++runs == 1) throw std::runtime_error("connection reset");
    return failed("no");
  });
  start();
  auto sent = call();
  send(sent);
  const auto first = result();
  EXPECT_EQ(first.outcome, Outcome::kRetry);
  EXPECT_EQ(first.code, "exception");
  EXPECT_EQ(first.message, "connection reset");
  sent.attempt = 2;
  send(sent);
  const auto second = result();
  EXPECT_EQ(second.outcome, Outcome::kFailed);
  EXPECT_TRUE(second.in_doubt);
  send(after(sent, Kind::kUndo, "hang_up"));
  EXPECT_EQ(result().outcome, Outcome::kDone);
  EXPECT_EQ(actions_.runs("hang_up"), 1) << "undone although it was refused";
}

TEST_F(ParticipantExternal, AfterAKillAnotherRunsItOnceTheLeaseHasEnded) {
  const auto sent = call();
  leave_claim(sent, base::Duration{1500});
  const auto begin = Steady::now();
  start();
  send(sent);
  EXPECT_EQ(result().outcome, Outcome::kDone);
  EXPECT_GE(Steady::now() - begin, 1000ms);
  EXPECT_EQ(actions_.runs("call"), 1);
  expect_clean();
}

TEST_F(ParticipantExternal, ARefusalAfterAKillIsInDoubt) {
  add("call", [](const saga::Command&) { return failed("no"); });
  const auto sent = call();
  leave_claim(sent, base::Duration{1});
  start();
  send(sent);
  const auto answer = result();
  EXPECT_EQ(answer.outcome, Outcome::kFailed);
  EXPECT_TRUE(answer.in_doubt);
}

TEST_F(ParticipantExternal, SettleWaitsForTheLeaseAndFindsTheAnswer) {
  add("call", [&](const saga::Command&) {
    pit_.fall_in();
    return done({{"call", 1}});
  });
  start();
  const auto sent = call();
  send(sent);
  while (pit_.inside() == 0) std::this_thread::sleep_for(10ms);
  send(after(sent, Kind::kSettle));
  EXPECT_TRUE(silent(base::Duration{700}));
  pit_.let_go();
  for (const auto& answer : results(2)) EXPECT_EQ(answer.outcome, Outcome::kDone);
  expect_clean();
}

TEST_F(ParticipantExternal, SettleOfAClaimNobodyHoldsBarsItOrKeepsTheDoubt) {
  add("busy", [](const saga::Command&) { return retry("busy"); });
  start();
  const auto never = command(Kind::kDo, "busy");
  send(never);
  result();
  send(after(never, Kind::kSettle));
  EXPECT_EQ(result().outcome, Outcome::kBarred);
  send(never);
  EXPECT_EQ(result().outcome, Outcome::kBarred) << "it is not run after its settle";

  const auto maybe = call();
  leave_claim(maybe, base::Duration{300});
  send(after(maybe, Kind::kSettle));
  const auto doubt = result();
  EXPECT_EQ(doubt.outcome, Outcome::kFailed);
  EXPECT_EQ(doubt.code, "in_doubt");
  EXPECT_TRUE(doubt.in_doubt);
  send(maybe);
  EXPECT_EQ(result().code, "in_doubt");
  EXPECT_EQ(actions_.runs("call"), 0);
  send(after(maybe, Kind::kUndo));
  EXPECT_EQ(result().outcome, Outcome::kDone);
  EXPECT_EQ(actions_.runs("refund"), 1);
  expect_clean();
}

TEST_F(ParticipantExternal, CompensationsMayBeExternalToo) {
  start();
  const auto sent = call();
  send(sent);
  result();
  const auto undo = after(sent, Kind::kUndo, "hang_up");
  send({undo, undo});
  for (const auto& answer : results(2)) EXPECT_EQ(answer.outcome, Outcome::kDone);
  EXPECT_EQ(actions_.runs("hang_up"), 1);
  const auto barred = call();
  send(after(barred, Kind::kSettle));
  EXPECT_EQ(result().outcome, Outcome::kBarred);
  send(after(barred, Kind::kUndo, "hang_up"));
  EXPECT_EQ(result().outcome, Outcome::kDone);
  EXPECT_EQ(actions_.runs("hang_up"), 1) << "nothing to undo";
  send(after(call(), Kind::kUndo, "hang_up"));
  EXPECT_EQ(result().outcome, Outcome::kMissing);
  expect_clean();
}

TEST_F(ParticipantExternal, AnAnswerThatComesLateCounts) {
  add("call", [](const saga::Command&) {
    std::this_thread::sleep_for(600ms);
    return done({{"late", true}});
  });
  start();
  send(call(base::Duration{200}));
  EXPECT_EQ(result().output, (boost::json::value{{"late", true}}));
}

TEST_F(ParticipantExternal, AHungOneKeepsItsLeaseUntilItComesBack) {
  std::atomic<int> runs{0};
  add("call", [&](const saga::Command&) {
    if (++runs == 1) pit_.fall_in();
    return done();
  });
  start();
  auto sent = call(base::Duration{300});
  send(sent);
  EXPECT_EQ(result().code, "timeout");
  sent.attempt = 2;
  send(sent);
  EXPECT_TRUE(silent(base::Duration{2000})) << "its lease would have ended without renewal";
  EXPECT_EQ(runs, 1);
  pit_.let_go();
  const auto answer = result();
  EXPECT_EQ(answer.attempt, 2);
  EXPECT_EQ(answer.outcome, Outcome::kDone);
  EXPECT_EQ(runs, 2);
}

TEST_F(ParticipantExternal, PoisonIsCounted) {
  const auto sent = call();
  send(sent);
  {
    const auto consumer = bus_->command_consumer("pay", ports::CommandLane::kDo);
    auto fetched = consumer->fetch(1, base::Duration{5000});
    ASSERT_EQ(fetched.size(), 1U);
    fetched.front()->nak(base::Duration{0});
  }
  const auto database = store();
  for (int i = 0; i < 3; ++i) database->record_start({sent.saga, sent.step});
  start();
  const auto letter = dead_letter();
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->letter.reason, "poison");
  EXPECT_EQ(actions_.runs("call"), 0);
}

}  // namespace
}  // namespace sagad::tests
