#include <gtest/gtest.h>

#include <future>
#include <thread>

#include <sagad/transaction.hpp>

#include "postgres/fixture.hpp"
#include "postgres/settings.hpp"
#include "postgres/stores.hpp"
#include "support/servers.hpp"

namespace sagad::postgres {
namespace {

constexpr base::Duration kSoon{5'000};

class SessionTest : public testing::Test {
 protected:
  std::string setting(const std::string& target, const std::string& name) {
    return tests::Sql(target).value("SHOW " + name);
  }

  std::string database_ = tests::participant_database();
};

TEST_F(SessionTest, SettingsAreInTheConnectionString) {
  SessionSettings settings;
  settings.application_name = "it's \\ me";
  settings.lock_timeout = base::Duration{1'234};
  settings.idle_in_transaction_timeout = base::Duration{5'678};
  const std::string target = connection_string(database_, settings);
  EXPECT_EQ(setting(target, "application_name"), "it's \\ me");
  EXPECT_EQ(setting(target, "lock_timeout"), "1234ms");
  EXPECT_EQ(setting(target, "idle_in_transaction_session_timeout"), "5678ms");
  EXPECT_EQ(setting(target, "client_encoding"), "UTF8");
  EXPECT_EQ(setting(target, "jit"), "off");
  EXPECT_EQ(setting(target, "enable_seqscan"), "off");
  EXPECT_EQ(setting(target, "enable_hashjoin"), "off");
  settings.own_statements_only = false;
  EXPECT_EQ(setting(connection_string(database_, settings), "enable_hashjoin"), "on");
}

TEST_F(SessionTest, WhatTheTargetSaysItselfWins) {
  const std::string target =
      connection_string(database_ + (database_.find('?') == std::string::npos ? "?" : "&") +
                            "application_name=mine&options=-c%20lock_timeout%3D9s",
                        {});
  EXPECT_EQ(setting(target, "application_name"), "mine");
  EXPECT_EQ(setting(target, "lock_timeout"), "9s");
  EXPECT_EQ(setting(target, "jit"), "off");
}

TEST_F(SessionTest, ATargetThatCannotBeReadIsRefusedWithoutItsPassword) {
  try {
    connection_string("hots=localhost password=secret", {});
    FAIL() << "was not refused";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("hots"));
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("secret")));
  }
}

TEST_F(SessionTest, AHungTransactionIsEndedFromOutside) {
  auto store = make_participant_store(database_);
  auto tx = store->begin();
  tx->business();
  const ports::Session session = store->session();
  EXPECT_GT(session.pid, 0);
  auto terminator = make_session_terminator(database_);
  EXPECT_TRUE(terminator->terminate(session, kSoon));
  EXPECT_EQ(tests::Sql(database_).number("SELECT count(*) FROM pg_stat_activity WHERE pid = " +
                                         std::to_string(session.pid)),
            0);
  EXPECT_THROW(tx->commit(), ports::CommitUnknown);
  tx.reset();
  EXPECT_NO_THROW(store->begin()->business());
  EXPECT_NE(store->session().pid, session.pid);
}

TEST_F(SessionTest, ARunningStatementIsEndedToo) {
  auto store = make_participant_store(database_);
  const ports::Session session = store->session();
  auto hung = std::async(std::launch::async, [&] {
    try {
      store->begin()->business().exec_raw("SELECT pg_sleep(60)");
    } catch (const std::exception&) {
      return store->classify(std::current_exception()).kind;
    }
    return ports::Fault::Kind::kStep;
  });
  tests::Sql sql(database_);
  while (sql.number("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' "
                    "AND state = 'active'") == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(make_session_terminator(database_)->terminate(session, kSoon));
  EXPECT_EQ(hung.get(), ports::Fault::Kind::kUnavailable);
}

TEST_F(SessionTest, AnotherSessionWithTheSamePidIsLeftAlone) {
  auto store = make_participant_store(database_);
  ports::Session session = store->session();
  session.backend_start = "1.000000";
  EXPECT_TRUE(make_session_terminator(database_)->terminate(session, kSoon));  // gone long ago
  EXPECT_NO_THROW(store->begin()->commit());
}

TEST_F(SessionTest, AFrozenTransactionIsEndedByTheServer) {
  auto store = make_participant_store(database_, base::Duration{200});
  auto tx = store->begin();
  tx->business();
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_THROW(tx->lock_action("charge"), ports::Unavailable);
}

}  // namespace
}  // namespace sagad::postgres
