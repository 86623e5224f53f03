// The items of a foreach: rows of their own, written and read together with their instance.

#include <gtest/gtest.h>

#include "postgres/fixture.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {
namespace {

saga::Document document(const char* text) {
  return std::make_shared<const boost::json::value>(boost::json::parse(text));
}

class EngineItemsTest : public ::testing::Test {
 protected:
  EngineItemsTest() { tests::store(*store_, {instance_, other_}); }

  std::vector<saga::Instance> locked() {
    auto transaction = store_->begin();
    return transaction->lock(std::vector<base::SagaId>{instance_.id, other_.id});
  }
  saga::Instance locked_one() { return locked().at(instance_.id < other_.id ? 0 : 1); }

  /// The second step has fanned out into three items; the first two have been started.
  saga::Decision fanned_out() {
    auto decision = tests::sample_decision(instance_);
    auto& items = decision.instance.steps[1].items;
    items.resize(3);
    items[0].status = saga::StepStatus::kDone;
    items[0].output = document(R"({"id":10})");
    items[1].status = saga::StepStatus::kRunning;
    items[1].attempt = 2;
    items[1].sent_at = base::from_micros(1'700'000'000'000'007);
    decision.changed_items = {{1, 0}, {1, 1}};
    decision.new_item_outputs = {{1, 0}};
    decision.instance.sequence = 2;
    return decision;
  }

  std::string database_ = tests::engine_database();
  std::unique_ptr<ports::EngineStore> store_ = make_engine_store(database_);
  saga::Instance instance_ = tests::sample_instance("fan");
  saga::Instance other_ = tests::sample_instance("plain");
};

TEST_F(EngineItemsTest, ComeBackWithTheirInstance) {
  tests::store_decisions(*store_, {fanned_out()});
  const auto instance = locked_one();
  ASSERT_EQ(instance.steps[1].items.size(), 3U);
  const auto& items = instance.steps[1].items;
  EXPECT_EQ(items[0].status, saga::StepStatus::kDone);
  EXPECT_EQ(*items[0].output, boost::json::parse(R"({"id":10})"));
  EXPECT_EQ(items[1].attempt, 2);
  EXPECT_EQ(items[1].sent_at, base::from_micros(1'700'000'000'000'007));
  EXPECT_EQ(items[1].output, nullptr);
  EXPECT_EQ(items[2].status, saga::StepStatus::kPending) << "it has no row";
  EXPECT_EQ(instance.steps[1].output, nullptr) << "the output of item 0 is not the step's";
  EXPECT_EQ(instance.unanswered_since(), items[1].sent_at);
}

TEST_F(EngineItemsTest, AreRewrittenWhenTheyChange) {
  auto decision = fanned_out();
  tests::store_decisions(*store_, {decision});
  decision.instance.sequence = 3;
  auto& items = decision.instance.steps[1].items;
  items[1].status = saga::StepStatus::kDone;
  items[1].sent_at.reset();
  items[1].output = document("[1, 2]");
  decision.changed_items = {{1, 1}};
  decision.new_item_outputs = {{1, 1}};
  tests::store_decisions(*store_, {decision});
  const auto instance = locked_one();
  EXPECT_EQ(instance.steps[1].items[1].status, saga::StepStatus::kDone);
  EXPECT_EQ(*instance.steps[1].items[1].output, boost::json::parse("[1, 2]"));
  EXPECT_EQ(instance.steps[1].items[0].status, saga::StepStatus::kDone);
  EXPECT_EQ(*saga::gather_outputs(instance.steps[1]),
            boost::json::parse(R"([{"id":10}, [1, 2], null])"));
}

TEST_F(EngineItemsTest, OfAFirstStepAreWrittenWithTheStart) {
  auto decision = fanned_out();
  decision.instance.id = tests::new_id();
  decision.instance.key = "at once";
  auto transaction = store_->begin();
  const std::vector<const saga::Instance*> instances{&decision.instance};
  ASSERT_FALSE(transaction->insert(instances)[0].has_value());
  const std::vector<const saga::Decision*> decisions{&decision};
  transaction->write(decisions, true);
  transaction->commit();
  const auto reader = make_engine_reader(database_);
  const auto found = reader->get(decision.instance.id);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->steps[1].items[1].attempt, 2);
}

TEST_F(EngineItemsTest, TimersKnowTheirItem) {
  auto decision = fanned_out();
  decision.timers = {
      {1, saga::event::TimerFired::Kind::kRetry, base::from_micros(1'700'000'000'000'000), 2}};
  tests::store_decisions(*store_, {decision});
  auto transaction = store_->begin();
  const auto due = transaction->due_timers(10);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].timer.step, 1);
  EXPECT_EQ(due[0].timer.item, 2);
}

TEST_F(EngineItemsTest, ASagaWithoutItemsIsReadBesideOneThatHasSome) {
  tests::store_decisions(*store_, {fanned_out()});
  for (const auto& instance : locked()) {
    EXPECT_EQ(instance.steps[1].items.size(), instance.id == instance_.id ? 3U : 0U);
  }
}

}  // namespace
}  // namespace sagad::postgres
