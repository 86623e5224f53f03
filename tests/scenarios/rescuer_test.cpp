#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "dev/private_nats.hpp"
#include "scenarios/engine_fixture.hpp"

namespace sagad::tests {
namespace {

using ports::CommandLane;
using saga::SagaStatus;

/// On a nats-server of its own, because its store is wiped.
class Rescuer : public EngineTest {
 protected:
  Rescuer() { make_bus(server_.url()); }
  ~Rescuer() override {
    stop();
    bus_.reset();
  }

  static runtime::Rescuer::Options quick() {
    runtime::Rescuer::Options options;
    options.interval = base::Duration{100};
    options.silence = base::Duration{1000};
    return options;
  }

  void expect_connected() {
    ASSERT_TRUE(eventually([&] { return bus_->connected(); }));
  }

  dev::PrivateNats server_;
};

TEST_F(Rescuer, AWipedStoreLosesNothing) {
  start();
  std::vector<base::SagaId> sagas;
  for (int i = 0; i < 20; ++i) sagas.push_back(start_saga());
  const auto first = command("order");
  ASSERT_TRUE(eventually([&] { return number("SELECT count(*) FROM sagad.outbox") == 0; }));
  server_.wipe_store();
  expect_connected();
  start_rescuer(quick());
  // The one command that was taken got no answer, so it comes again like the nineteen others.
  std::vector<saga::Result> results;
  for (const auto& order : commands("order", 20, CommandLane::kDo, base::Duration{20'000})) {
    EXPECT_EQ(order.attempt, 1) << "not an attempt";
    if (order.saga == first.saga) {
      EXPECT_GE(order.sent_at - first.sent_at, std::chrono::seconds(1));
    }
    results.push_back(done(order));
  }
  send(results);
  results.clear();
  for (const auto& pay : commands("pay", 20)) results.push_back(done(pay));
  send(results);
  for (const auto id : sagas) wait_for(id, SagaStatus::kCompleted);
  EXPECT_GE(sums_.of("sagad_rescued_total{}"), 20);
}

TEST_F(Rescuer, ALostResultIsAskedForAgain) {
  start();
  const auto id = start_saga();
  const auto order = command("order");
  start_rescuer(quick());
  const auto again = command("order");
  EXPECT_EQ(again.saga, id);
  EXPECT_EQ(get(id).steps.at(0).resent, 1);
  EXPECT_EQ(get(id).steps.at(0).sent_at, again.sent_at) << "the send is renewed";
  send(done(order));
  EXPECT_EQ(command("pay").saga, id) << "the answer to the first send counts as well";
}

TEST_F(Rescuer, WhatTheStreamStillHoldsIsLeftAlone) {
  start();
  const auto id = start_saga();
  ASSERT_TRUE(eventually([&] {
    return !bus_->head({ports::StreamRef::Kind::kCommands, "order"}).empty;
  }));
  start_rescuer(quick());
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  EXPECT_EQ(get(id).steps.at(0).resent, 0);
  EXPECT_EQ(command("order").saga, id);
}

TEST_F(Rescuer, WhatWasSentAfterTheHeadIsLeftAloneAndWhatWasSentBeforeIsNot) {
  start();
  const auto lost = start_saga();
  ASSERT_EQ(command("order").saga, lost);  // taken, never answered
  const auto held = start_saga();
  ASSERT_TRUE(eventually([&] {
    return !bus_->head({ports::StreamRef::Kind::kCommands, "order"}).empty;
  }));
  start_rescuer(quick());
  ASSERT_TRUE(eventually([&] { return get(lost).steps.at(0).resent == 1; }));
  EXPECT_EQ(get(held).steps.at(0).resent, 0);
}

TEST_F(Rescuer, AHeadThatDoesNotMoveStopsNothingForEver) {
  start();
  const auto id = start_saga();
  ASSERT_TRUE(eventually([&] {
    return !bus_->head({ports::StreamRef::Kind::kCommands, "order"}).empty;
  }));
  auto options = quick();
  options.stuck_head = base::Duration{1500};
  start_rescuer(options);
  ASSERT_TRUE(eventually([&] { return get(id).steps.at(0).resent == 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(2000));
  EXPECT_EQ(get(id).steps.at(0).resent, 1) << "the interval has doubled";
  EXPECT_TRUE(eventually([&] { return get(id).steps.at(0).resent == 2; }));
}

TEST_F(Rescuer, WhatIsStillInTheOutboxIsLeftToTheRelay) {
  start();
  const auto id = start_saga();
  command("order");
  value(
      "INSERT INTO sagad.outbox (id, saga_id, sent_at, written_at, subject, payload) "
      "VALUES (sagad.uuid_v7(), '" +
      id.str() + "', now(), now() + interval '1 hour', 'x', '{}')");
  start_rescuer(quick());
  std::this_thread::sleep_for(std::chrono::milliseconds(2000));
  EXPECT_EQ(get(id).steps.at(0).resent, 0);
}

TEST_F(Rescuer, StopsAndStartsAgainAlsoWithoutTheBus) {
  start();
  start_rescuer(quick());
  server_.stop();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  rescuer_->stop();
  rescuer_->stop();
  server_.start();
  expect_connected();
  rescuer_->start();
  rescuer_->start();
  start_saga();
  command("order");
  command("order");
}

}  // namespace
}  // namespace sagad::tests
