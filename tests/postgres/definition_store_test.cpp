#include <gtest/gtest.h>

#include <future>

#include "postgres/fixture.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {
namespace {

definition::DefinitionPtr definition_of(const std::string& name, int version, char digest) {
  auto definition = std::make_shared<definition::Definition>();
  definition->name = name;
  definition->version = version;
  definition->digest = std::string(64, digest);
  definition->description = "described as " + std::string(1, digest);
  definition->canonical = R"({"name":"ü \"\\"})" + std::string(1, digest);
  return definition;
}

class DefinitionStoreTest : public testing::Test {
 protected:
  void add(const definition::DefinitionPtr& definition, bool replace = false) {
    store_->add(std::vector{definition}, replace);
  }
  /// `a:active b:retired`
  std::string states() {
    std::string states;
    for (const auto& definition : store_->list()) {
      states += (states.empty() ? "" : " ") + definition.digest.substr(0, 1) +
                (definition.state == ports::DefinitionState::kActive ? ":active" : ":retired");
    }
    return states;
  }

  std::string database_ = tests::engine_database();
  std::unique_ptr<ports::DefinitionStore> store_ = make_definition_store(database_);
};

TEST_F(DefinitionStoreTest, KeepsWhatItIsGiven) {
  const auto definition = definition_of("order-pay", 3, 'a');
  add(definition);
  add(definition);
  const auto list = store_->list();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].name, "order-pay");
  EXPECT_EQ(list[0].version, 3);
  EXPECT_EQ(list[0].digest, definition->digest);
  EXPECT_EQ(list[0].description, definition->description);
  EXPECT_EQ(list[0].canonical, definition->canonical);
  EXPECT_EQ(store_->find(definition->digest), definition->canonical);
  EXPECT_EQ(store_->find(std::string(64, 'f')), std::nullopt);
}

TEST_F(DefinitionStoreTest, AnotherDigestUnderAKnownVersionIsAConflict) {
  add(definition_of("order-pay", 1, 'a'));
  EXPECT_THROW(add(definition_of("order-pay", 1, 'b')), ports::DefinitionConflict);
  add(definition_of("order-pay", 2, 'b'));
  add(definition_of("checkout", 1, 'c'));
  EXPECT_EQ(states(), "c:active a:active b:active");
}

TEST_F(DefinitionStoreTest, AllOrNothing) {
  add(definition_of("order-pay", 1, 'a'));
  EXPECT_THROW(store_->add(std::vector{definition_of("checkout", 1, 'c'),
                                       definition_of("order-pay", 1, 'b')},
                           false),
               ports::DefinitionConflict);
  EXPECT_EQ(states(), "a:active");
}

TEST_F(DefinitionStoreTest, ReplaceRetiresTheOldDigestAndKeepsIt) {
  add(definition_of("order-pay", 1, 'a'), true);
  add(definition_of("order-pay", 1, 'b'), true);
  EXPECT_EQ(states(), "a:retired b:active");
  add(definition_of("order-pay", 1, 'a'), true);
  EXPECT_EQ(states(), "a:active b:retired");
  EXPECT_THROW(add(definition_of("order-pay", 1, 'b')), ports::DefinitionConflict);
  EXPECT_TRUE(store_->find(std::string(64, 'b')).has_value());
}

TEST_F(DefinitionStoreTest, WhatWasRetiredByHandStaysRetired) {
  add(definition_of("order-pay", 1, 'a'));
  tests::Sql{database_}("UPDATE sagad.definition SET state = 'retired'");
  add(definition_of("order-pay", 1, 'a'));
  EXPECT_EQ(states(), "a:retired");
}

TEST_F(DefinitionStoreTest, AVersionIsRetiredAndMadeActiveAgain) {
  using State = ports::DefinitionState;
  add(definition_of("order-pay", 1, 'a'));
  add(definition_of("order-pay", 2, 'b'));
  EXPECT_EQ(store_->set_state({"order-pay", 1, State::kActive, "ann", "why"}), false);
  EXPECT_EQ(store_->list().at(0).state_by, "") << "nothing has changed";
  EXPECT_EQ(store_->set_state({"order-pay", 1, State::kRetired, "ann", "too old"}), true);
  EXPECT_EQ(store_->set_state({"order-pay", 1, State::kRetired, "bob", "late"}), false);
  EXPECT_EQ(states(), "a:retired b:active");
  const auto retired = store_->list().at(0);
  EXPECT_EQ(retired.state_by, "ann");
  EXPECT_EQ(retired.state_reason, "too old");
  EXPECT_GT(retired.state_since, retired.added_at);
  add(definition_of("order-pay", 1, 'a'));
  EXPECT_EQ(states(), "a:retired b:active") << "its file is still in the folder";
  EXPECT_EQ(store_->set_state({"order-pay", 1, State::kActive, "", ""}), true);
  EXPECT_EQ(states(), "a:active b:active");
  EXPECT_EQ(store_->set_state({"order-pay", 3, State::kRetired, "", ""}), std::nullopt);
  EXPECT_EQ(store_->set_state({"unheard-of", 1, State::kRetired, "", ""}), std::nullopt);
}

TEST_F(DefinitionStoreTest, OfSeveralDigestsTheLastOneIsMadeActiveAgain) {
  using State = ports::DefinitionState;
  add(definition_of("order-pay", 1, 'a'), true);
  add(definition_of("order-pay", 1, 'b'), true);
  add(definition_of("order-pay", 1, 'a'), true);
  store_->set_state({"order-pay", 1, State::kRetired, "", ""});
  EXPECT_EQ(states(), "a:retired b:retired");
  store_->set_state({"order-pay", 1, State::kActive, "", ""});
  EXPECT_EQ(states(), "a:active b:retired");
}

TEST_F(DefinitionStoreTest, TheStampChangesWithEveryDigestAndState) {
  const auto none = store_->stamp();
  add(definition_of("order-pay", 1, 'a'));
  const auto active = store_->stamp();
  EXPECT_NE(active, none);
  add(definition_of("order-pay", 1, 'a'));
  EXPECT_EQ(store_->stamp(), active);
  store_->set_state({"order-pay", 1, ports::DefinitionState::kRetired, "", ""});
  EXPECT_NE(store_->stamp(), active);
  store_->set_state({"order-pay", 1, ports::DefinitionState::kActive, "", ""});
  EXPECT_EQ(store_->stamp(), active);
}

TEST_F(DefinitionStoreTest, CountsTheSagasThatHaveNotEndedByDigest) {
  auto engine = make_engine_store(database_);
  auto running = tests::sample_instance("1");
  auto paused = tests::sample_instance("2");
  paused.status = saga::SagaStatus::kPaused;
  auto ended = tests::sample_instance("3");
  ended.status = saga::SagaStatus::kCompleted;
  ended.ended_at = ended.updated_at;
  auto other = tests::sample_instance("4");
  other.digest = std::string(64, 'f');
  tests::store(*engine, {running, paused, ended, other});
  EXPECT_EQ(store_->live(),
            (std::map<std::string, std::int64_t>{{running.digest, 2}, {other.digest, 1}}));
}

TEST_F(DefinitionStoreTest, DaemonsThatStartAtOnceAgree) {
  std::vector<std::future<void>> starts;
  for (int i = 0; i < 4; ++i) {
    starts.push_back(std::async(std::launch::async, [&] {
      make_definition_store(database_)->add(
          std::vector{definition_of("order-pay", 1, 'a'), definition_of("checkout", 1, 'c')},
          false);
    }));
  }
  for (auto& start : starts) EXPECT_NO_THROW(start.get());
  EXPECT_EQ(states(), "c:active a:active");
}

}  // namespace
}  // namespace sagad::postgres
