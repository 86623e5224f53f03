#include <chrono>
#include <thread>

#include "scenarios/participant_fixture.hpp"
#include "scenarios/pit.hpp"

// Executions that take too long, or that take the process with them.

namespace sagad::tests {
namespace {

using saga::Kind;
using saga::Outcome;
using Steady = std::chrono::steady_clock;

class ParticipantWatchdog : public ParticipantTest {
 protected:
  ParticipantWatchdog() {
    options_.workers = 1;
    add_charge_and_refund();
    actions_.add({.name = "sleep"}, [](const saga::Command& command, Transaction& transaction) {
      write_effect(command, transaction, "sleep");
      transaction.exec_raw("SELECT pg_sleep(60)");
      return done();
    });
    actions_.add({.name = "hang"}, [this](const saga::Command& command, Transaction& transaction) {
      write_effect(command, transaction, "hang");
      if (command.input.as_object().contains("hang")) pit_.fall_in();
      write_effect(command, transaction, "back");
      return done();
    });
  }
  ~ParticipantWatchdog() override {
    pit_.let_go();
    // Threads that come back end by themselves; give them the time to.
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }

  saga::Command hanging() {
    auto result = command(Kind::kDo, "hang");
    result.timeout = base::Duration{300};
    result.input = {{"hang", true}};
    return result;
  }

  Pit pit_;
};

TEST_F(ParticipantWatchdog, TimeoutInSqlIsARetryOnceTheSessionIsGone) {
  start();
  auto sleeper = command(Kind::kDo, "sleep");
  sleeper.timeout = base::Duration{400};
  const auto begin = Steady::now();
  send(sleeper);
  const auto answer = result();
  EXPECT_EQ(answer.outcome, Outcome::kRetry);
  EXPECT_EQ(answer.code, "timeout");
  EXPECT_GE(Steady::now() - begin, std::chrono::milliseconds(400));
  EXPECT_LT(Steady::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(effects(sleeper), 0);
  EXPECT_EQ(number("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND "
                   "pid <> pg_backend_pid()"),
            0);
  const auto charge = command();
  send(charge);
  EXPECT_EQ(result().outcome, Outcome::kDone);
  expect_clean();
}

TEST_F(ParticipantWatchdog, TimeoutInABatchBelongsToOneStep) {
  std::vector<saga::Command> commands;
  for (int i = 0; i < 10; ++i) {
    commands.push_back(command(Kind::kDo, "hang"));
    commands.back().timeout = base::Duration{2000};
  }
  actions_.add({.name = "hang"}, [&](const saga::Command& command, Transaction& transaction) {
    write_effect(command, transaction, "hang");
    if (command.saga == commands[4].saga) transaction.exec_raw("SELECT pg_sleep(60)");
    return done();
  });
  send(commands);
  start();
  for (const auto& answer : results(10)) {
    EXPECT_EQ(answer.outcome, answer.saga == commands[4].saga ? Outcome::kRetry : Outcome::kDone);
  }
  EXPECT_EQ(number("SELECT count(*) FROM effect"), 9);
  expect_clean();
}

TEST_F(ParticipantWatchdog, LateAnswerIsDiscarded) {
  actions_.add({.name = "late"}, [](const saga::Command& command, Transaction& transaction) {
    write_effect(command, transaction, "late");
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    return done();
  });
  start();
  auto late = command(Kind::kDo, "late");
  late.timeout = base::Duration{200};
  send(late);
  const auto answer = result();
  EXPECT_EQ(answer.outcome, Outcome::kRetry);
  EXPECT_EQ(answer.code, "timeout");
  EXPECT_EQ(effects(late), 0);
  expect_clean();
}

TEST_F(ParticipantWatchdog, HangOutsideOfSqlIsAnsweredForAndTheThreadReplaced) {
  start();
  const auto stuck = hanging();
  send(stuck);
  const auto answer = result();
  EXPECT_EQ(answer.saga, stuck.saga);
  EXPECT_EQ(answer.outcome, Outcome::kRetry);
  EXPECT_EQ(answer.code, "timeout");
  EXPECT_EQ(pit_.inside(), 1);
  const auto charge = command();
  send(charge);
  EXPECT_EQ(result().saga, charge.saga);
  pit_.let_go();
  EXPECT_TRUE(silent(base::Duration{500}));
  EXPECT_EQ(effects(stuck), 0);
  EXPECT_EQ(hung_calls_, 0);
  expect_clean();
}

TEST_F(ParticipantWatchdog, WhatAHungThreadHeldIsExecutedByTheNext) {
  std::vector<saga::Command> commands;
  for (int i = 0; i < 10; ++i) commands.push_back(command(Kind::kDo, "hang"));
  commands[6] = hanging();
  send(commands);
  start();
  std::map<base::SagaId, Outcome> answers;
  for (const auto& answer : results(10)) answers[answer.saga] = answer.outcome;
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(answers.at(commands[i].saga), i == 6 ? Outcome::kRetry : Outcome::kDone) << i;
  }
  EXPECT_EQ(number("SELECT count(*) FROM effect WHERE what = 'back'"), 9);
  expect_clean();
}

TEST_F(ParticipantWatchdog, TooManyHungThreadsStopTheFetching) {
  options_.max_hung_threads = 1;
  start();
  send(hanging());
  result();
  EXPECT_EQ(hung_calls_, 0);
  send(hanging());
  result();
  const auto deadline = Steady::now() + std::chrono::seconds(5);
  while (hung_calls_ == 0 && Steady::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(hung_calls_, 1);
  send(command());
  EXPECT_TRUE(silent(base::Duration{500}));
}

TEST_F(ParticipantWatchdog, StopDoesNotWaitForAHungThread) {
  start();
  send(hanging());
  while (pit_.inside() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const auto begin = Steady::now();
  stop();
  EXPECT_LT(Steady::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(result().code, "timeout");
}

class ParticipantPoison : public ParticipantWatchdog {
 protected:
  /// Each is fetched by somebody who puts it back.
  void deliver_once(const std::vector<saga::Command>& commands) {
    send(commands);
    const auto consumer = bus_->command_consumer("pay", ports::CommandLane::kDo);
    std::vector<ports::DeliveryPtr> fetched;
    while (fetched.size() < commands.size()) {
      for (auto& delivery : consumer->fetch(256, base::Duration{1000})) {
        fetched.push_back(std::move(delivery));
      }
    }
    for (const auto& delivery : fetched) delivery->nak(base::Duration{0});
  }

  /// As after a crash: delivered, and the start counted, but never back.
  void crash(const saga::Command& command, int counted) {
    send(command);
    const auto consumer = bus_->command_consumer("pay", ports::CommandLane::kDo);
    auto fetched = consumer->fetch(1, base::Duration{5000});
    ASSERT_EQ(fetched.size(), 1U);
    fetched.front()->nak(base::Duration{0});
    const auto database = store();
    for (int i = 0; i < counted; ++i) database->record_start({command.saga, command.step});
  }
};

TEST_F(ParticipantPoison, ThreeStartsWithoutAReturnAreADeadLetter) {
  const auto charge = command();
  crash(charge, 3);
  start();
  const auto letter = dead_letter();
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->letter.reason, "poison");
  EXPECT_EQ(letter->letter.saga, charge.saga);
  EXPECT_EQ(letter->step, "pay");
  EXPECT_EQ(letter->letter.participant, "pay");
  EXPECT_EQ(actions_.runs("charge"), 0);
  EXPECT_TRUE(silent(base::Duration{300}));
  expect_clean();
}

TEST_F(ParticipantPoison, WhatADrainBringsBackRunsInABatch) {
  std::vector<saga::Command> commands;
  for (int i = 0; i < 12; ++i) commands.push_back(command());
  deliver_once(commands);
  start();
  for (const auto& answer : results(12)) EXPECT_EQ(answer.outcome, Outcome::kDone);
  EXPECT_LT(number("SELECT count(DISTINCT xmin::text) FROM sagad.inbox"), 12);
  EXPECT_EQ(number("SELECT count(*) FROM effect"), 12);
  expect_clean();
}

TEST_F(ParticipantPoison, AfterABatchThatDidNotComeBackEachRunsAloneAndIsCounted) {
  std::vector<saga::Command> commands;
  std::vector<ports::ExecutionKey> keys;
  for (int i = 0; i < 5; ++i) {
    commands.push_back(command());
    keys.push_back({commands.back().saga, commands.back().step});
  }
  const auto database = store();
  EXPECT_EQ(database->mark_starts(keys), std::vector<bool>(5, true));
  EXPECT_EQ(database->mark_starts(keys), std::vector<bool>(5, false));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(database->record_start(keys[2]), i + 1);
  deliver_once(commands);
  start();
  for (const auto& answer : results(4)) EXPECT_EQ(answer.outcome, Outcome::kDone);
  const auto letter = dead_letter();
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->letter.saga, commands[2].saga);
  EXPECT_EQ(number("SELECT count(DISTINCT xmin::text) FROM sagad.inbox"), 4);
  expect_clean();
}

TEST_F(ParticipantPoison, TwoStartsAreForgottenWithTheAnswer) {
  const auto charge = command();
  crash(charge, 2);
  start();
  EXPECT_EQ(result().outcome, Outcome::kDone);
  EXPECT_EQ(effects(charge), 1);
  expect_clean();
}

TEST_F(ParticipantPoison, RetryOfARedeliveredCommandForgetsItsStart) {
  actions_.add({.name = "no"},
               [](const saga::Command&, Transaction&) { return retry("not_today"); });
  crash(command(Kind::kDo, "no"), 1);
  start();
  EXPECT_EQ(result().code, "not_today");
  expect_clean();
}

TEST_F(ParticipantPoison, HangOfARedeliveredCommandIsNoCrash) {
  crash(hanging(), 1);
  start();
  EXPECT_EQ(result().code, "timeout");
  expect_clean();
}

}  // namespace
}  // namespace sagad::tests
