#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "postgres/fixture.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {
namespace {

using base::SagaId;

std::vector<std::optional<ports::ExistingStart>> insert_one(ports::EngineTransaction& tx,
                                                            const saga::Instance& instance) {
  return tx.insert(std::vector<const saga::Instance*>{&instance});
}

/// Waits until `count` sessions of the database wait for a lock.
void wait_for_waiters(tests::Sql& sql, int count) {
  const std::string waiting =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
      "AND wait_event_type = 'Lock'";
  while (sql.number(waiting) < count) std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

class EngineConcurrencyTest : public testing::Test {
 protected:
  std::string database_ = tests::engine_database();
  std::unique_ptr<ports::EngineStore> store_ = make_engine_store(database_);
  tests::Sql sql_{database_};
};

TEST_F(EngineConcurrencyTest, ALockedInstanceIsUnavailableAfterTheLockTimeout) {
  const saga::Instance instance = tests::sample_instance("l");
  tests::store(*store_, {instance});
  auto holder = store_->begin();
  holder->lock(std::vector<SagaId>{instance.id});

  auto other = make_engine_store(database_);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THROW(other->begin()->lock(std::vector<SagaId>{instance.id}), ports::Unavailable);
  const auto waited = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(waited, std::chrono::milliseconds(1'900));
  EXPECT_LT(waited, std::chrono::seconds(10));
  holder.reset();
  EXPECT_EQ(other->begin()->lock(std::vector<SagaId>{instance.id}).size(), 1U);
}

TEST_F(EngineConcurrencyTest, LocksAreTakenInIdOrderSoThatNobodyDeadlocks) {
  std::vector<saga::Instance> instances;
  for (int i = 0; i < 50; ++i) instances.push_back(tests::sample_instance(std::to_string(i)));
  tests::store(*store_, instances);
  std::vector<SagaId> forward;
  for (const auto& instance : instances) forward.push_back(instance.id);
  const std::vector<SagaId> backward(forward.rbegin(), forward.rend());
  auto rounds = [&](const std::vector<SagaId>& ids) {
    auto store = make_engine_store(database_);
    for (int i = 0; i < 30; ++i) {
      auto tx = store->begin();
      if (tx->lock(ids).size() != ids.size()) return false;
      tx->commit();
    }
    return true;
  };
  auto one = std::async(std::launch::async, rounds, forward);
  auto two = std::async(std::launch::async, rounds, backward);
  EXPECT_TRUE(one.get());  // a Conflict would be thrown
  EXPECT_TRUE(two.get());
}

TEST_F(EngineConcurrencyTest, OutputsAreReadAfterTheLockIsHad) {
  saga::Instance instance = tests::sample_instance("o");
  tests::store(*store_, {instance});
  auto writer = store_->begin();
  writer->lock(std::vector<SagaId>{instance.id});
  auto reading = std::async(std::launch::async, [&] {
    return make_engine_store(database_)->begin()->lock(std::vector<SagaId>{instance.id});
  });
  wait_for_waiters(sql_, 1);
  instance.sequence = 2;
  instance.steps[0].status = saga::StepStatus::kDone;
  instance.steps[0].output =
      std::make_shared<const boost::json::value>(boost::json::object{{"order_id", 1}});
  saga::Decision decision = tests::sample_decision(instance);
  decision.new_outputs = {0};
  const std::vector<const saga::Decision*> decisions{&decision};
  writer->write(decisions, false);
  writer->commit();
  const auto read = reading.get();
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].sequence, 2);
  ASSERT_TRUE(read[0].steps[0].output);
  EXPECT_EQ(boost::json::serialize(*read[0].steps[0].output), R"({"order_id":1})");
}

TEST_F(EngineConcurrencyTest, TheSameKeyAtTheSameTimeIsOneInstance) {
  const saga::Instance first = tests::sample_instance("k");
  auto tx = store_->begin();
  EXPECT_FALSE(insert_one(*tx, first)[0].has_value());
  auto second = std::async(std::launch::async, [&] {
    auto store = make_engine_store(database_);
    return insert_one(*store->begin(), tests::sample_instance("k"));
  });
  wait_for_waiters(sql_, 1);
  tx->commit();
  const auto existing = second.get();
  ASSERT_TRUE(existing[0].has_value());
  EXPECT_EQ(existing[0]->id, first.id);
}

TEST_F(EngineConcurrencyTest, AKeyIsFreeAgainIfTheOtherRollsBack) {
  auto tx = store_->begin();
  insert_one(*tx, tests::sample_instance("k"));
  auto second = std::async(std::launch::async, [&] {
    auto store = make_engine_store(database_);
    return insert_one(*store->begin(), tests::sample_instance("k"));
  });
  wait_for_waiters(sql_, 1);
  tx.reset();
  EXPECT_FALSE(second.get()[0].has_value());
}

TEST_F(EngineConcurrencyTest, TheSameKeysInAnotherOrderDoNotDeadlock) {
  auto starts = [&](bool reversed) {
    auto store = make_engine_store(database_);
    std::size_t inserted = 0;
    for (int round = 0; round < 20; ++round) {
      std::vector<saga::Instance> instances;
      for (int i = 0; i < 40; ++i) {
        const int number = reversed ? 39 - i : i;
        instances.push_back(
            tests::sample_instance(std::to_string(round) + "-" + std::to_string(number)));
      }
      auto tx = store->begin();
      for (const auto& existing : tx->insert(tests::pointers(instances))) {
        inserted += existing ? 0 : 1;
      }
      tx->commit();
    }
    return inserted;
  };
  auto one = std::async(std::launch::async, starts, false);
  auto two = std::async(std::launch::async, starts, true);
  EXPECT_EQ(one.get() + two.get(), 20U * 40U);
}

TEST_F(EngineConcurrencyTest, AStoreReconnectsAfterItsSessionWasEnded) {
  static_cast<void>(store_->begin()->now());
  sql_(
      "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity "
      "WHERE application_name = 'sagad engine' AND datname = current_database()");
  auto tx = store_->begin();
  EXPECT_NO_THROW(tx->now()) << "the idle connection proves lost: nothing was begun in it";
  sql_(
      "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity "
      "WHERE application_name = 'sagad engine' AND datname = current_database()");
  EXPECT_THROW(tx->due_timers(1), ports::Unavailable);
  tx.reset();
  EXPECT_NO_THROW(store_->begin()->now());
}

TEST_F(EngineConcurrencyTest, AnUnreachableDatabaseIsUnavailable) {
  auto store = make_engine_store("postgresql://127.0.0.1:1/none");
  EXPECT_THROW(store->begin()->now(), ports::Unavailable);
  const std::vector ids{base::IdGenerator(1).next(base::from_micros(0))};
  EXPECT_THROW(store->begin()->lock(ids), ports::Unavailable);
  EXPECT_FALSE(make_engine_reader("postgresql://127.0.0.1:1/none")->ping());
}

}  // namespace
}  // namespace sagad::postgres
