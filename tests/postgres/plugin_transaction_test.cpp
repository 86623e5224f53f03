// What plugins do to the transaction that they share with the engine.
#include <gtest/gtest.h>

#include <sagad/transaction.hpp>

#include "postgres/errors.hpp"
#include "postgres/fixture.hpp"
#include "postgres/stores.hpp"

namespace sagad {

/// Ends the transaction as SQL would that the SDK does not see through.
struct TransactionPeer {
  static void end(Transaction& transaction, const std::string& sql) { transaction.tx_.exec(sql); }
};

}  // namespace sagad

namespace sagad::postgres {
namespace {

using tests::done_row;

class PluginTransactionTest : public testing::Test {
 protected:
  void SetUp() override { sql_("CREATE TABLE book (id int PRIMARY KEY)"); }

  static void write(ports::ParticipantTransaction& tx, int id) {
    tx.business().exec("INSERT INTO book (id) VALUES ($1)", id);
  }
  std::string books() {
    return sql_.value("SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '') FROM book");
  }
  long inbox() { return sql_.number("SELECT count(*) FROM sagad.inbox"); }
  long outbox() { return sql_.number("SELECT count(*) FROM sagad.outbox"); }

  std::string database_ = tests::participant_database();
  tests::Sql sql_{database_};
  std::unique_ptr<ports::ParticipantStore> store_ = make_participant_store(database_);
  base::SagaId saga_ = tests::new_id();
};

TEST_F(PluginTransactionTest, BusinessAndAnswerCommitTogether) {
  auto tx = store_->begin();
  write(*tx, 1);
  tx->insert(std::vector{done_row(saga_, "pay", "{}")});
  tx->append_outbox(std::vector{tests::sample_outbox_row(saga_)});
  EXPECT_EQ(books(), "");
  tx->commit();
  EXPECT_EQ(books(), "1");
  EXPECT_EQ(inbox(), 1);
  EXPECT_EQ(outbox(), 1);
}

TEST_F(PluginTransactionTest, OrNotAtAll) {
  {
    auto tx = store_->begin();
    write(*tx, 1);
    tx->insert(std::vector{done_row(saga_, "pay", "{}")});
  }
  EXPECT_EQ(books(), "");
  EXPECT_EQ(inbox(), 0);
}

TEST_F(PluginTransactionTest, StatementsOfAPluginStayPreparedOverTransactions) {
  for (int id = 0; id < 3; ++id) {
    auto tx = store_->begin();
    write(*tx, id);
    EXPECT_EQ(tx->business()
                  .exec_raw("SELECT 1 FROM pg_prepared_statements "
                            "WHERE statement LIKE 'INSERT INTO book%'")
                  .size(),
              1);
    tx->commit();
  }
  EXPECT_EQ(books(), "0 1 2");
}

/// What a plugin says that it must not.
class EndedTransactionTest : public PluginTransactionTest,
                             public testing::WithParamInterface<const char*> {};

TEST_P(EndedTransactionTest, NoAnswerIsWrittenAfterIt) {
  auto tx = store_->begin();
  TransactionPeer::end(tx->business(), GetParam());
  EXPECT_THROW(tx->insert(std::vector{done_row(saga_, "pay", "{}")}), ports::TransactionEnded);
  tx.reset();
  EXPECT_EQ(inbox(), 0);
}

TEST_P(EndedTransactionTest, NoMessageIsWrittenAfterIt) {
  auto tx = store_->begin();
  const auto row = tests::sample_outbox_row(saga_);
  tx->append_outbox(std::vector{row});
  TransactionPeer::end(tx->business(), GetParam());
  EXPECT_THROW(tx->append_outbox(std::vector{tests::sample_outbox_row(saga_)}),
               ports::TransactionEnded);
  tx.reset();
  EXPECT_LE(outbox(), 1);  // the first one, if the plugin said COMMIT
}

TEST_P(EndedTransactionTest, NothingIsDeletedOrReplacedAfterIt) {
  const auto row = tests::sample_outbox_row(saga_);
  auto refused = done_row(saga_, "pay", "");
  refused.outcome = saga::Outcome::kFailed;
  auto tx = store_->begin();
  tx->append_outbox(std::vector{row});
  tx->insert(std::vector{refused});
  tx->commit();
  tx = store_->begin();
  TransactionPeer::end(tx->business(), GetParam());
  tx->delete_outbox(std::vector{row.id});
  EXPECT_THROW(tx->commit(), ports::TransactionEnded);
  tx.reset();
  tx = store_->begin();
  TransactionPeer::end(tx->business(), GetParam());
  refused.round = 1;
  EXPECT_THROW(tx->replace(std::vector{refused}), ports::TransactionEnded);
  tx.reset();
  EXPECT_EQ(outbox(), 1);
  EXPECT_EQ(sql_.value("SELECT round FROM sagad.inbox"), "0");
}

TEST_P(EndedTransactionTest, TheCommitFindsItOut) {
  auto tx = store_->begin();
  write(*tx, 1);
  tx->insert(std::vector{done_row(saga_, "pay", "{}")});
  TransactionPeer::end(tx->business(), GetParam());
  EXPECT_THROW(tx->commit(), ports::TransactionEnded);
  // The store goes on.
  tx.reset();
  tx = store_->begin();
  write(*tx, 2);
  tx->commit();
  EXPECT_THAT(books(), testing::AnyOf("2", "1 2"));
}

TEST_P(EndedTransactionTest, TheSavepointFindsItOut) {
  auto tx = store_->begin();
  tx->savepoint();
  TransactionPeer::end(tx->business(), GetParam());
  EXPECT_THROW(tx->release(), ports::TransactionEnded);
  tx.reset();
  tx = store_->begin();
  tx->savepoint();
  TransactionPeer::end(tx->business(), GetParam());
  EXPECT_THROW(tx->rollback_to_savepoint(), ports::TransactionEnded);
}

INSTANTIATE_TEST_SUITE_P(Words, EndedTransactionTest,
                         testing::Values("COMMIT", "ROLLBACK", "COMMIT; BEGIN", "ROLLBACK; BEGIN",
                                         "COMMIT AND CHAIN", "ROLLBACK AND CHAIN"),
                         [](const auto& words) {
                           std::string name;
                           for (const char c : std::string(words.param)) {
                             if (std::isalpha(static_cast<unsigned char>(c)) != 0) name += c;
                           }
                           return name;
                         });

TEST_F(PluginTransactionTest, ASavepointUndoesOneStepOnly) {
  auto tx = store_->begin();
  tx->savepoint();
  write(*tx, 1);
  tx->release();
  tx->savepoint();
  write(*tx, 2);
  EXPECT_THROW(write(*tx, 1), pqxx::unique_violation);
  tx->rollback_to_savepoint();
  tx->savepoint();
  write(*tx, 3);
  tx->release();
  tx->insert(std::vector{done_row(saga_, "pay", "{}")});
  tx->commit();
  EXPECT_EQ(books(), "1 3");
  EXPECT_EQ(inbox(), 1);
}

TEST_F(PluginTransactionTest, ADeferredConstraintFailsAtTheReleaseOfItsStep) {
  sql_("CREATE TABLE page (book int REFERENCES book DEFERRABLE INITIALLY DEFERRED)");
  auto tx = store_->begin();
  tx->savepoint();
  write(*tx, 1);
  tx->release();
  tx->savepoint();
  tx->business().exec_raw("INSERT INTO page VALUES (99)");
  try {
    tx->release();
    FAIL() << "was not refused";
  } catch (const std::exception&) {
    const auto fault = store_->classify(std::current_exception());
    EXPECT_EQ(fault.kind, ports::Fault::Kind::kStep);
    EXPECT_EQ(fault.code, "23503");
  }
  tx->rollback_to_savepoint();
  tx->commit();
  EXPECT_EQ(books(), "1");
}

TEST_F(PluginTransactionTest, ADeferredConstraintFailsTheCommitAndIsTheStepsOwn) {
  sql_("CREATE TABLE page (book int REFERENCES book DEFERRABLE INITIALLY DEFERRED)");
  auto tx = store_->begin();
  tx->business().exec_raw("INSERT INTO page VALUES (99)");
  try {
    tx->commit();
    FAIL() << "was not refused";
  } catch (const std::exception&) {
    const auto fault = store_->classify(std::current_exception());
    EXPECT_EQ(fault.kind, ports::Fault::Kind::kStep);
    EXPECT_EQ(fault.code, "23503");
  }
}

TEST_F(PluginTransactionTest, TheNextStepsConstraintsAreAsDeferredAsTheFirsts) {
  sql_("CREATE TABLE page (book int REFERENCES book DEFERRABLE INITIALLY DEFERRED)");
  auto tx = store_->begin();
  for (int id = 1; id <= 2; ++id) {
    tx->savepoint();
    tx->business().exec("INSERT INTO page VALUES ($1)", id);
    write(*tx, id);
    tx->release();
  }
  tx->commit();
  EXPECT_EQ(books(), "1 2");
}

// A plugin that swallows the loss of its connection and answers `done`.
TEST_F(PluginTransactionTest, ASwallowedLossOfTheConnectionDoesNotPassForACommit) {
  auto tx = store_->begin();
  write(*tx, 1);
  EXPECT_ANY_THROW(tx->business().exec_raw("SELECT pg_terminate_backend(pg_backend_pid())"));
  EXPECT_THROW(store_->session(), ports::Unavailable);
  EXPECT_THROW(tx->insert(std::vector{done_row(saga_, "pay", "{}")}), ports::Unavailable);
  EXPECT_THROW(tx->commit(), ports::Unavailable);
  tx.reset();
  EXPECT_NO_THROW(store_->begin()->business());
  EXPECT_EQ(books(), "");
}

TEST_F(PluginTransactionTest, OneTransactionAtATime) {
  auto tx = store_->begin();
  tx->business();
  EXPECT_THROW(store_->begin()->business(), std::logic_error);
  tx->commit();
  EXPECT_NO_THROW(store_->begin()->business());
}

// COMMIT of a transaction that failed is a ROLLBACK, and no error: it must not pass for a commit.
TEST_F(PluginTransactionTest, ASwallowedErrorDoesNotPassForACommit) {
  auto tx = store_->begin();
  write(*tx, 1);
  EXPECT_THROW(write(*tx, 1), pqxx::unique_violation);
  EXPECT_THROW(tx->commit(), QueryError);
  EXPECT_EQ(books(), "");
}

}  // namespace
}  // namespace sagad::postgres
