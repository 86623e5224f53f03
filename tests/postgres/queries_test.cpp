#include "postgres/queries.gen.hpp"

#include <gtest/gtest.h>

#include <regex>

#include "postgres/fixture.hpp"
#include "postgres/migrate.hpp"

namespace sagad::postgres {
namespace {

/// Which of the named queries the server refuses to prepare.
std::vector<std::string> refused(const std::string& target) {
  std::vector<std::string> names;
  for (const auto& query : queries::kAllQueries) {
    pqxx::connection connection(target);
    connection.prepare("q", std::string(query.sql));
    try {
#if PQXX_VERSION_MAJOR < 7
      connection.prepare_now("q");
#endif
    } catch (const pqxx::sql_error&) {
      names.emplace_back(query.name);
    }
  }
  return names;
}

// Every query belongs to the engine's database, to a participant's, or to both.
TEST(Queries, EveryOnePreparesOnItsDatabase) {
  const auto refused_by_engine = refused(tests::engine_database());
  const auto refused_by_participant = refused(tests::participant_database());
  std::vector<std::string> refused_by_both;
  std::set_intersection(refused_by_engine.begin(), refused_by_engine.end(),
                        refused_by_participant.begin(), refused_by_participant.end(),
                        std::back_inserter(refused_by_both));
  EXPECT_THAT(refused_by_both, testing::IsEmpty());
  EXPECT_THAT(refused_by_engine,
              testing::UnorderedElementsAre(
                  "WorkGuard", "WorkBegin", "WorkWrite", "InboxFind", "InboxInsert", "InboxReplace",
                  "WorkOutboxInsert", "WorkOutboxDelete", "StartRecord", "StartMark", "StartClear",
                  "WorkStartClear", "ClaimInsert", "ClaimTake", "ClaimAnswer", "ClaimRelease",
                  "ClaimSettle", "ClaimRenew"));
}

TEST(Schema, EveryTableAndViewIsCommented) {
  const std::string uncommented =
      "SELECT coalesce(string_agg(c.relname, ' '), '') FROM pg_class c "
      "WHERE c.relnamespace = 'sagad'::regnamespace AND c.relkind IN ('r', 'v') "
      "AND obj_description(c.oid) IS NULL";
  for (const std::string& database : {tests::engine_database(), tests::participant_database()}) {
    EXPECT_EQ(tests::Sql(database).value(uncommented), "");
  }
}

TEST(Schema, EveryConstraintHasANameOfOurs) {
  // Names that PostgreSQL makes up end in a number when there are several.
  const std::string made_up =
      "SELECT coalesce(string_agg(conname, ' '), '') FROM pg_constraint "
      "WHERE connamespace = 'sagad'::regnamespace AND conname ~ '[0-9]$'";
  for (const std::string& database : {tests::engine_database(), tests::participant_database()}) {
    EXPECT_EQ(tests::Sql(database).value(made_up), "");
  }
}

TEST(Schema, TimesAreExactToTheMicrosecond) {
  tests::Sql sql(tests::engine_database());
  EXPECT_EQ(sql.number("SELECT count(*) FROM (SELECT timestamptz '1970-01-01' "
                       "+ i * interval '1 hour' + (i % 1000003) * interval '1 microsecond' AS t "
                       "FROM generate_series(0, 1100000, 7) AS i) AS s "
                       "WHERE sagad.to_micros(t) <> (extract(epoch FROM t) * 1000000)::bigint"),
            0);
}

TEST(Schema, UuidsAreOfVersion7AndSortByTime) {
  tests::Sql sql(tests::participant_database());
  const std::string first = sql.value("SELECT sagad.uuid_v7()");
  sql("SELECT pg_sleep(0.003)");
  const std::string second = sql.value("SELECT sagad.uuid_v7()");
  EXPECT_TRUE(std::regex_match(
      first, std::regex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")))
      << first;
  EXPECT_LT(first, second);
  const auto made = base::SagaId::parse(second).made_at();
  const auto now = base::from_micros(sql.number("SELECT sagad.to_micros(clock_timestamp())"));
  EXPECT_LE(made, now);
  EXPECT_GT(made, now - std::chrono::seconds(5));
}

}  // namespace
}  // namespace sagad::postgres
