// The connection is lost in the COMMIT: nobody knows whether it was applied.
#include <gtest/gtest.h>

#include <regex>

#include <sagad/transaction.hpp>

#include "postgres/cutting_proxy.hpp"
#include "postgres/fixture.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {
namespace {

using tests::done_row;

std::uint16_t port_of(const std::string& url) {
  std::smatch match;
  if (!std::regex_search(url, match, std::regex(":([0-9]+)/"))) throw std::logic_error(url);
  return static_cast<std::uint16_t>(std::stoi(match[1]));
}

std::string with_port(const std::string& url, std::uint16_t port) {
  return std::regex_replace(url, std::regex(":[0-9]+/"), ":" + std::to_string(port) + "/");
}

TEST(Commit, AnAppliedCommitWhoseAnswerIsLostIsUnknown) {
  const std::string database = tests::participant_database();
  tests::CuttingProxy proxy(port_of(database), "COMMIT");
  const base::SagaId saga = tests::new_id();
  {
    auto store = make_participant_store(with_port(database, proxy.port()));
    auto tx = store->begin();
    tx->insert(std::vector{done_row(saga, "pay", R"({"paid":true})")});
    proxy.arm();
    EXPECT_THROW(tx->commit(), ports::CommitUnknown);
  }
  EXPECT_EQ(proxy.cuts(), 1);
  // It was applied, and whoever comes next finds it.
  auto store = make_participant_store(database);
  const auto found = store->begin()->find(std::vector{tests::do_key(saga, "pay")});
  ASSERT_TRUE(found[0].has_value());
  EXPECT_EQ(found[0]->output, R"({"paid":true})");
}

TEST(Commit, TheEnginesToo) {
  const std::string database = tests::engine_database();
  tests::CuttingProxy proxy(port_of(database), "COMMIT");
  {
    auto store = make_engine_store(with_port(database, proxy.port()));
    const saga::Instance instance = tests::sample_instance("k");
    auto tx = store->begin();
    tx->insert(std::vector<const saga::Instance*>{&instance});
    proxy.arm();
    EXPECT_THROW(tx->commit(), ports::CommitUnknown);
  }
  EXPECT_EQ(tests::Sql(database).number("SELECT count(*) FROM sagad.saga"), 1);
}

TEST(Commit, ASessionThatIsEndedInsideTheCommitIsUnknown) {
  const std::string database = tests::participant_database();
  tests::Sql sql(database);
  sql("CREATE TABLE bomb (id int)");
  sql("CREATE FUNCTION explode() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$");
  sql("CREATE CONSTRAINT TRIGGER bomb AFTER INSERT ON bomb DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION explode()");
  auto store = make_participant_store(database);
  const base::SagaId saga = tests::new_id();
  auto tx = store->begin();
  tx->business().exec_raw("INSERT INTO bomb VALUES (1)");
  tx->insert(std::vector{done_row(saga, "pay", "{}")});
  try {
    tx->commit();
    FAIL() << "was not noticed";
  } catch (const std::exception&) {
    EXPECT_EQ(store->classify(std::current_exception()).kind, ports::Fault::Kind::kCommitUnknown);
  }
  tx.reset();
  // It was not applied this time; the store has a new session.
  EXPECT_FALSE(store->begin()->find(std::vector{tests::do_key(saga, "pay")})[0].has_value());
}

TEST(Commit, AConnectionLostBeforeTheCommitIsUnavailable) {
  const std::string database = tests::participant_database();
  tests::CuttingProxy proxy(port_of(database), "InboxInsert");
  auto store = make_participant_store(with_port(database, proxy.port()));
  auto tx = store->begin();
  proxy.arm();
  EXPECT_THROW(tx->insert(std::vector{done_row(tests::new_id(), "pay", "{}")}), ports::Unavailable);
  tx.reset();
  store.reset();
  EXPECT_EQ(tests::Sql(database).number("SELECT count(*) FROM sagad.inbox"), 0);
}

}  // namespace
}  // namespace sagad::postgres
