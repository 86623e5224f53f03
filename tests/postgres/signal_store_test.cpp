#include <gtest/gtest.h>

#include "postgres/fixture.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {
namespace {

using base::SagaId;

class SignalStore : public testing::Test {
 protected:
  SignalStore() {
    saga_ = tests::sample_instance("signals");
    tests::store(*store_, {saga_});
  }

  saga::Signal signal(const std::string& name, const std::string& key, const char* payload) {
    return {ids_.next(base::from_micros(1'700'000'000'000'000)), name, key,
            std::make_shared<const boost::json::value>(boost::json::parse(payload)),
            base::from_micros(1'700'000'000'123'456)};
  }

  /// Writes these changes; `kept` is what the state says.
  void write(const std::vector<saga::SignalChange>& changes, int kept) {
    saga_.steps[0].queued_signals = kept;
    ++saga_.sequence;
    auto decision = tests::sample_decision(saga_);
    decision.signals = changes;
    tests::store_decisions(*store_, {decision});
  }

  saga::Instance locked() {
    auto tx = store_->begin();
    return tx->lock(std::vector<SagaId>{saga_.id}).at(0);
  }

  std::string database_ = tests::engine_database();
  std::unique_ptr<ports::EngineStore> store_ = make_engine_store(database_);
  base::IdGenerator ids_{5};
  saga::Instance saga_;
};

TEST_F(SignalStore, KeptSignalsAreReadInTheirOrder) {
  const auto first = signal("paid", "bank 'one\"", R"({"n":9223372036854775807})");
  const auto second = signal("paid", "", "null");
  write({{first, true, std::nullopt}, {second, true, std::nullopt}}, 2);
  const auto signals = locked().signals;
  ASSERT_EQ(signals.size(), 2U);
  EXPECT_EQ(signals[0].id, first.id);
  EXPECT_EQ(signals[0].name, "paid");
  EXPECT_EQ(signals[0].key, first.key);
  EXPECT_EQ(*signals[0].payload, *first.payload);
  EXPECT_EQ(signals[0].received_at, first.received_at);
  EXPECT_EQ(signals[1].id, second.id);
  EXPECT_EQ(signals[1].key, "");
  EXPECT_TRUE(signals[1].payload->is_null());
}

TEST_F(SignalStore, TakenSignalsAreNotReadAgain) {
  const auto first = signal("paid", "1", "1");
  const auto second = signal("paid", "2", "2");
  write({{first, true, std::nullopt}, {second, true, 0}}, 1);
  ASSERT_EQ(locked().signals.size(), 1U);
  EXPECT_EQ(locked().signals[0].id, first.id);
  write({{first, false, 0}}, 0);
  EXPECT_TRUE(locked().signals.empty());
}

TEST_F(SignalStore, SignalsThatCameBeforeAreKnownByIdAndByKey) {
  const auto kept = signal("paid", "bank-1", R"({"b":1,"a":2})");
  const auto taken = signal("shipped", "", "true");
  write({{kept, true, std::nullopt}, {taken, true, 0}}, 1);
  auto tx = store_->begin();
  const auto other = ids_.next(base::from_micros(1'700'000'000'000'000));
  const std::vector<ports::SignalKey> keys{{saga_.id, other, "paid", "bank-1"},
                                           {saga_.id, other, "paid", "bank-2"},
                                           {saga_.id, other, "shipped", "bank-1"},
                                           {saga_.id, taken.id, "shipped", ""},
                                           {other, taken.id, "shipped", ""}};
  const auto known = tx->known_signals(keys);
  ASSERT_EQ(known.size(), 5U);
  EXPECT_EQ(known[0], R"({"a":2,"b":1})");
  EXPECT_FALSE(known[1]);
  EXPECT_FALSE(known[2]) << "a key belongs to the name of its signal";
  EXPECT_EQ(known[3], "true");
  EXPECT_FALSE(known[4]) << "another saga";
}

TEST_F(SignalStore, TheSameKeyCannotBeWrittenTwice) {
  write({{signal("paid", "bank-1", "1"), true, std::nullopt}}, 1);
  EXPECT_ANY_THROW(write({{signal("paid", "bank-1", "1"), true, std::nullopt}}, 2));
}

TEST_F(SignalStore, SagasAreFoundByTheirKeys) {
  auto tx = store_->begin();
  const std::vector<ports::SagaKey> keys{
      {saga_.definition, "nothing"}, {saga_.definition, saga_.key}, {"another", saga_.key}};
  const auto found = tx->find(keys);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_FALSE(found[0]);
  EXPECT_EQ(found[1], saga_.id);
  EXPECT_FALSE(found[2]);
}

}  // namespace
}  // namespace sagad::postgres
