#include <algorithm>
#include <chrono>
#include <pqxx/pqxx>
#include <thread>

#include "scenarios/participant_fixture.hpp"

// Batches, and what becomes of them when one of the steps fails (protocol, section 3).

namespace sagad::tests {
namespace {

using saga::Outcome;

class ParticipantModes : public ParticipantTest {
 protected:
  ParticipantModes() { options_.workers = 1; }

  /// Commands for `act` with `n` in their input, and how they were answered, by `n`.
  std::vector<saga::Command> numbered(int count) {
    std::vector<saga::Command> commands;
    for (int i = 0; i < count; ++i) {
      commands.push_back(command(saga::Kind::kDo, "act"));
      commands.back().input = {{"n", i}};
    }
    return commands;
  }
  std::map<int, saga::Result> by_number(const std::vector<saga::Command>& commands) {
    std::map<base::SagaId, int> numbers;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      numbers[commands[i].saga] = static_cast<int>(i);
    }
    std::map<int, saga::Result> answers;
    for (auto& answer : results(commands.size())) {
      answers[numbers.at(answer.saga)] = std::move(answer);
    }
    return answers;
  }
  static std::int64_t n(const saga::Command& command) { return command.input.at("n").as_int64(); }
  int all_effects() { return number("SELECT count(*) FROM effect"); }
};

TEST_F(ParticipantModes, OneThrowerOfFiftyHarmsNobodyElse) {
  actions_.add({.name = "act"}, [](const saga::Command& command, Transaction& transaction) {
    write_effect(command, transaction, "act");
    if (n(command) == 20) throw std::logic_error("a mistake");
    return done();
  });
  const auto commands = numbered(50);
  send(commands);
  start();
  auto answers = by_number(commands);
  for (const auto& [i, answer] : answers) {
    EXPECT_EQ(answer.outcome, i == 20 ? Outcome::kRetry : Outcome::kDone) << i;
  }
  EXPECT_EQ(answers[20].code, "exception");
  EXPECT_EQ(answers[20].message, "a mistake");
  EXPECT_EQ(all_effects(), 49);
  EXPECT_EQ(effects(commands[20]), 0);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.inbox"), 49);
  expect_clean();
}

TEST_F(ParticipantModes, SqlErrorIsARetryWithItsSqlstate) {
  actions_.add({.name = "act"}, [](const saga::Command& command, Transaction& transaction) {
    write_effect(command, transaction, "act");
    if (n(command) == 3) transaction.exec_raw("INSERT INTO account VALUES ('rich', 1)");
    return done();
  });
  const auto commands = numbered(8);
  send(commands);
  start();
  auto answers = by_number(commands);
  EXPECT_EQ(answers[3].outcome, Outcome::kRetry);
  EXPECT_EQ(answers[3].code, "23505");
  EXPECT_EQ(all_effects(), 7);
  expect_clean();
}

TEST_F(ParticipantModes, DeferredConstraintBelongsToItsStep) {
  execute("CREATE TABLE part (account text REFERENCES account DEFERRABLE INITIALLY DEFERRED)");
  actions_.add({.name = "act"}, [](const saga::Command& command, Transaction& transaction) {
    write_effect(command, transaction, "act");
    const std::string account = n(command) == 5 ? "nobody" : "rich";
    transaction.exec("INSERT INTO part VALUES ($1)", account);
    return done();
  });
  const auto commands = numbered(10);
  send(commands);
  start();
  auto answers = by_number(commands);
  EXPECT_EQ(answers[5].outcome, Outcome::kRetry);
  EXPECT_EQ(answers[5].code, "23503");
  EXPECT_EQ(all_effects(), 9);
  expect_clean();
}

TEST_F(ParticipantModes, RefusalAfterAWriteLeavesNothingOfIt) {
  actions_.add({.name = "act"}, [](const saga::Command& command, Transaction& transaction) {
    write_effect(command, transaction, "act");
    return n(command) % 10 == 0 ? failed("no") : done();
  });
  const auto commands = numbered(100);
  send(commands);
  start();
  for (const auto& [i, answer] : by_number(commands)) {
    EXPECT_EQ(answer.outcome, i % 10 == 0 ? Outcome::kFailed : Outcome::kDone) << i;
  }
  EXPECT_EQ(all_effects(), 90);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.inbox WHERE outcome = 'failed'"), 10);
  expect_clean();
}

TEST_F(ParticipantModes, RefusalBeforeAWriteCostsNoSecondRun) {
  actions_.add({.name = "act", .refuses_before_writing = true},
               [](const saga::Command& command, Transaction& transaction) {
                 if (n(command) % 2 == 0) return failed("no");
                 write_effect(command, transaction, "act");
                 return done();
               });
  const auto commands = numbered(100);
  send(commands);
  start();
  by_number(commands);
  EXPECT_EQ(all_effects(), 50);
  EXPECT_EQ(actions_.runs("act"), 100);
}

TEST_F(ParticipantModes, RetryAnswersAreRolledBackAndNotRecorded) {
  actions_.add({.name = "act"}, [](const saga::Command& command, Transaction& transaction) {
    write_effect(command, transaction, "act");
    if (n(command) % 4 != 0) return done();
    auto answer = retry("later_please");
    answer.after = base::Duration{1500};
    return answer;
  });
  const auto commands = numbered(40);
  send(commands);
  start();
  for (const auto& [i, answer] : by_number(commands)) {
    ASSERT_EQ(answer.outcome, i % 4 == 0 ? Outcome::kRetry : Outcome::kDone) << i;
    if (i % 4 == 0) {
      EXPECT_EQ(answer.code, "later_please");
      EXPECT_EQ(answer.after, base::Duration{1500});
    }
  }
  EXPECT_EQ(all_effects(), 30);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.inbox"), 30);
  expect_clean();
}

TEST_F(ParticipantModes, BatchFormServesManyAndFallsBackToOneByOne) {
  std::atomic<bool> hesitate{false};
  actions_.add(
      {.name = "act"},
      [](const saga::Command& command, Transaction& transaction) {
        write_effect(command, transaction, "one");
        return done();
      },
      [&](std::span<const saga::Command* const> commands, Transaction& transaction) {
        std::vector<ports::StepAnswer> answers;
        for (const auto* command : commands) {
          write_effect(*command, transaction, "batch");
          answers.push_back(done());
        }
        if (hesitate) answers.back() = retry("not_now");
        return answers;
      });
  auto commands = numbered(20);
  send(commands);
  start();
  by_number(commands);
  EXPECT_GE(actions_.batch_runs(), 1);
  EXPECT_EQ(actions_.runs("act") + number("SELECT count(*) FROM effect WHERE what = 'batch'"), 20);
  hesitate = true;
  execute("DELETE FROM effect");
  commands = numbered(20);
  send(commands);
  for (const auto& [i, answer] : by_number(commands))
    EXPECT_EQ(answer.outcome, Outcome::kDone) << i;
  EXPECT_EQ(number("SELECT count(*) FROM effect WHERE what = 'one'"), 20);
  EXPECT_EQ(all_effects(), 20);
  expect_clean();
}

TEST_F(ParticipantModes, CommitInsideTheActionIsFoundOut) {
  actions_.add({.name = "act"}, [](const saga::Command&, Transaction& transaction) {
    transaction.exec_raw("COMMIT");
    return done();
  });
  actions_.add({.name = "undoes"}, [](const saga::Command& command, Transaction& transaction) {
    write_effect(command, transaction, "lost");
    transaction.exec_raw("ROLLBACK");
    return done();
  });
  add_charge_and_refund();
  start();
  const auto bad = command(saga::Kind::kDo, "act");
  const auto worse = command(saga::Kind::kDo, "undoes");
  send({bad, worse});
  for (const auto& answer : results(2)) {
    EXPECT_EQ(answer.outcome, Outcome::kRetry);
    EXPECT_EQ(answer.code, "ended_transaction");
  }
  EXPECT_EQ(number("SELECT count(*) FROM sagad.inbox"), 0);
  const auto charge = command();
  send(charge);
  EXPECT_EQ(result().outcome, Outcome::kDone);
  EXPECT_EQ(effects(charge), 1);
  expect_clean();
}

TEST_F(ParticipantModes, DeadlockIsRunAgainAndNotAnAttempt) {
  execute("INSERT INTO account VALUES ('other', 0)");
  std::atomic<bool> holds_first{false};
  actions_.add({.name = "act"}, [&](const saga::Command& command, Transaction& transaction) {
    transaction.exec_raw("UPDATE account SET balance = balance - 1 WHERE id = 'rich'");
    holds_first = true;
    transaction.exec_raw("UPDATE account SET balance = balance + 1 WHERE id = 'other'");
    write_effect(command, transaction, "act");
    return done();
  });
  pqxx::connection connection(database_);
  pqxx::work rival(connection);
  rival.exec("UPDATE account SET balance = balance + 0 WHERE id = 'other'");
  start();
  const auto move = command(saga::Kind::kDo, "act");
  send(move);
  while (!holds_first) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  // Waits for the participant, which waits for us and is found first.
  rival.exec("UPDATE account SET balance = balance + 0 WHERE id = 'rich'");
  rival.commit();
  const auto answer = result();
  EXPECT_EQ(answer.outcome, Outcome::kDone);
  EXPECT_GE(actions_.runs("act"), 2);
  EXPECT_EQ(effects(move), 1);
  EXPECT_EQ(value("SELECT balance FROM account WHERE id = 'rich'"), "99");
  expect_clean();
}

TEST_F(ParticipantModes, LockedRowIsPutOffAndTheRestGoesOn) {
  add_charge_and_refund();
  execute("INSERT INTO account SELECT 'a' || i, 10 FROM generate_series(1, 20) AS i");
  pqxx::connection connection(database_);
  pqxx::work frozen(connection);
  frozen.exec("UPDATE account SET balance = 5 WHERE id = 'a7'");
  std::vector<saga::Command> commands;
  for (int i = 1; i <= 20; ++i) {
    commands.push_back(command());
    commands.back().input = {{"account", "a" + std::to_string(i)}, {"amount", 1}};
  }
  send(commands);
  start();
  for (const auto& answer : results(19)) {
    EXPECT_EQ(answer.outcome, Outcome::kDone);
    EXPECT_NE(answer.saga, commands[6].saga);
  }
  frozen.abort();
  const auto last = result();
  EXPECT_EQ(last.saga, commands[6].saga);
  EXPECT_EQ(last.outcome, Outcome::kDone);
  EXPECT_EQ(all_effects(), 20);
  expect_clean();
}

TEST_F(ParticipantModes, SlowActionDoesNotHoldUpFastOnes) {
  add_charge_and_refund();
  actions_.add({.name = "slow"}, [](const saga::Command& command, Transaction& transaction) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    write_effect(command, transaction, "slow");
    return done();
  });
  start();
  for (int i = 0; i < 4; ++i) {  // it is learnt that this one is slow
    send(command(saga::Kind::kDo, "slow"));
    result();
  }
  std::vector<saga::Command> commands;
  for (int i = 0; i < 10; ++i) commands.push_back(command(saga::Kind::kDo, "slow"));
  for (int i = 0; i < 10; ++i) commands.push_back(command());
  send(commands);
  const auto begin = std::chrono::steady_clock::now();
  int quick = 0;
  while (quick < 10) {
    for (const auto& answer : results(1)) quick += answer.output.as_object().contains("left");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));
}

TEST_F(ParticipantModes, ALongStepMayBeSilentForLongerThanOthers) {
  std::string allowed;
  actions_.add({.name = "ask"}, [&](const saga::Command&, Transaction& transaction) {
    allowed =
        transaction.exec_raw("SHOW idle_in_transaction_session_timeout")[0][0].as<std::string>();
    return done();
  });
  start();
  auto brief = command(saga::Kind::kDo, "ask");
  send(brief);
  result();
  EXPECT_EQ(allowed, "5min");
  auto patient = command(saga::Kind::kDo, "ask");
  patient.timeout = base::Duration{3'600'000};
  send(patient);
  result();
  EXPECT_EQ(allowed, "61min");
  send(command(saga::Kind::kDo, "ask"));
  result();
  EXPECT_EQ(allowed, "5min") << "for its transaction only";
}

}  // namespace
}  // namespace sagad::tests
