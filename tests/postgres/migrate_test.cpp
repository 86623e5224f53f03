#include "postgres/migrate.hpp"

#include <gtest/gtest.h>

#include <future>

#include "postgres/fixture.hpp"
#include "support/servers.hpp"

namespace sagad::postgres {
namespace {

using base::MigrationFile;
using tests::Sql;

const std::vector<MigrationFile> kOne = {
    {1, "first", "-- sagad: oldest=0.1.0\nCREATE TABLE a (x int); CREATE TABLE b (x int);"}};
const std::vector<MigrationFile> kTwo = {
    kOne[0], {2, "second", "-- sagad: oldest=0.2.0\nCREATE TABLE c (x int);"}};

std::string refusal(const std::string& target, const std::vector<MigrationFile>& files,
                    std::string_view running) {
  try {
    migrate(target, "acme", files, running);
    return "";
  } catch (const MigrationError& error) {
    return error.what();
  }
}

TEST(Migrate, AFreshDatabaseOnceAndThenNothing) {
  const std::string url = tests::fresh_database();
  const auto first = migrate(url, "engine", engine_migrations(), "0.1.0");
  EXPECT_EQ(first.before, 0);
  ASSERT_EQ(first.applied.size(), engine_migrations().size());
  EXPECT_EQ(first.applied.front(), "0001_initial");
  const auto second = migrate(url, "engine", engine_migrations(), "0.1.0");
  EXPECT_EQ(second.before, static_cast<int>(engine_migrations().size()));
  EXPECT_THAT(second.applied, testing::IsEmpty());
  EXPECT_EQ(Sql(url).value("SELECT line || version || name || oldest FROM sagad.migration "
                           "WHERE version = 1"),
            "engine1initial0.1.0");
  EXPECT_NO_THROW(check(url, "engine", engine_migrations(), "0.1.0"));
}

TEST(Migrate, ManyAtOnceApplyEachFileOnce) {
  const std::string url = tests::fresh_database();
  std::vector<std::future<std::size_t>> runs;
  for (int i = 0; i < 4; ++i) {
    runs.push_back(std::async(std::launch::async, [&] {
      return migrate(url, "participant", participant_migrations(), "0.1.0").applied.size();
    }));
  }
  std::size_t applied = 0;
  for (auto& run : runs) applied += run.get();
  EXPECT_EQ(applied, participant_migrations().size());
}

TEST(Migrate, LinesAreApart) {
  const std::string url = tests::fresh_database();
  migrate(url, "participant", participant_migrations(), "0.1.0");
  migrate(url, "acme", kOne, "0.1.0");
  EXPECT_EQ(Sql(url).number("SELECT count(*) FROM sagad.migration"),
            static_cast<long>(participant_migrations().size()) + 1);
}

TEST(Migrate, EngineAndParticipantDoNotShareADatabase) {
  const std::string url = tests::fresh_database();
  migrate(url, "participant", participant_migrations(), "0.1.0");
  try {
    migrate(url, "engine", engine_migrations(), "0.1.0");
    FAIL() << "was not refused";
  } catch (const MigrationError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("has the tables of line participant already"));
  }
}

TEST(Migrate, ADryRunChangesNothing) {
  const std::string url = tests::fresh_database();
  const auto report = migrate(url, "acme", kTwo, "0.2.0", MigrateMode::kDryRun);
  EXPECT_THAT(report.applied, testing::ElementsAre("0001_first", "0002_second"));
  EXPECT_EQ(Sql(url).value("SELECT to_regnamespace('sagad') IS NULL"), "t");
  EXPECT_EQ(Sql(url).value("SELECT to_regclass('a') IS NULL"), "t");
}

TEST(Migrate, CheckSaysHowToMend) {
  const std::string url = tests::fresh_database();
  migrate(url, "acme", kOne, "0.2.0");
  try {
    check(url, "acme", kTwo, "0.2.0");
    FAIL() << "was not refused";
  } catch (const MigrationError& error) {
    EXPECT_STREQ(error.what(),
                 "the database lacks migration acme/0002_second; run: sagad migrate --config FILE");
  }
}

TEST(Migrate, AChangedFileIsRefused) {
  const std::string url = tests::fresh_database();
  migrate(url, "acme", kOne, "0.1.0");
  const std::string changed = std::string(kOne[0].sql) + " -- better";
  EXPECT_THAT(refusal(url, {{1, "first", changed}}, "0.1.0"),
              testing::HasSubstr("the file is not the one that was applied"));
}

TEST(Migrate, ANewerDatabaseExcludesAnOlderRelease) {
  const std::string url = tests::fresh_database();
  migrate(url, "acme", kTwo, "0.2.0");
  EXPECT_THAT(refusal(url, kOne, "0.1.0"), testing::HasSubstr("release 0.1.0 cannot run on it"));
  EXPECT_THROW(check(url, "acme", kOne, "0.1.0"), MigrationError);
  EXPECT_EQ(refusal(url, kOne, "0.2.0"), "");
}

TEST(Migrate, AFileThatFailsLeavesNothingOfIt) {
  const std::string url = tests::fresh_database();
  EXPECT_THAT(refusal(url,
                      {kOne[0],
                       {2, "bad",
                        "-- sagad: oldest=0.1.0\nCREATE TABLE d (x int);\n"
                        "CREATE TABLE a (x int);"}},
                      "0.1.0"),
              testing::AllOf(testing::HasSubstr("migration acme/0002_bad"),
                             testing::HasSubstr("already exists"), testing::HasSubstr("42P07")));
  Sql sql(url);
  EXPECT_EQ(sql.value("SELECT to_regclass('d') IS NULL"), "t");
  EXPECT_EQ(sql.value("SELECT max(version) FROM sagad.migration"), "1");
  migrate(url, "acme", kTwo, "0.2.0");
  EXPECT_EQ(sql.value("SELECT max(version) FROM sagad.migration"), "2");
}

TEST(Migrate, AFileMustNotEndItsTransaction) {
  const std::string url = tests::fresh_database();
  EXPECT_THAT(refusal(url, {{1, "sly", "-- sagad: oldest=0.1.0\nCREATE TABLE e (x int); COMMIT;"}},
                      "0.1.0"),
              testing::HasSubstr("ends its transaction"));
  EXPECT_EQ(Sql(url).number("SELECT count(*) FROM sagad.migration"), 0);
}

TEST(Migrate, AnUnreachableDatabaseIsUnavailable) {
  EXPECT_THROW(migrate("postgresql://127.0.0.1:1/none", "acme", kOne, "0.1.0"), ports::Unavailable);
  EXPECT_THROW(migrate("postgresql://[", "acme", kOne, "0.1.0"), std::invalid_argument);
}

}  // namespace
}  // namespace sagad::postgres
