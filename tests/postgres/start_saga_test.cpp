#include <gtest/gtest.h>

#include "base/id.hpp"
#include "postgres/fixture.hpp"

namespace sagad::postgres {
namespace {

/// The function is the same in both databases.
class StartSagaTest : public testing::TestWithParam<bool> {
 protected:
  std::string refusal(const std::string& arguments) {
    try {
      sql_("SELECT sagad.start_saga(" + arguments + ")");
      return "";
    } catch (const pqxx::sql_error& error) {
      return error.what();
    }
  }

  std::string database_ = GetParam() ? tests::engine_database() : tests::participant_database();
  tests::Sql sql_{database_};
};

TEST_P(StartSagaTest, WritesOneStartIntoTheOutboxOfTheCallersTransaction) {
  sql_("BEGIN");
  const std::string id = sql_.value(
      R"(SELECT sagad.start_saga('order-pay', '{"n": 18446744073709551615, "s": "ü\"\\"}', 'k"1'))");
  EXPECT_EQ(tests::Sql(database_).number("SELECT count(*) FROM sagad.outbox"), 0);
  sql_("COMMIT");
  const pqxx::result rows = sql_("SELECT id, saga_id, subject, payload, sent_at FROM sagad.outbox");
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0][1].c_str(), id);
  EXPECT_STREQ(rows[0][2].c_str(), "start.order-pay");
  const auto payload = boost::json::parse(rows[0][3].c_str()).as_object();
  EXPECT_EQ(payload.at("id").as_string(), id);
  EXPECT_EQ(payload.at("definition").as_string(), "order-pay");
  EXPECT_EQ(payload.at("key").as_string(), "k\"1");
  EXPECT_EQ(payload.at("input").at("n").as_uint64(), 18446744073709551615U);
  EXPECT_EQ(payload.at("input").at("s").as_string(), "ü\"\\");
  EXPECT_EQ(sql_.value("SELECT abs(extract(epoch FROM clock_timestamp() - sent_at)) < 60 "
                       "FROM sagad.outbox"),
            "t");
  EXPECT_EQ(base::SagaId::parse(id).bytes()[6] >> 4, 7);
}

TEST_P(StartSagaTest, ARollbackTakesItBack) {
  sql_("BEGIN");
  sql_("SELECT sagad.start_saga('order-pay', '{}', 'k')");
  sql_("ROLLBACK");
  EXPECT_EQ(sql_.number("SELECT count(*) FROM sagad.outbox"), 0);
}

TEST_P(StartSagaTest, RefusesWhatCouldNeverStart) {
  EXPECT_THAT(refusal("'order-pay', '{}', NULL"), testing::HasSubstr("a key of 1 to 500"));
  EXPECT_THAT(refusal("'order-pay', '{}', ''"), testing::HasSubstr("a key of 1 to 500"));
  EXPECT_THAT(refusal("'order-pay', '{}', repeat('x', 501)"), testing::HasSubstr("a key of 1"));
  EXPECT_THAT(refusal("'order pay', '{}', 'k'"), testing::HasSubstr("definition 'order pay'"));
  EXPECT_THAT(refusal("'order.*', '{}', 'k'"), testing::HasSubstr("definition 'order.*'"));
  EXPECT_THAT(refusal("NULL, '{}', 'k'"), testing::HasSubstr("definition NULL"));
  EXPECT_THAT(refusal("'order-pay', NULL, 'k'"), testing::HasSubstr("input is NULL"));
  EXPECT_EQ(sql_.number("SELECT count(*) FROM sagad.outbox"), 0);
}

TEST_P(StartSagaTest, UsageOfTheSchemaIsAllThatACallerNeeds) {
  sql_(
      "DO $$ BEGIN CREATE ROLE start_saga_app; "
      "EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  sql_("GRANT USAGE ON SCHEMA sagad TO start_saga_app");
  sql_("SET ROLE start_saga_app");
  EXPECT_EQ(refusal("'order-pay', '{}', 'k'"), "");
  EXPECT_THROW(sql_("SELECT * FROM sagad.outbox"), pqxx::insufficient_privilege);
  sql_("RESET ROLE");
  EXPECT_EQ(sql_.number("SELECT count(*) FROM sagad.outbox"), 1);
}

INSTANTIATE_TEST_SUITE_P(Databases, StartSagaTest, testing::Values(true, false),
                         [](const auto& which) { return which.param ? "Engine" : "Participant"; });

}  // namespace
}  // namespace sagad::postgres
