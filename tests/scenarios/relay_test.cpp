#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "dev/private_nats.hpp"
#include "postgres/stores.hpp"
#include "runtime/dead_letter.hpp"
#include "scenarios/engine_fixture.hpp"
#include "support/servers.hpp"

namespace sagad::tests {
namespace {

using Kind = ports::StreamRef::Kind;

class Relay : public EngineTest {
 protected:
  void start_relay() {
    relay_ = make_relay();
    relay_->start();
  }

  std::unique_ptr<runtime::Relay> make_relay() {
    return std::make_unique<runtime::Relay>(
        relay_options_, [this] { return postgres::make_outbox_store(database_, "engine"); }, *bus_,
        sums_, log_);
  }

  ports::OutboxRow row(std::string payload = {}) {
    saga::Command command;
    command.saga = ids_.next(clock_.now());
    command.definition = "order-pay";
    command.participant = "order";
    command.step = "create_order";
    command.action = "create";
    command.sent_at = clock_.now();
    if (!payload.empty()) command.input = payload;
    return {ids_.next(clock_.now()), command.saga,
            ports::command_subject("order", "do", "order-pay"), saga::encode(command),
            command.sent_at};
  }

  /// Commits rows, as a daemon that was killed before it could publish.
  void commit(const std::vector<ports::OutboxRow>& rows) {
    const auto store = postgres::make_engine_store(database_);
    const auto transaction = store->begin();
    transaction->append_outbox(rows);
    transaction->commit();
  }

  int left() { return number("SELECT count(*) FROM sagad.outbox"); }
};

TEST_F(Relay, PublishesFromMemoryAndDeletesWhenNobodyElseDoes) {
  relay_options_.leftover_age = base::Duration{3'600'000};  // the sweep finds nothing
  start_relay();
  const std::vector<ports::OutboxRow> rows{row(), row(), row()};
  commit(rows);
  relay_->publish(rows);
  EXPECT_EQ(commands("order", 3).size(), 3U);
  EXPECT_TRUE(eventually([&] { return left() == 0; }));
}

TEST_F(Relay, RidesOnTheTransactionOfABatch) {
  relay_options_.leftover_age = base::Duration{3'600'000};
  start_relay();
  const auto one = row();
  commit({one});
  relay_->publish({one});
  command("order");
  std::vector<ports::OutboxId> ids;
  ASSERT_TRUE(eventually([&] {
    ids = relay_->take_confirmed(10);
    return !ids.empty() || left() == 0;
  }));
  if (ids.empty()) GTEST_SKIP() << "the relay was quicker";
  EXPECT_EQ(ids, std::vector<ports::OutboxId>{one.id});
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_EQ(left(), 1) << "who has taken them deletes them";
  relay_->give_back(ids);
  EXPECT_TRUE(eventually([&] { return left() == 0; }));
}

TEST_F(Relay, SweepsWhatACrashHasLeft) {
  std::vector<ports::OutboxRow> rows;
  for (int i = 0; i < 2500; ++i) rows.push_back(row());
  commit(rows);
  start_relay();
  EXPECT_EQ(commands("order", 2500).size(), 2500U);
  EXPECT_TRUE(eventually([&] { return left() == 0; }));
  EXPECT_TRUE(no_command("order", base::Duration{300})) << "each of them once";
}

TEST_F(Relay, LeavesYoungRowsToTheHotPath) {
  start_relay();
  commit({row()});
  EXPECT_TRUE(no_command("order", base::Duration{600}));
  command("order");
}

TEST_F(Relay, PublishesAgainWhatWasNotSeenToBeConfirmed) {
  const auto one = row();
  commit({one});
  {
    // It was published, and its daemon died before it heard of it.
    const auto dying = make_relay();
    dying->publish({one});
    command("order");
  }
  EXPECT_EQ(left(), 1);
  start_relay();
  EXPECT_EQ(command("order").saga, one.saga) << "a duplicate, which the barrier answers";
  EXPECT_TRUE(eventually([&] { return left() == 0; }));
}

TEST_F(Relay, ReportsWhatCanNeverBePublishedAndGoesOn) {
  const auto too_large = row(std::string(2'000'000, 'x'));
  const auto behind = row();
  commit({too_large, behind});
  start_relay();
  relay_->publish({too_large});
  EXPECT_EQ(command("order").saga, behind.saga);
  const auto consumer = bus_->dead_consumer();
  std::vector<ports::DeliveryPtr> letters;
  ASSERT_TRUE(eventually([&] {
    letters = consumer->fetch(1, base::Duration{100});
    return !letters.empty();
  }));
  const auto report = runtime::decode_dead_letter(letters[0]->payload());
  letters[0]->ack();
  EXPECT_EQ(report.letter.reason, "unpublishable");
  EXPECT_EQ(report.letter.saga, too_large.saga);
  EXPECT_EQ(report.step, "create_order");
  EXPECT_TRUE(eventually([&] { return left() == 0; }));
}

TEST_F(Relay, StopDeletesWhatIsConfirmed) {
  start_relay();
  std::vector<ports::OutboxRow> rows;
  for (int i = 0; i < 500; ++i) rows.push_back(row());
  commit(rows);
  relay_->publish(rows);
  relay_->stop();
  EXPECT_EQ(left(), 0);
  relay_->stop();
  commit({row()});
  relay_->start();
  relay_->start();
  EXPECT_TRUE(eventually([&] { return left() == 0; }));
}

TEST_F(Relay, SamplesTheDepth) {
  relay_options_.depth_interval = base::Duration{50};
  commit({row(), row()});
  start_relay();
  EXPECT_TRUE(eventually([&] { return sums_.of("sagad_outbox_depth{engine}") == 2; }));
  EXPECT_TRUE(eventually([&] { return sums_.of("sagad_outbox_depth{engine}") == 0; }));
}

TEST_F(Relay, NothingIsLostWhileTheBusIsAway) {
  dev::PrivateNats server;
  make_bus(server.url());
  start_relay();
  server.stop();
  ASSERT_TRUE(eventually([&] { return !bus_->connected(); }));
  std::vector<ports::OutboxRow> rows;
  for (int i = 0; i < 200; ++i) rows.push_back(row());
  commit(rows);
  relay_->publish(rows);
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  EXPECT_EQ(left(), 200);
  server.start();
  EXPECT_EQ(commands("order", 200, ports::CommandLane::kDo, base::Duration{20'000}).size(), 200U);
  EXPECT_TRUE(eventually([&] { return left() == 0; }));
  stop();
  bus_.reset();
}

TEST_F(Relay, WorksThroughAnOutageOfTheDatabase) {
  start_relay();
  postgres().stop();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  postgres().start();
  commit({row()});
  command("order");
  EXPECT_TRUE(eventually([&] { return left() == 0; }));
}

}  // namespace
}  // namespace sagad::tests
