#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "scenarios/engine_fixture.hpp"

namespace sagad::tests {
namespace {

using ports::CommandLane;
using saga::SagaStatus;

class Timers : public EngineTest {
 protected:
  Timers() { timers_options_.deadline_interval = base::Duration{50}; }
};

TEST_F(Timers, AStepIsTriedAgainWhenItsBackOffIsOver) {
  start();
  start_timers();
  const auto id = start_saga();
  send(done(command("order")));
  const auto first = command("pay");
  send(retry(first));
  const auto second = command("pay");
  EXPECT_EQ(second.attempt, 2);
  EXPECT_GE(second.sent_at - first.sent_at, std::chrono::milliseconds(300));
  send(retry(second));
  const auto third = command("pay");
  EXPECT_GE(third.sent_at - second.sent_at, std::chrono::milliseconds(600));
  send(done(third));
  wait_for(id, SagaStatus::kCompleted);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.timer"), 0);
}

TEST_F(Timers, WithoutTheServiceNothingFiresAndItCatchesUpLater) {
  start();
  start_saga();
  send(done(command("order")));
  send(retry(command("pay")));
  ASSERT_TRUE(eventually([&] { return number("SELECT count(*) FROM sagad.timer") == 1; }));
  EXPECT_TRUE(no_command("pay", base::Duration{700}));
  start_timers();
  EXPECT_EQ(command("pay").attempt, 2);
}

TEST_F(Timers, ManyTimersOfManySagasFireOnce) {
  start();
  std::vector<saga::Result> results;
  for (int i = 0; i < 300; ++i) start_saga();
  for (const auto& order : commands("order", 300)) results.push_back(done(order));
  send(results);
  results.clear();
  for (const auto& pay : commands("pay", 300)) results.push_back(retry(pay));
  send(results);
  start_timers();
  // A second daemon.
  runtime::Timers second(timers_options_, stores(), *relay_, *definitions_, completions_, sums_,
                         log_);
  second.start();
  std::set<base::SagaId> sagas;
  for (const auto& pay : commands("pay", 300)) {
    EXPECT_EQ(pay.attempt, 2);
    sagas.insert(pay.saga);
  }
  EXPECT_EQ(sagas.size(), 300U);
  EXPECT_TRUE(no_command("pay", base::Duration{300}));
}

TEST_F(Timers, TheDeadlineTurnsTheSagaBackOnce) {
  start({order_pay("deadline: 1s\n")});
  start_timers();
  const auto id = start_saga();
  send(done(command("order")));
  const auto pay = command("pay");
  const auto settle = command("pay", CommandLane::kUndo);
  EXPECT_EQ(settle.kind, saga::Kind::kSettle);
  EXPECT_GE(settle.sent_at - get(id).created_at, std::chrono::seconds(1));
  const auto sequence = get(id).sequence;
  EXPECT_TRUE(no_command("pay", base::Duration{400}));
  EXPECT_EQ(get(id).sequence, sequence) << "a deadline comes once";
  send(barred(settle));
  send(done(command("order", CommandLane::kUndo)));
  const auto instance = wait_for(id, SagaStatus::kCompensated);
  EXPECT_EQ(instance.reason, "deadline_exceeded");
}

TEST_F(Timers, TotalTimeoutIncludesTheWaiting) {
  start({order_pay({}, "    total_timeout: 1s\n")});
  start_timers();
  const auto id = start_saga();
  send(done(command("order")));
  const auto pay = command("pay");
  const auto settle = command("pay", CommandLane::kUndo);
  EXPECT_GE(settle.sent_at - pay.sent_at, std::chrono::seconds(1));
  send(barred(settle));
  send(done(command("order", CommandLane::kUndo)));
  const auto instance = wait_for(id, SagaStatus::kCompensated);
  ASSERT_TRUE(instance.error);
  EXPECT_EQ(instance.error->code, "total_timeout");
}

TEST_F(Timers, ABrokenInstanceStopsNoOtherTimer) {
  start();
  std::vector<base::SagaId> sagas;
  std::vector<saga::Result> results;
  for (int i = 0; i < 5; ++i) sagas.push_back(start_saga());
  for (const auto& order : commands("order", 5)) results.push_back(done(order));
  send(results);
  results.clear();
  for (const auto& pay : commands("pay", 5)) results.push_back(retry(pay));
  send(results);
  ASSERT_TRUE(eventually([&] { return number("SELECT count(*) FROM sagad.timer") == 5; }));
  value("UPDATE sagad.saga_instance SET steps = '[17]' WHERE id = '" + sagas[0].str() + "'");
  start_timers();
  EXPECT_EQ(commands("pay", 4).size(), 4U);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.timer"), 1) << "the broken one's";
}

TEST_F(Timers, StopsAndStartsAgain) {
  start();
  start_timers();
  timers_->stop();
  timers_->stop();
  start_saga();
  send(done(command("order")));
  send(retry(command("pay")));
  EXPECT_TRUE(no_command("pay", base::Duration{600}));
  timers_->start();
  timers_->start();
  EXPECT_EQ(command("pay").attempt, 2);
}

}  // namespace
}  // namespace sagad::tests
