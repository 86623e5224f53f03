#include <gtest/gtest.h>

#include "postgres/fixture.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {
namespace {

constexpr int kSagas = 200;

/// The statistics of what this test did; a session reports them when it ends.
struct Updates {
  long all = 0;
  long hot = 0;
};

Updates updates(const std::string& database) {
  tests::Sql sql(database);
  sql("SELECT pg_stat_force_next_flush()");
  const pqxx::result row =
      sql("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables "
          "WHERE schemaname = 'sagad' AND relname = 'saga_instance'");
  return {std::stol(row[0][0].c_str()), std::stol(row[0][1].c_str())};
}

/// What every transition changes.
void advance(saga::Instance& instance, int step) {
  instance.sequence += 1;
  instance.updated_at += std::chrono::milliseconds(3);
  instance.steps[0].status = saga::StepStatus::kRunning;
  instance.steps[0].reason = "transition " + std::to_string(step);
  instance.steps[0].sent_at = instance.updated_at;
}

// All sagas of a batch lie side by side and change in one transaction: there is room for one new
// version of each in its page, and the next transaction takes the room of the old ones.
TEST(HotUpdate, TransitionsOfLiveSagasTouchNoIndex) {
  const std::string database = tests::engine_database();
  {
    auto store = make_engine_store(database);
    std::vector<saga::Instance> instances;
    for (int i = 0; i < kSagas; ++i) {
      instances.push_back(tests::sample_instance(std::to_string(i)));
      instances.back().deadline_at = instances.back().created_at + std::chrono::minutes(15);
    }
    tests::store(*store, instances);
    for (int step = 0; step < 3; ++step) {
      std::vector<saga::Decision> decisions;
      for (auto& instance : instances) {
        advance(instance, step);
        decisions.push_back(tests::sample_decision(instance));
      }
      tests::store_decisions(*store, decisions);
    }
  }
  const Updates seen = updates(database);
  EXPECT_EQ(seen.all, 3 * kSagas);
  EXPECT_GE(seen.hot, seen.all * 95 / 100) << "of " << seen.all << " updates";
}

TEST(HotUpdate, OnlyTheEndOfASagaLeavesTheLiveIndex) {
  const std::string database = tests::engine_database();
  {
    auto store = make_engine_store(database);
    std::vector<saga::Instance> instances;
    for (int i = 0; i < kSagas; ++i) {
      instances.push_back(tests::sample_instance(std::to_string(i)));
    }
    tests::store(*store, instances);
    std::vector<saga::Decision> decisions;
    for (auto& instance : instances) {
      instance.sequence += 1;
      instance.status = saga::SagaStatus::kCompleted;
      instance.ended_at = instance.updated_at;
      decisions.push_back(tests::sample_decision(instance));
    }
    tests::store_decisions(*store, decisions);
  }
  EXPECT_EQ(updates(database).hot, 0);
  tests::Sql sql(database);
  sql("SET enable_seqscan = off");
  const pqxx::result plan =
      sql("EXPLAIN SELECT id FROM sagad.saga_instance WHERE status IN ('running', 'compensating') "
          "ORDER BY id LIMIT 5");
  std::string text;
  for (const auto& row : plan) text += std::string(row[0].c_str()) + "\n";
  EXPECT_THAT(text, testing::HasSubstr("saga_instance_live_idx"));
}

}  // namespace
}  // namespace sagad::postgres
