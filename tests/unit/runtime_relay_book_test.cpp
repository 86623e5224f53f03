#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/id.hpp"
#include "runtime/relay_book.hpp"

namespace sagad::runtime {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class RelayBookTest : public ::testing::Test {
 protected:
  ports::OutboxRow row() {
    ports::OutboxRow result;
    result.id = ids_.next(base::from_micros(1'000'000));
    return result;
  }

  base::IdGenerator ids_{1};
  RelayBook book_{4};
};

TEST_F(RelayBookTest, HandsOutWhatIsConfirmedOnce) {
  const auto first = row();
  const auto second = row();
  ASSERT_TRUE(book_.enter({first, second}));
  EXPECT_EQ(book_.in_flight(), 2U);
  book_.confirmed(first.id);
  EXPECT_THAT(book_.take_confirmed(10), ElementsAre(first.id));
  EXPECT_THAT(book_.take_confirmed(10), IsEmpty());
  EXPECT_EQ(book_.in_flight(), 1U);
}

TEST_F(RelayBookTest, TakesBackWhatWasNotDeleted) {
  const auto one = row();
  ASSERT_TRUE(book_.enter({one}));
  book_.confirmed(one.id);
  book_.give_back(book_.take_confirmed(10));
  EXPECT_TRUE(book_.confirmed_age());
  EXPECT_THAT(book_.take_confirmed(10), ElementsAre(one.id));
  EXPECT_FALSE(book_.confirmed_age());
}

TEST_F(RelayBookTest, ForgetsWhatIsRefused) {
  const auto one = row();
  ASSERT_TRUE(book_.enter({one}));
  book_.refused(one.id, "no", true);
  EXPECT_EQ(book_.in_flight(), 0U);
  EXPECT_THAT(book_.take_confirmed(10), IsEmpty());
}

TEST_F(RelayBookTest, IsBounded) {
  const auto first = row();
  const auto second = row();
  const auto third = row();
  ASSERT_TRUE(book_.enter({first, second, third}));
  EXPECT_FALSE(book_.enter({row(), row()})) << "five do not fit into four";
  EXPECT_EQ(book_.in_flight(), 3U) << "all or nothing";
  book_.confirmed(first.id);
  EXPECT_FALSE(book_.enter({row(), row()})) << "confirmed rows count until they are taken";
  book_.take_confirmed(10);
  EXPECT_TRUE(book_.enter({row(), row()}));
}

TEST_F(RelayBookTest, ASweepLeavesAloneWhatIsInFlightAndDeletesWhatIsConfirmed) {
  const auto in_flight = row();
  const auto confirmed = row();
  const auto leftover = row();
  ASSERT_TRUE(book_.enter({in_flight, confirmed}));
  book_.confirmed(confirmed.id);

  const auto fresh = book_.open_sweep({in_flight, confirmed, leftover});
  ASSERT_EQ(fresh.size(), 1U);
  EXPECT_EQ(fresh[0].id, leftover.id);
  book_.confirmed(in_flight.id);
  book_.confirmed(leftover.id);
  const auto swept = book_.close_sweep(1s);
  EXPECT_THAT(swept.confirmed, UnorderedElementsAre(confirmed.id, leftover.id));
  EXPECT_THAT(book_.take_confirmed(10), ElementsAre(in_flight.id)) << "of the hot path";
}

TEST_F(RelayBookTest, ASweepWaitsForItsRowsButNotForEver) {
  const auto prompt = row();
  const auto late = row();
  ASSERT_EQ(book_.open_sweep({prompt, late}).size(), 2U);
  std::thread bus([&] {
    std::this_thread::sleep_for(20ms);
    book_.confirmed(prompt.id);
  });
  const auto swept = book_.close_sweep(200ms);
  bus.join();
  EXPECT_THAT(swept.confirmed, ElementsAre(prompt.id));
  book_.confirmed(late.id);
  EXPECT_THAT(book_.take_confirmed(10), ElementsAre(late.id)) << "deleted later";
}

TEST_F(RelayBookTest, ASweepTellsWhatCanNeverBePublished) {
  const auto too_large = row();
  const auto refused = row();
  book_.open_sweep({too_large, refused});
  book_.refused(too_large.id, "too large", true);
  book_.refused(refused.id, "stream is full", false);
  const auto swept = book_.close_sweep(1s);
  ASSERT_EQ(swept.never.size(), 1U);
  EXPECT_EQ(swept.never.at(too_large.id), "too large");
  EXPECT_THAT(swept.confirmed, IsEmpty());
}

}  // namespace
}  // namespace sagad::runtime
