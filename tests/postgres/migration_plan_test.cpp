#include "postgres/migration_plan.hpp"

#include <gtest/gtest.h>

#include "base/sha256.hpp"
#include "postgres/migrate.hpp"

namespace sagad::postgres {
namespace {

using base::MigrationFile;

const MigrationFile kFirst{1, "initial", "-- sagad: oldest=0.1.0\nSELECT 1;"};
const MigrationFile kSecond{2, "more", "-- sagad: oldest=0.2.0\nSELECT 2;"};

AppliedMigration applied(const MigrationFile& file) {
  return {file.version, std::string(file.name), base::sha256_hex(file.sql), oldest_release(file)};
}

/// The numbers that are planned, or the message.
std::string planned(const std::vector<MigrationFile>& files,
                    const std::vector<AppliedMigration>& rows, std::string_view running) {
  try {
    std::string numbers;
    for (const auto& file : plan("engine", files, rows, running)) {
      numbers += std::to_string(file.version);
    }
    return numbers;
  } catch (const MigrationError& error) {
    return error.what();
  }
}

TEST(MigrationPlan, TakesWhatIsMissing) {
  EXPECT_EQ(planned({kFirst, kSecond}, {}, "0.2.0"), "12");
  EXPECT_EQ(planned({kFirst, kSecond}, {applied(kFirst)}, "0.2.0"), "2");
  EXPECT_EQ(planned({kFirst, kSecond}, {applied(kFirst), applied(kSecond)}, "0.2.0"), "");
}

TEST(MigrationPlan, RefusesAChangedFile) {
  AppliedMigration row = applied(kFirst);
  row.checksum[0] = row.checksum[0] == '0' ? '1' : '0';
  EXPECT_THAT(planned({kFirst}, {row}, "0.1.0"),
              testing::StartsWith("migration engine/0001_initial: the file is not the one that "
                                  "was applied to this database (0001_initial)"));
}

TEST(MigrationPlan, RefusesARenamedFile) {
  AppliedMigration row = applied(kFirst);
  row.name = "begin";
  EXPECT_THAT(planned({kFirst}, {row}, "0.1.0"), testing::HasSubstr("(0001_begin)"));
}

TEST(MigrationPlan, ANewerDatabaseDecidesWhoMayRun) {
  EXPECT_EQ(planned({kFirst}, {applied(kFirst), applied(kSecond)}, "0.1.9"),
            "migration engine/0002_more was applied to this database by a newer release; release "
            "0.1.9 cannot run on it, 0.2.0 is the oldest that can: install 0.2.0 or later");
  EXPECT_EQ(planned({kFirst}, {applied(kFirst), applied(kSecond)}, "0.2.0"), "");
  EXPECT_EQ(planned({kFirst}, {applied(kFirst), applied(kSecond)}, "0.10.0-dev"), "");
}

TEST(MigrationPlan, RefusesGaps) {
  EXPECT_THAT(planned({kSecond}, {}, "0.2.0"),
              testing::HasSubstr("engine/0002_more: expected number 1"));
  EXPECT_THAT(planned({kFirst, kSecond}, {applied(kSecond)}, "0.2.0"),
              testing::HasSubstr("has no row of number 1"));
}

TEST(MigrationPlan, RefusesAFileThatExcludesItsOwnRelease) {
  EXPECT_THAT(planned({kFirst, kSecond}, {applied(kFirst)}, "0.1.0"),
              testing::HasSubstr("excludes release 0.1.0, which brings it"));
}

TEST(MigrationPlan, TheFirstLineIsRequired) {
  EXPECT_THAT(planned({{1, "initial", "SELECT 1;"}}, {}, "0.1.0"),
              testing::HasSubstr("its first line must be `-- sagad: oldest=X.Y.Z`"));
  EXPECT_THAT(planned({{1, "initial", "-- sagad: oldest=soon\n"}}, {}, "0.1.0"),
              testing::HasSubstr("'soon' is not a release like 0.1.0"));
}

TEST(MigrationPlan, ReleasesCompareByTheirNumbers) {
  EXPECT_TRUE(is_at_least("0.10.0", "0.9.9"));
  EXPECT_FALSE(is_at_least("0.9.9", "0.10.0"));
  EXPECT_TRUE(is_at_least("1.0.0", "1.0.0"));
  EXPECT_TRUE(is_at_least("1.0.1-rc1", "1.0.1"));
  EXPECT_THROW(is_at_least("1.0", "1.0.0"), MigrationError);
}

}  // namespace
}  // namespace sagad::postgres
