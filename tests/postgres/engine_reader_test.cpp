#include <gtest/gtest.h>

#include "postgres/fixture.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {
namespace {

using saga::SagaStatus;

class EngineReaderTest : public testing::Test {
 protected:
  saga::Instance with(const std::string& key, SagaStatus status,
                      const std::string& definition = "order-pay") {
    saga::Instance instance = tests::sample_instance(key);
    instance.status = status;
    instance.definition = definition;
    if (saga::is_final(status)) instance.ended_at = instance.updated_at;
    return instance;
  }
  void SetUp() override {
    auto store = make_engine_store(database_);
    instances_ = {with("a", SagaStatus::kCompleted), with("b", SagaStatus::kRunning),
                  with("c", SagaStatus::kRunning, "checkout"), with("d", SagaStatus::kPaused),
                  with("a", SagaStatus::kRunning, "checkout")};
    tests::store(*store, instances_);
  }
  /// The places of the listed instances in instances_.
  std::string listed(const ports::SagaFilter& filter) {
    std::string places;
    for (const auto& instance : reader_->list(filter)) {
      for (std::size_t i = 0; i < instances_.size(); ++i) {
        if (instances_[i].id == instance.id) places += std::to_string(i);
      }
    }
    return places;
  }

  std::string database_ = tests::engine_database();
  std::vector<saga::Instance> instances_;
  std::unique_ptr<ports::EngineReader> reader_ = make_engine_reader(database_);
};

TEST_F(EngineReaderTest, GetReturnsTheWholeInstance) {
  saga::Instance instance = instances_[1];
  instance.sequence = 2;
  instance.steps[1].output =
      std::make_shared<const boost::json::value>(boost::json::object{{"pay_id", 7}});
  saga::Decision decision = tests::sample_decision(instance);
  decision.new_outputs = {1};
  auto store = make_engine_store(database_);
  tests::store_decisions(*store, {decision});
  const auto found = reader_->get(instance.id);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(tests::describe(*found), tests::describe(instance));
  EXPECT_FALSE(reader_->get(tests::new_id()).has_value());
}

TEST_F(EngineReaderTest, ListsNewestFirstByEveryFilter) {
  EXPECT_EQ(listed({}), "43210");
  EXPECT_EQ(listed({.status = SagaStatus::kRunning}), "421");
  EXPECT_EQ(listed({.status = SagaStatus::kCompleted}), "0");
  EXPECT_EQ(listed({.status = SagaStatus::kFailed}), "");
  EXPECT_EQ(listed({.definition = "checkout"}), "42");
  EXPECT_EQ(listed({.status = SagaStatus::kRunning, .definition = "order-pay"}), "1");
  EXPECT_EQ(listed({.key = "a"}), "40");
  EXPECT_EQ(listed({.definition = "order-pay", .key = "a"}), "0");
  EXPECT_EQ(listed({.limit = 2}), "43");
  EXPECT_EQ(listed({.limit = 2, .before = instances_[3].id}), "21");
  EXPECT_EQ(listed({.key = "no such key"}), "");
}

TEST_F(EngineReaderTest, SearchesByWhatIsStuckAndWhy) {
  EXPECT_EQ(listed({.live = true}), "4321");
  EXPECT_EQ(listed({.retrying = true}), "");
  EXPECT_EQ(listed({.older_than = std::chrono::hours(24)}), "43210");
  EXPECT_EQ(listed({.younger_than = std::chrono::hours(24)}), "");
  saga::Decision decision = tests::sample_decision(instances_[2]);
  auto& stuck = decision.instance;
  stuck.sequence += 1;
  stuck.reason = "step_failed";
  stuck.steps[1].retry_at = base::from_micros(1'800'000'000'000'000);
  stuck.steps[1].last_error = saga::Error{"gateway_timeout", "no answer"};
  tests::store_decisions(*make_engine_store(database_), {decision});
  EXPECT_EQ(listed({.retrying = true}), "2");
  EXPECT_EQ(listed({.error_code = "gateway_timeout"}), "2");
  EXPECT_EQ(listed({.reason = "step_failed"}), "2");
  EXPECT_EQ(listed({.status = SagaStatus::kPaused, .error_code = "gateway_timeout"}), "");
  const auto counts = reader_->count_live({.error_code = "gateway_timeout"});
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].count, 1);
  EXPECT_EQ(counts[0].definition, stuck.definition);
}

TEST_F(EngineReaderTest, TagsAreFoundAndShown) {
  auto store = make_engine_store(database_);
  const auto tagged = [&](const std::string& key, SagaStatus status,
                          std::map<std::string, std::string> tags) {
    instances_.push_back(with(key, status));
    instances_.back().tags = std::move(tags);
    tests::store(*store, {instances_.back()});
  };
  tagged("5", SagaStatus::kRunning, {{"account", "alice"}, {"amount", "5"}});
  tagged("6", SagaStatus::kCompleted, {{"account", "alice"}, {"amount", "6"}});
  tagged("7", SagaStatus::kRunning, {{"account", "bob \\ \"{}\" ü"}, {"amount", "5"}});
  EXPECT_EQ(listed({.tags = {{"account", "alice"}}}), "65");
  EXPECT_EQ(listed({.tags = {{"amount", "5"}}}), "75");
  EXPECT_EQ(listed({.tags = {{"account", "alice"}, {"amount", "5"}}}), "5");
  EXPECT_EQ(listed({.tags = {{"account", "alice"}, {"amount", "7"}}}), "");
  EXPECT_EQ(listed({.tags = {{"account", "bob \\ \"{}\" ü"}}}), "7");
  EXPECT_EQ(listed({.status = SagaStatus::kRunning, .tags = {{"account", "alice"}}}), "5");
  EXPECT_EQ(listed({.definition = "checkout", .tags = {{"amount", "5"}}}), "");
  EXPECT_EQ(listed({.key = "6", .tags = {{"account", "alice"}}}), "6");
  EXPECT_EQ(listed({.limit = 1, .tags = {{"account", "alice"}}}), "6");
  EXPECT_EQ(listed({.before = instances_[6].id, .tags = {{"account", "alice"}}}), "5");
  EXPECT_EQ(listed({.tags = {{"unheard-of", "x"}}}), "");
  EXPECT_EQ(listed({.live = true, .tags = {{"account", "alice"}}}), "5");
  const auto counts = reader_->count_live({.tags = {{"account", "alice"}, {"amount", "5"}}});
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].count, 1) << "of those that live";
  EXPECT_TRUE(reader_->count_live({.tags = {{"account", "bob"}}}).empty());

  EXPECT_EQ(reader_->get(instances_[5].id)->tags, instances_[5].tags);
  EXPECT_TRUE(reader_->get(instances_[1].id)->tags.empty());
  const auto list = reader_->list({.limit = 4});
  EXPECT_EQ(list.at(0).tags, instances_[7].tags);
  EXPECT_TRUE(list.at(3).tags.empty());
  EXPECT_EQ(tests::Sql(database_).number("SELECT count(*) FROM sagad.saga_tag"), 6);
}

TEST_F(EngineReaderTest, ListLeavesOutInputs) {
  const auto list = reader_->list({.limit = 1});
  ASSERT_EQ(list.size(), 1U);
  EXPECT_FALSE(list[0].input);
  EXPECT_EQ(list[0].steps.size(), 2U);
}

TEST_F(EngineReaderTest, LiveCountsHavePausedOnesAndNoFinalOnes) {
  std::string counts;
  for (const auto& count : reader_->live_counts()) {
    counts += count.definition + " " + std::string(saga::to_string(count.status)) + " " +
              std::to_string(count.count) + "; ";
  }
  EXPECT_EQ(counts, "checkout running 2; order-pay paused 1; order-pay running 1; ");
}

TEST_F(EngineReaderTest, PingTellsWhetherTheDatabaseAnswersAndRecovers) {
  EXPECT_TRUE(reader_->ping());
  tests::Sql sql(database_);
  sql("SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity "
      "WHERE application_name = 'sagad reader' AND datname = current_database()");
  EXPECT_FALSE(reader_->ping());
  EXPECT_TRUE(reader_->ping());
}

TEST_F(EngineReaderTest, TheViewsAreReadable) {
  tests::Sql sql(database_);
  EXPECT_EQ(sql.number("SELECT count(*) FROM sagad.saga WHERE status = 'running'"), 3);
  EXPECT_EQ(sql.number("SELECT count(*) FROM sagad.saga_history WHERE type = 'started'"), 5);
}

}  // namespace
}  // namespace sagad::postgres
