#include <chrono>
#include <pqxx/pqxx>
#include <set>
#include <thread>

#include "scenarios/participant_fixture.hpp"
#include "support/servers.hpp"

// Database and bus away, lost, or silent at the worst moment.

namespace sagad::tests {
namespace {

using saga::Outcome;

class ParticipantOutage : public ParticipantTest {
 protected:
  ParticipantOutage() {
    add_charge_and_refund();
    execute("UPDATE account SET balance = 1000000");
  }

  std::vector<saga::Command> charges(int count) {
    std::vector<saga::Command> commands;
    for (int i = 0; i < count; ++i) commands.push_back(command());
    return commands;
  }
  /// Takes results until each of the commands has one; all have to be done.
  void await_all(const std::vector<saga::Command>& commands) {
    std::set<base::SagaId> open;
    for (const auto& command : commands) open.insert(command.saga);
    while (!open.empty()) {
      const auto answer = result();
      EXPECT_EQ(answer.outcome, Outcome::kDone);
      open.erase(answer.saga);
    }
  }
  void expect_each_once(const std::vector<saga::Command>& commands) {
    EXPECT_EQ(number("SELECT count(*) FROM effect"), static_cast<int>(commands.size()));
    EXPECT_EQ(number("SELECT count(DISTINCT saga) FROM effect"), static_cast<int>(commands.size()));
    EXPECT_EQ(number("SELECT 1000000 - balance FROM account WHERE id = 'rich'"),
              static_cast<int>(commands.size()));
  }
};

TEST_F(ParticipantOutage, UnknownCommitIsFoundOutByTheNextDelivery) {
  // A commit that waits for a standby is durable already when its session is ended: the client
  // sees the connection break after COMMIT was sent.
  start();
  const auto first = command();
  send(first);
  result();
  execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  execute("SELECT pg_reload_conf()");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto charge = command();
  send(charge);
  const std::string waiting =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep' "
      "AND application_name = 'sagad participant'";
  int ended = 0;
  for (int i = 0; i < 500 && ended == 0; ++i) {
    ended = number(waiting);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_GE(ended, 1);
  execute("ALTER SYSTEM RESET synchronous_standby_names");
  execute("SELECT pg_reload_conf()");
  EXPECT_EQ(result().outcome, Outcome::kDone);
  EXPECT_EQ(effects(charge), 1);
  EXPECT_EQ(actions_.runs("charge"), 2);  // one for each command
  expect_clean();
}

TEST_F(ParticipantOutage, WipedStreamLosesAndDoublesNothing) {
  options_.fetch_wait = base::Duration{100};
  start();
  const auto commands = charges(400);
  send(commands);
  results(50);
  nats().wipe_store();
  // The rescuer sends again what is silent.
  for (int i = 0; i < 200 && !bus_->connected(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  for (const auto kind : {ports::StreamRef::Kind::kCommands, ports::StreamRef::Kind::kResults}) {
    for (int i = 0; i < 100; ++i) {
      try {
        bus_->ensure_stream({kind, "pay"});
        break;
      } catch (const ports::Unavailable&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    }
  }
  send(commands);
  await_all(commands);
  expect_each_once(commands);
}

TEST_F(ParticipantOutage, DatabaseThatGoesAwayCostsNoAttempt) {
  start();
  const auto commands = charges(300);
  send(commands);
  results(20);
  execute(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = "
      "'sagad participant'");
  postgres().stop();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  postgres().start();
  for (int i = 0; i < 1000 && number("SELECT count(*) FROM effect") < 300; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  expect_each_once(commands);
  expect_clean();
}

TEST_F(ParticipantOutage, RestartInTheMiddleLosesAndDoublesNothing) {
  start();
  const auto commands = charges(600);
  send(commands);
  results(30);
  stop();
  start();
  stop();
  start();
  for (int i = 0; i < 400 && number("SELECT count(*) FROM effect") < 600; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  expect_each_once(commands);
  expect_clean();
}

TEST_F(ParticipantOutage, CommandIsNotLostWhileTheBusCannotTakeItsRetry) {
  std::atomic<bool> working{false};
  actions_.add({.name = "unsure"}, [&](const saga::Command& command, Transaction& transaction) {
    if (!working.exchange(true)) nats().stop();
    write_effect(command, transaction, "unsure");
    return retry("busy");
  });
  start();
  const auto unsure = command(saga::Kind::kDo, "unsure");
  send(unsure);
  for (int i = 0; i < 300 && !working; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  nats().start();
  const auto answer = results(1, base::Duration{40'000}).front();
  EXPECT_EQ(answer.code, "busy");
  EXPECT_EQ(effects(unsure), 0);
}

}  // namespace
}  // namespace sagad::tests
