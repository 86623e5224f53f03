#include "ports/dead_letter_store.hpp"

#include <gtest/gtest.h>

#include "postgres/fixture.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {
namespace {

using ports::DeadLetterState;

class DeadLetterStoreTest : public testing::Test {
 protected:
  void append(const std::vector<ports::DeadLetter>& letters) {
    auto store = make_engine_store(database_);
    auto transaction = store->begin();
    transaction->append_dead_letters(letters);
    transaction->commit();
  }
  static ports::DeadLetter letter(const std::string& payload, const std::string& reason = "poison",
                                  std::optional<base::SagaId> saga = {}) {
    return {saga, "pay", "cmd.pay.do.order-pay", reason, "it crashed", payload};
  }
  /// `payload of the oldest first`
  std::string ids(const ports::DeadLetterFilter& filter, int limit = 10,
                  std::optional<std::int64_t> before = {}) {
    std::string text;
    for (const auto& one : letters_->list(filter, limit, before)) text += std::to_string(one.id);
    return text;
  }

  std::string database_ = tests::engine_database();
  std::unique_ptr<ports::DeadLetterStore> letters_ = make_dead_letter_store(database_);
};

TEST_F(DeadLetterStoreTest, KeepsWhatItIsGiven) {
  const auto saga = tests::new_id();
  append({letter("{\"a\":1}", "poison", saga)});
  const auto stored = letters_->get(1);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->id, 1);
  EXPECT_EQ(stored->state, DeadLetterState::kOpen);
  EXPECT_EQ(stored->times, 1);
  EXPECT_EQ(stored->at, stored->last_at);
  EXPECT_EQ(stored->letter.saga, saga);
  EXPECT_EQ(stored->letter.participant, "pay");
  EXPECT_EQ(stored->letter.subject, "cmd.pay.do.order-pay");
  EXPECT_EQ(stored->letter.reason, "poison");
  EXPECT_EQ(stored->letter.message, "it crashed");
  EXPECT_EQ(stored->letter.payload, "{\"a\":1}");
  EXPECT_FALSE(stored->handled);
  EXPECT_FALSE(letters_->get(2));
}

TEST_F(DeadLetterStoreTest, OneThatArrivesTwiceIsStoredOnce) {
  append({letter("a"), letter("b"), letter("a")});
  append({letter("a")});
  EXPECT_EQ(letters_->list({}, 10, {}).size(), 2U);
  EXPECT_EQ(tests::Sql(database_).value("SELECT string_agg(payload || times, ' ' ORDER BY payload) "
                                        "FROM sagad.dead_letter"),
            "a3 b1");
  append({letter("a", "unreadable"), letter("a", "poison", tests::new_id())});
  EXPECT_EQ(letters_->list({}, 10, {}).size(), 4U) << "another reason, another saga";
}

TEST_F(DeadLetterStoreTest, ListsNewestFirstByEveryFilterWithoutPayloads) {
  const auto saga = tests::new_id();
  append({letter("1")});
  append({letter("2", "unreadable")});
  append({letter("3", "poison", saga)});
  EXPECT_TRUE(letters_->handle(2, DeadLetterState::kDiscarded, "", ""));
  EXPECT_EQ(ids({}), "321");
  EXPECT_EQ(ids({.state = DeadLetterState::kOpen}), "31");
  EXPECT_EQ(ids({.state = DeadLetterState::kDiscarded}), "2");
  EXPECT_EQ(ids({.reason = "poison"}), "31");
  EXPECT_EQ(ids({.saga = saga}), "3");
  EXPECT_EQ(ids({.participant = "order"}), "");
  EXPECT_EQ(ids({}, 2), "32");
  EXPECT_EQ(ids({}, 2, 2), "1");
  EXPECT_EQ(ids({.state = DeadLetterState::kOpen}, 10, 3), "1");
  EXPECT_EQ(letters_->list({}, 10, {}).front().letter.payload, "");

  EXPECT_EQ(letters_->oldest({}, 10), (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(letters_->oldest({.saga = saga}, 10), (std::vector<std::int64_t>{3}));
  EXPECT_EQ(letters_->oldest({}, 1), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(letters_->count({}), 2);
  EXPECT_EQ(letters_->count({.reason = "unreadable"}), 0);
}

TEST_F(DeadLetterStoreTest, WhoHandledItIsKeptAndTheFirstOneWins) {
  append({letter("1")});
  EXPECT_TRUE(letters_->handle(1, DeadLetterState::kDiscarded, "ann", "a test"));
  EXPECT_FALSE(letters_->handle(1, DeadLetterState::kRedriven, "bob", "late"));
  EXPECT_FALSE(letters_->handle(2, DeadLetterState::kRedriven, "bob", "no such letter"));
  const auto stored = letters_->get(1);
  EXPECT_EQ(stored->state, DeadLetterState::kDiscarded);
  ASSERT_TRUE(stored->handled);
  EXPECT_EQ(stored->handled->by, "ann");
  EXPECT_EQ(stored->handled->reason, "a test");
  EXPECT_GE(stored->handled->at, stored->at);
}

TEST_F(DeadLetterStoreTest, ARedrivenOneThatComesBackIsOpenAgainADiscardedOneIsNot) {
  append({letter("1")});
  append({letter("2")});
  letters_->handle(1, DeadLetterState::kRedriven, "ann", "mended");
  letters_->handle(2, DeadLetterState::kDiscarded, "ann", "known");
  append({letter("1"), letter("2")});
  EXPECT_EQ(letters_->get(1)->state, DeadLetterState::kOpen);
  EXPECT_FALSE(letters_->get(1)->handled);
  EXPECT_EQ(letters_->get(1)->times, 2);
  EXPECT_EQ(letters_->get(2)->state, DeadLetterState::kDiscarded);
  EXPECT_EQ(letters_->get(2)->handled->reason, "known");
}

TEST_F(DeadLetterStoreTest, WhatAnOlderReleaseStoresIsALetterToo) {
  tests::Sql sql(database_);
  for (int i = 0; i < 2; ++i) {
    sql("INSERT INTO sagad.dead_letter (participant, subject, reason, message, payload) "
        "VALUES ('pay', 's', 'poison', 'm', 'p')");
  }
  EXPECT_EQ(letters_->count({}), 2);
}

}  // namespace
}  // namespace sagad::postgres
