#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

#include "postgres/fixture.hpp"
#include "postgres/stores.hpp"

// The rows of external actions.

namespace sagad::postgres {
namespace {

using namespace std::chrono_literals;
using ports::ExecutionKey;
using ports::InboxRow;
using ports::Lease;
using saga::Outcome;

class ClaimsTest : public testing::Test {
 protected:
  /// Does it in a transaction of its own.
  template <typename Do>
  auto commit(Do what) {
    auto tx = store_->begin();
    auto result = what(tx->claims());
    tx->commit();
    return result;
  }
  bool claim(const Lease& lease, int round = 0) {
    return commit([&](ports::Claims& claims) { return claims.claim(key_, round, lease); });
  }
  bool take_over(const Lease& lease, int round = 0) {
    return commit([&](ports::Claims& claims) { return claims.take_over(key_, round, lease); });
  }
  std::optional<bool> answer(const Lease& lease, Outcome outcome, const std::string& text = "") {
    InboxRow row;
    row.key = key_;
    row.outcome = outcome;
    if (outcome == Outcome::kDone) {
      row.output = text;
    } else {
      row.code = text;
    }
    return commit([&](ports::Claims& claims) { return claims.answer(row, lease.token); });
  }
  bool release(const Lease& lease, bool in_doubt = false) {
    return commit(
        [&](ports::Claims& claims) { return claims.release(key_, lease.token, in_doubt); });
  }
  bool settle(int round = 0) {
    return commit([&](ports::Claims& claims) { return claims.settle(key_, round); });
  }
  InboxRow row() { return store_->begin()->find(std::vector{key_})[0].value(); }
  /// A claim whose holder has gone without a word.
  void lapse() {
    ASSERT_TRUE(claim({tests::new_id(), 1ms}));
    std::this_thread::sleep_for(5ms);
  }

  std::string database_ = tests::participant_database();
  std::unique_ptr<ports::ParticipantStore> store_ = make_participant_store(database_);
  const ExecutionKey key_ = tests::do_key(tests::new_id(), "pay");
  const Lease mine_{tests::new_id(), 60s};
  const Lease yours_{tests::new_id(), 60s};
};

TEST_F(ClaimsTest, OneHolderAtATime) {
  EXPECT_TRUE(claim(mine_));
  EXPECT_FALSE(claim(yours_));
  EXPECT_FALSE(take_over(yours_));
  EXPECT_FALSE(settle());
  const auto found = row();
  ASSERT_TRUE(found.claimed);
  EXPECT_GT(*found.claimed, 50s);
  EXPECT_LE(*found.claimed, 60s);
  EXPECT_FALSE(found.in_doubt);
}

TEST_F(ClaimsTest, OnlyTheHolderAnswers) {
  claim(mine_);
  EXPECT_EQ(answer(yours_, Outcome::kDone, "{}"), std::nullopt);
  EXPECT_EQ(answer(mine_, Outcome::kDone, R"({"n":1})"), false);
  const auto found = row();
  EXPECT_FALSE(found.claimed);
  EXPECT_EQ(found.outcome, Outcome::kDone);
  EXPECT_EQ(found.output, R"({"n":1})");
  EXPECT_EQ(answer(mine_, Outcome::kFailed, "late"), std::nullopt) << "answered once";
  EXPECT_FALSE(take_over(yours_, 5)) << "done is never replaced";
}

TEST_F(ClaimsTest, GivenBackItIsFreeAndNotInDoubt) {
  claim(mine_);
  EXPECT_TRUE(release(mine_));
  EXPECT_EQ(row().claimed, base::Duration{0});
  EXPECT_FALSE(claim(yours_)) << "it has a row";
  EXPECT_TRUE(take_over(yours_));
  EXPECT_FALSE(row().in_doubt);
  EXPECT_EQ(answer(yours_, Outcome::kFailed, "refused"), false);
  EXPECT_EQ(row().code, "refused");
}

TEST_F(ClaimsTest, ALeaseThatEndsWithoutAnAnswerLeavesADoubt) {
  lapse();
  EXPECT_EQ(row().claimed, base::Duration{0});
  EXPECT_TRUE(take_over(mine_));
  EXPECT_TRUE(row().in_doubt);
  EXPECT_TRUE(release(mine_)) << "a retry now does not clear what was before";
  EXPECT_TRUE(take_over(yours_));
  EXPECT_EQ(answer(yours_, Outcome::kFailed, "refused"), true);
  EXPECT_TRUE(row().in_doubt);
}

TEST_F(ClaimsTest, DoneEndsADoubt) {
  lapse();
  take_over(mine_);
  EXPECT_EQ(answer(mine_, Outcome::kDone, "{}"), false);
  EXPECT_FALSE(row().in_doubt);
}

TEST_F(ClaimsTest, AHolderWhoseLeaseHasEndedMayAnswerUntilAnotherTakesIt) {
  const Lease brief{tests::new_id(), 1ms};
  claim(brief);
  std::this_thread::sleep_for(5ms);
  EXPECT_EQ(answer(brief, Outcome::kLater, ""), false);
  EXPECT_EQ(row().outcome, Outcome::kLater);
}

TEST_F(ClaimsTest, SettlingBarsWhatNeverRanAndKeepsADoubt) {
  claim(mine_);
  release(mine_);
  EXPECT_TRUE(settle(2));
  EXPECT_EQ(row().outcome, Outcome::kBarred);
  EXPECT_EQ(row().round, 2);
  EXPECT_FALSE(take_over(yours_, 2));
  EXPECT_TRUE(take_over(yours_, 3)) << "barred gives way to a higher round";
  release(yours_, true);
  EXPECT_TRUE(settle(3));
  EXPECT_EQ(row().outcome, Outcome::kFailed);
  EXPECT_EQ(row().code, "in_doubt");
  EXPECT_TRUE(row().in_doubt);
  EXPECT_FALSE(settle(3)) << "no claim any more";
  EXPECT_TRUE(take_over(mine_, 4));
  EXPECT_TRUE(row().in_doubt) << "of the round before";
}

TEST_F(ClaimsTest, RenewingKeepsOthersOut) {
  const Lease brief{tests::new_id(), 30ms};
  claim(brief);
  EXPECT_TRUE(commit([&](ports::Claims& claims) {
    return claims.renew(key_, {brief.token, 60s});
  }));
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(take_over(mine_));
  EXPECT_FALSE(commit([&](ports::Claims& claims) { return claims.renew(key_, mine_); }));
}

TEST_F(ClaimsTest, OfManyWhoTakeOverOneWins) {
  lapse();
  std::vector<std::future<bool>> takers;
  for (int i = 0; i < 8; ++i) {
    takers.push_back(std::async(std::launch::async, [&] {
      const auto store = make_participant_store(database_);
      auto tx = store->begin();
      const bool taken = tx->claims().take_over(key_, 0, {tests::new_id(), 60s});
      tx->commit();
      return taken;
    }));
  }
  int winners = 0;
  for (auto& taker : takers) winners += taker.get() ? 1 : 0;
  EXPECT_EQ(winners, 1);
}

TEST_F(ClaimsTest, TransactionalRowsHaveNoneOfIt) {
  auto tx = store_->begin();
  tx->insert(std::vector{tests::done_row(key_.saga, "pay", "{}")});
  tx->commit();
  EXPECT_FALSE(row().claimed);
  EXPECT_FALSE(row().in_doubt);
  EXPECT_FALSE(claim(mine_));
  EXPECT_FALSE(take_over(mine_, 9));
  EXPECT_FALSE(settle(9));
}

}  // namespace
}  // namespace sagad::postgres
