#include <gtest/gtest.h>

#include <future>
#include <thread>

#include <sagad/transaction.hpp>

#include "postgres/errors.hpp"
#include "postgres/fixture.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {
namespace {

using ports::ExecutionKey;
using ports::InboxRow;
using saga::Kind;
using saga::Outcome;
using tests::do_key;
using tests::done_row;

class ParticipantStoreTest : public testing::Test {
 protected:
  /// One row, in a transaction of its own.
  bool insert(const InboxRow& row) {
    auto tx = store_->begin();
    const bool inserted = tx->insert(std::vector{row})[0];
    tx->commit();
    return inserted;
  }
  void replace(const InboxRow& row) {
    auto tx = store_->begin();
    tx->replace(std::vector{row});
    tx->commit();
  }
  std::optional<InboxRow> find(const ExecutionKey& key) {
    return store_->begin()->find(std::vector{key})[0];
  }
  /// `done/1:{}`
  std::string recorded(const ExecutionKey& key) {
    const auto row = find(key);
    if (!row) return "nothing";
    return std::string(saga::to_string(row->outcome)) + "/" + std::to_string(row->round) + ":" +
           row->output + row->code;
  }

  std::string database_ = tests::participant_database();
  std::unique_ptr<ports::ParticipantStore> store_ = make_participant_store(database_);
  base::SagaId saga_ = tests::new_id();
};

InboxRow with(InboxRow row, Outcome outcome, int round, const std::string& code = "") {
  row.outcome = outcome;
  row.round = round;
  row.code = code;
  if (outcome != Outcome::kDone) row.output.clear();
  return row;
}

TEST_F(ParticipantStoreTest, AnswersAreKeptAsTheyAre) {
  InboxRow failed = with(done_row(saga_, "pay \"'\\", ""), Outcome::kFailed, 3, "no_funds");
  failed.key.item = 7;
  failed.key.kind = Kind::kUndo;
  failed.message = "line 1\nü {\"\\}";
  const InboxRow done = done_row(saga_, "pay", R"({"id":18446744073709551615,"s":"\"\\"})");
  const InboxRow barred = with(done_row(tests::new_id(), "pay", ""), Outcome::kBarred, 0);
  auto tx = store_->begin();
  EXPECT_THAT(tx->insert(std::vector{failed, done, barred}), testing::Each(true));
  tx->commit();

  const auto rows = store_->begin()->find(
      std::vector{barred.key, do_key(saga_, "nothing"), failed.key, done.key, done.key});
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0]->outcome, Outcome::kBarred);
  EXPECT_FALSE(rows[1].has_value());
  ASSERT_TRUE(rows[2].has_value());
  EXPECT_EQ(rows[2]->key, failed.key);
  EXPECT_EQ(rows[2]->round, 3);
  EXPECT_EQ(rows[2]->outcome, Outcome::kFailed);
  EXPECT_EQ(rows[2]->code, failed.code);
  EXPECT_EQ(rows[2]->message, failed.message);
  EXPECT_EQ(rows[3]->output, done.output);
  EXPECT_EQ(rows[4]->output, done.output);
}

TEST_F(ParticipantStoreTest, KeysDifferByEveryPart) {
  InboxRow row = done_row(saga_, "pay", "{}");
  EXPECT_TRUE(insert(row));
  row.key.kind = Kind::kUndo;
  EXPECT_TRUE(insert(row));
  row.key.item = 1;
  EXPECT_TRUE(insert(row));
  row.key.step = "pay2";
  EXPECT_TRUE(insert(row));
  EXPECT_FALSE(insert(row));
}

TEST_F(ParticipantStoreTest, InsertTellsInTheOrderOfItsRowsWhoLost) {
  const InboxRow taken = done_row(saga_, "b", "{}");
  insert(taken);
  auto tx = store_->begin();
  EXPECT_THAT(
      tx->insert(std::vector{done_row(saga_, "c", "{}"), taken, done_row(saga_, "a", "{}")}),
      testing::ElementsAre(true, false, true));
  EXPECT_TRUE(tx->insert({}).empty());
  EXPECT_TRUE(tx->find({}).empty());
}

// The statement waits for the other's commit, and only a second statement sees what it committed.
TEST_F(ParticipantStoreTest, AnInsertBesideAConcurrentCommitterLosesAndThenFindsTheAnswer) {
  auto first = store_->begin();
  first->insert(std::vector{done_row(saga_, "pay", R"({"by":"first"})")});
  auto other = std::async(std::launch::async, [&] {
    auto store = make_participant_store(database_);
    auto tx = store->begin();
    const InboxRow row = done_row(saga_, "pay", R"({"by":"second"})");
    const bool inserted = tx->insert(std::vector{row})[0];
    return (inserted ? "inserted " : "lost ") + tx->find(std::vector{row.key})[0]->output;
  });
  tests::Sql sql(database_);
  while (sql.number("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  first->commit();
  EXPECT_EQ(other.get(), R"(lost {"by":"first"})");
}

TEST_F(ParticipantStoreTest, RefusalsAndBarsGiveWayToAHigherRoundOnly) {
  const InboxRow done = done_row(saga_, "pay", "{}");
  insert(with(done, Outcome::kFailed, 1, "no"));
  EXPECT_THROW(replace(with(done, Outcome::kFailed, 1, "again")), ports::Conflict);
  EXPECT_EQ(recorded(done.key), "failed/1:no");
  replace(with(done, Outcome::kBarred, 2));
  EXPECT_EQ(recorded(done.key), "barred/2:");
  replace(with(done, Outcome::kDone, 3));
  EXPECT_EQ(recorded(done.key), "done/3:{}");
  EXPECT_THROW(replace(with(done, Outcome::kFailed, 4, "late")), ports::Conflict);
  EXPECT_EQ(recorded(done.key), "done/3:{}");
}

TEST_F(ParticipantStoreTest, OutboxRowsComeAndGoWithTheTransaction) {
  const ports::OutboxRow row = tests::sample_outbox_row(saga_);
  tests::Sql sql(database_);
  {
    auto tx = store_->begin();
    tx->append_outbox(std::vector{row});
  }
  EXPECT_EQ(sql.number("SELECT count(*) FROM sagad.outbox"), 0);
  auto tx = store_->begin();
  tx->append_outbox(std::vector{row});
  tx->commit();
  EXPECT_EQ(sql.value("SELECT concat_ws(' ', id, saga_id, subject, payload) FROM sagad.outbox"),
            row.id.str() + " " + saga_.str() + R"( cmd.pay.do.order-pay {"amount":100})");
  tx = store_->begin();
  tx->delete_outbox(std::vector{row.id});
  tx->commit();
  EXPECT_EQ(sql.number("SELECT count(*) FROM sagad.outbox"), 0);
}

// As a worker does it: the answers, the results and what is confirmed go in one statement.
TEST_F(ParticipantStoreTest, TheOutboxGoesWithTheInboxRows) {
  const ports::OutboxRow old = tests::sample_outbox_row(saga_);
  const InboxRow row = done_row(saga_, "it's \"odd\" {\\}, NULL", "{}");
  auto tx = store_->begin();
  tx->append_outbox(std::vector{old});
  tx->commit();
  const ports::OutboxRow fresh = tests::sample_outbox_row(tests::new_id());
  for (const bool first : {true, false}) {
    tx = store_->begin();
    EXPECT_EQ(tx->find(std::vector{row.key})[0].has_value(), !first);
    tx->append_outbox(std::vector{first ? fresh : tests::sample_outbox_row(saga_)});
    tx->delete_outbox(std::vector{old.id});
    EXPECT_EQ(tx->insert(std::vector{row})[0], first);
    if (first) tx->commit();
  }
  tx.reset();
  tests::Sql sql(database_);
  EXPECT_EQ(sql.value("SELECT string_agg(saga_id::text, ' ') FROM sagad.outbox"), fresh.saga.str());
}

TEST_F(ParticipantStoreTest, AnActionLockIsForOneTransactionAtATime) {
  auto first = store_->begin();
  first->lock_action("charge");
  auto other = make_participant_store(database_);
  other->begin()->lock_action("refund");  // another action
  EXPECT_THROW(other->begin()->lock_action("charge"), ports::Unavailable);
  first->commit();
  EXPECT_NO_THROW(other->begin()->lock_action("charge"));
}

TEST_F(ParticipantStoreTest, StartsAreCountedInTransactionsOfTheirOwn) {
  const ExecutionKey key = do_key(saga_, "pay");
  ExecutionKey undo = key;
  undo.kind = Kind::kUndo;
  EXPECT_EQ(store_->record_start(key), 1);
  EXPECT_EQ(store_->record_start(key), 2);
  EXPECT_EQ(store_->record_start(undo), 1);
  EXPECT_EQ(make_participant_store(database_)->record_start(key), 3);
  store_->clear_starts(std::vector{key});
  EXPECT_EQ(store_->record_start(key), 1);
  store_->clear_starts(std::vector{key});
  store_->clear_starts(std::vector{key});
  EXPECT_EQ(tests::Sql(database_).number("SELECT count(*) FROM sagad.poison_start"), 1);
}

TEST_F(ParticipantStoreTest, FaultsAreToldApart) {
  auto kind_of = [&](const std::string& statement) {
    try {
      store_->begin()->business().exec_raw(statement);
    } catch (const std::exception&) {
      const ports::Fault fault = store_->classify(std::current_exception());
      return std::to_string(static_cast<int>(fault.kind)) + " " + fault.code;
    }
    return std::string("no fault");
  };
  auto raise = [](const std::string& state) {
    return "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '" + state + "'; END $$";
  };
  const std::string step = std::to_string(static_cast<int>(ports::Fault::Kind::kStep)) + " ";
  const std::string conflict =
      std::to_string(static_cast<int>(ports::Fault::Kind::kConflict)) + " ";
  const std::string unavailable =
      std::to_string(static_cast<int>(ports::Fault::Kind::kUnavailable)) + " ";
  EXPECT_EQ(kind_of("SELECT 1/0"), step + "22012");
  EXPECT_EQ(kind_of("SELECT * FROM nowhere"), step + "42P01");
  EXPECT_EQ(kind_of(raise("P0001")), step + "P0001");
  EXPECT_EQ(kind_of(raise("23505")), step + "23505");
  EXPECT_EQ(kind_of(raise("40P01")), conflict + "40P01");
  EXPECT_EQ(kind_of(raise("40001")), conflict + "40001");
  for (const char* state : {"08006", "53100", "53200", "57014", "57P03", "58030", "55P03"}) {
    EXPECT_THAT(kind_of(raise(state)), testing::StartsWith(unavailable)) << state;
  }
  EXPECT_EQ(kind_of("SELECT pg_terminate_backend(pg_backend_pid())").substr(0, 2), unavailable);
  const auto fault = store_->classify(std::make_exception_ptr(std::runtime_error("boom")));
  EXPECT_EQ(fault.kind, ports::Fault::Kind::kStep);
  EXPECT_EQ(fault.code, "exception");
  EXPECT_EQ(fault.message, "boom");
  EXPECT_EQ(store_->classify(std::make_exception_ptr(42)).code, "exception");
}

}  // namespace
}  // namespace sagad::postgres
