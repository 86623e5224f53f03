#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "dev/network.hpp"
#include "dev/private_nats.hpp"
#include "dev/private_postgres.hpp"
#include "support/servers.hpp"

namespace sagad::dev {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(PrivatePostgres, IsSharedByTheTestsOfAProcess) {
  EXPECT_EQ(&tests::postgres(), &tests::postgres());
  const std::string first = tests::fresh_database();
  EXPECT_NE(first, tests::fresh_database());
  EXPECT_THAT(first, StartsWith("postgresql://sagad@127.0.0.1:"));
  tests::postgres().run_sql("CREATE TABLE only_here()", first.substr(first.rfind('/') + 1));
}

TEST(PrivatePostgres, KeepsItsDataAndItsPortOverACrash) {
  auto& server = tests::postgres();
  const auto port = server.port();
  server.create_database("kept");
  server.run_sql("CREATE TABLE mark(id int PRIMARY KEY); CHECKPOINT; INSERT INTO mark VALUES (1)",
                 "kept");
  server.kill();
  EXPECT_FALSE(server.running());
  server.start();
  EXPECT_EQ(server.port(), port);
  // Fails if the row is not there.
  server.run_sql("DO $$ BEGIN ASSERT (SELECT count(*) FROM mark) = 1; END $$", "kept");
  server.stop();
  EXPECT_FALSE(server.running());
  server.start();
  server.create_database("copy", "kept");
  server.run_sql("DO $$ BEGIN ASSERT (SELECT count(*) FROM mark) = 1; END $$", "copy");
}

TEST(PrivatePostgres, QuotesPsqlWhenAStatementFails) {
  try {
    tests::postgres().run_sql("SELECT no_such_column");
    FAIL() << "it did not fail";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no_such_column"));
  }
}

TEST(PrivatePostgres, IsDurableUnlessToldOtherwise) {
  const TempDir folder;
  PostgresOptions options;
  options.folder = folder.path() / "server";
  options.settings = {{"deadlock_timeout", "123ms"}};
  {
    PrivatePostgres server(options);
    server.run_sql(
        "DO $$ BEGIN ASSERT current_setting('fsync') = 'on'; "
        "ASSERT current_setting('synchronous_commit') = 'on'; "
        "ASSERT current_setting('deadlock_timeout') = '123ms'; END $$");
    server.create_database("kept");
  }
  PrivatePostgres again(options);
  again.run_sql("SELECT 1", "kept");
}

TEST(PrivatePostgres, LetsInNobodyButItsUsers) {
  auto& server = tests::postgres();
  server.run_sql("CREATE ROLE stranger LOGIN");
  Command command;
  command.argv = {"/usr/bin/psql", "--no-password", "--command=SELECT 1",
                  "postgresql://stranger@127.0.0.1:" + std::to_string(server.port()) + "/postgres"};
  EXPECT_THROW(run_to_end(command, std::chrono::seconds(20)), std::runtime_error);
}

TEST(PrivatePostgres, QuotesItsLogWhenItCannotStart) {
  PostgresOptions options;
  options.durable = false;
  options.settings = {{"no_such_setting", "1"}};
  try {
    const PrivatePostgres server(options);
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no_such_setting"));
  }
}

TEST(PrivateNats, KeepsItsPortOverAKill) {
  auto& server = tests::nats();
  const auto port = server.port();
  EXPECT_EQ(server.url(), "nats://127.0.0.1:" + std::to_string(port));
  EXPECT_THAT(greeting_of(port), HasSubstr("\"jetstream\":true"));
  server.kill();
  EXPECT_EQ(greeting_of(port), "");
  server.start();
  EXPECT_EQ(server.port(), port);
  EXPECT_THAT(greeting_of(port), StartsWith("INFO "));
}

TEST(PrivateNats, WipesItsStore) {
  auto& server = tests::nats();
  const auto mark = server.folder() / "store" / "mark";
  write_file(mark, "");
  server.wipe_store();
  EXPECT_TRUE(server.running());
  EXPECT_FALSE(std::filesystem::exists(mark));
  server.stop();
  server.wipe_store();
  EXPECT_FALSE(server.running());
}

TEST(PrivateNats, QuotesItsLogWhenItCannotStart) {
  const TempDir folder;
  write_file(folder.path() / "store", "a file where a folder has to be");
  EXPECT_THROW(PrivateNats({folder.path()}), std::exception);
}

TEST(Servers, GiveEachTestItsOwnNamespace) {
  EXPECT_NE(tests::fresh_namespace(), tests::fresh_namespace());
}

}  // namespace
}  // namespace sagad::dev
