#include <gtest/gtest.h>

#include "postgres/fixture.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {
namespace {

using ports::OutboxId;
using ports::OutboxRow;

constexpr base::Duration kAny{0};

std::vector<OutboxId> ids_of(const std::vector<OutboxRow>& rows) {
  std::vector<OutboxId> ids;
  for (const OutboxRow& row : rows) ids.push_back(row.id);
  return ids;
}

/// The same table in both databases.
class OutboxStoreTest : public testing::TestWithParam<bool> {
 protected:
  std::vector<OutboxRow> append(std::size_t count) {
    std::vector<OutboxRow> rows;
    for (std::size_t i = 0; i < count; ++i)
      rows.push_back(tests::sample_outbox_row(tests::new_id()));
    if (GetParam()) {
      auto store = make_engine_store(database_);
      auto tx = store->begin();
      tx->append_outbox(rows);
      tx->commit();
    } else {
      auto store = make_participant_store(database_);
      auto tx = store->begin();
      tx->append_outbox(rows);
      tx->commit();
    }
    return rows;
  }
  /// Sweeps, confirms all, and returns what was found.
  std::vector<OutboxId> sweep(std::size_t limit = 100) {
    std::vector<OutboxId> found;
    store_->sweep(kAny, limit, [&](std::vector<OutboxRow> rows) { return found = ids_of(rows); });
    return found;
  }

  std::string database_ = GetParam() ? tests::engine_database() : tests::participant_database();
  std::unique_ptr<ports::OutboxStore> store_ = make_outbox_store(database_, "test");
};

TEST_P(OutboxStoreTest, ASweepPublishesWholeRowsAndDeletesTheConfirmed) {
  const auto rows = append(3);
  std::vector<OutboxRow> seen;
  EXPECT_EQ(store_->sweep(kAny, 100,
                          [&](std::vector<OutboxRow> found) {
                            seen = found;
                            return std::vector<OutboxId>{found[0].id, found[2].id};
                          }),
            3U);
  ASSERT_EQ(seen.size(), 3U);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].id, rows[i].id);
    EXPECT_EQ(seen[i].saga, rows[i].saga);
    EXPECT_EQ(seen[i].subject, rows[i].subject);
    EXPECT_EQ(seen[i].payload, rows[i].payload);
    EXPECT_EQ(seen[i].sent_at, rows[i].sent_at);
  }
  EXPECT_THAT(sweep(), testing::ElementsAre(rows[1].id));
  EXPECT_THAT(sweep(), testing::IsEmpty());
}

TEST_P(OutboxStoreTest, YoungRowsAreLeftToTheHotPath) {
  append(1);
  EXPECT_EQ(store_->sweep(base::Duration{60'000}, 100,
                          [](std::vector<OutboxRow>) { return std::vector<OutboxId>{}; }),
            0U);
}

TEST_P(OutboxStoreTest, NoMoreThanTheLimit) {
  append(5);
  EXPECT_EQ(sweep(2).size(), 2U);
  EXPECT_EQ(sweep(2).size(), 2U);
  EXPECT_EQ(sweep(2).size(), 1U);
}

// A row with a small id that commits late must not be passed over.
TEST_P(OutboxStoreTest, RowsAreFoundWhateverTheOrderOfTheirCommits) {
  const OutboxRow late = tests::sample_outbox_row(tests::new_id());
  auto engine = make_engine_store(database_);
  auto participant = make_participant_store(database_);
  std::unique_ptr<ports::EngineTransaction> engine_tx;
  std::unique_ptr<ports::ParticipantTransaction> participant_tx;
  if (GetParam()) {
    engine_tx = engine->begin();
    engine_tx->append_outbox(std::vector{late});
  } else {
    participant_tx = participant->begin();
    participant_tx->append_outbox(std::vector{late});
  }
  const auto early = append(1);
  EXPECT_THAT(sweep(), testing::ElementsAre(early[0].id));
  if (engine_tx) engine_tx->commit();
  if (participant_tx) participant_tx->commit();
  EXPECT_THAT(sweep(), testing::ElementsAre(late.id));
}

TEST_P(OutboxStoreTest, TwoRelaysShareTheRows) {
  const auto rows = append(4);
  auto other = make_outbox_store(database_, "other");
  std::vector<OutboxId> others;
  store_->sweep(kAny, 2, [&](std::vector<OutboxRow> mine) {
    other->sweep(kAny, 100, [&](std::vector<OutboxRow> found) { return others = ids_of(found); });
    return ids_of(mine);
  });
  EXPECT_THAT(others, testing::ElementsAre(rows[2].id, rows[3].id));
  EXPECT_THAT(sweep(), testing::IsEmpty());
}

TEST_P(OutboxStoreTest, APublishThatThrowsKeepsTheRows) {
  const auto rows = append(1);
  EXPECT_THROW(store_->sweep(kAny, 100,
                             [](std::vector<OutboxRow>) -> std::vector<OutboxId> {
                               throw std::runtime_error("the bus fell over");
                             }),
               std::runtime_error);
  EXPECT_THAT(sweep(), testing::ElementsAre(rows[0].id));
}

TEST_P(OutboxStoreTest, RemoveIgnoresUnknownIds) {
  const auto rows = append(2);
  store_->remove(std::vector<OutboxId>{rows[0].id, tests::new_id()});
  store_->remove({});
  EXPECT_THAT(sweep(), testing::ElementsAre(rows[1].id));
}

TEST_P(OutboxStoreTest, DepthIsRowsAndTheAgeOfTheOldest) {
  EXPECT_EQ(store_->depth().rows, 0);
  EXPECT_EQ(store_->depth().oldest.count(), 0);
  append(2);
  tests::Sql{database_}("UPDATE sagad.outbox SET written_at = now() - interval '10 minutes'");
  const auto depth = store_->depth();
  EXPECT_EQ(depth.rows, 2);
  EXPECT_GE(depth.oldest, std::chrono::minutes(10));
  EXPECT_LT(depth.oldest, std::chrono::minutes(11));
}

INSTANTIATE_TEST_SUITE_P(Databases, OutboxStoreTest, testing::Values(true, false),
                         [](const auto& which) { return which.param ? "Engine" : "Participant"; });

}  // namespace
}  // namespace sagad::postgres
