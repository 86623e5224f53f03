#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "jetstream/raw_nats.hpp"
#include "postgres/stores.hpp"
#include "scenarios/engine_fixture.hpp"
#include "support/servers.hpp"

namespace sagad::tests {
namespace {

/// Starts over the bus, with a reply subject, and by SQL.
class StarterBus : public EngineTest {
 protected:
  StarterBus() : client_(nats().url()), inbox_(client_.subscribe("answers." + name_space_)) {}

  /// The answer to a start message.
  boost::json::object ask(const std::string& definition, const std::string& payload) {
    client_.publish(name_space_ + ".start." + definition, payload, "Sagad-Reply-To",
                    "answers." + name_space_);
    for (int tries = 0; tries < 5; ++tries) {
      if (auto answer = client_.next(*inbox_)) return boost::json::parse(*answer).as_object();
    }
    ADD_FAILURE() << "no answer to " << payload;
    return {};
  }

  std::string dead_letters() {
    return value("SELECT string_agg(reason, ',' ORDER BY id) FROM sagad.dead_letter");
  }

  jetstream::tests::RawNats client_;
  jetstream::SubscriptionPtr inbox_;
};

TEST_F(StarterBus, AnswersWhatBecameOfAStart) {
  start();
  const auto started = ask("order-pay", R"({"key":"k","input":{"amount":5}})");
  ASSERT_EQ(started.at("status"), "started");
  const auto id = base::SagaId::parse(std::string(started.at("id").as_string()));
  EXPECT_EQ(get(id).status, saga::SagaStatus::kRunning);
  EXPECT_EQ(command("order").saga, id);

  const auto existing = ask("order-pay", R"({"key":"k","input":{"amount":5}})");
  EXPECT_EQ(existing.at("status"), "existing");
  EXPECT_EQ(existing.at("id"), started.at("id"));
  const auto conflict = ask("order-pay", R"({"key":"k","input":{"amount":6}})");
  EXPECT_EQ(conflict.at("status"), "conflict");
  EXPECT_EQ(conflict.at("id"), started.at("id"));
  EXPECT_EQ(dead_letters(), "");
}

TEST_F(StarterBus, KeepsAnInvalidInputAsAFailedSaga) {
  start();
  const auto answer = ask("order-pay", R"({"key":"k","input":{"amount":0}})");
  EXPECT_EQ(answer.at("status"), "invalid_input");
  EXPECT_FALSE(answer.at("errors").as_array().empty());
  const auto instance = get(base::SagaId::parse(std::string(answer.at("id").as_string())));
  EXPECT_EQ(instance.status, saga::SagaStatus::kFailed);
  EXPECT_EQ(instance.reason, "invalid_input");
  EXPECT_EQ(instance.steps.at(0).status, saga::StepStatus::kPending);
  EXPECT_TRUE(no_command("order", base::Duration{300}));
  EXPECT_EQ(sums_.of("sagad_sagas_ended_total{order-pay,failed}"), 1);
  const auto again = ask("order-pay", R"({"key":"k","input":{"amount":0}})");
  EXPECT_EQ(again.at("status"), "invalid_input");
  EXPECT_EQ(again.at("id"), answer.at("id"));
}

TEST_F(StarterBus, KeepsWhatItCannotStartAsDeadLetters) {
  start();
  EXPECT_EQ(ask("unheard-of", R"({"key":"k","input":{}})").at("status"), "unknown_definition");
  EXPECT_EQ(ask("order-pay", R"({"input":{"amount":5}})").at("status"), "invalid_input");
  EXPECT_EQ(ask("order-pay", "{").at("status"), "invalid_input");
  EXPECT_EQ(ask("order-pay", std::string("\xff\0\x01", 3)).at("status"), "invalid_input");
  EXPECT_EQ(dead_letters(), "unknown_definition,bad_key,unreadable,unreadable");
  EXPECT_EQ(number("SELECT count(*) FROM sagad.saga"), 0);
  EXPECT_EQ(ask("order-pay", R"({"key":"k","input":{"amount":5}})").at("status"), "started")
      << "the others go on";
}

TEST_F(StarterBus, StartsWhatAnotherDaemonHasAddedSince) {
  start({});
  {
    runtime::Definitions other(postgres::make_definition_store(database_));
    other.add({order_pay()}, false);
  }
  EXPECT_EQ(ask("order-pay", R"({"key":"k","input":{"amount":5}})").at("status"), "started");
}

TEST_F(StarterBus, SqlStartsASagaInTheCallersTransaction) {
  start();
  const auto id = value(R"(SELECT sagad.start_saga('order-pay', '{"amount": 5}', 'sql-1'))");
  const auto saga = base::SagaId::parse(id);
  ASSERT_TRUE(eventually([&] { return find(saga).has_value(); }));
  EXPECT_EQ(get(saga).key, "sql-1");
  EXPECT_EQ(command("order").saga, saga);

  const auto second = value(R"(SELECT sagad.start_saga('order-pay', '{"amount": 5}', 'sql-1'))");
  EXPECT_TRUE(eventually([&] { return number("SELECT count(*) FROM sagad.outbox") == 0; }));
  EXPECT_TRUE(no_command("order", base::Duration{300}));
  EXPECT_FALSE(find(base::SagaId::parse(second))) << "its key is the first one's";
}

TEST_F(StarterBus, AnInvalidSqlStartEndsFailed) {
  start();
  const auto invalid = base::SagaId::parse(
      value(R"(SELECT sagad.start_saga('order-pay', '{"amount": "much"}', 'a'))"));
  const auto unkeepable = base::SagaId::parse(value(
      R"(SELECT sagad.start_saga('order-pay', '{"amount": 123456789012345678901234}', 'b'))"));
  EXPECT_EQ(wait_for(invalid, saga::SagaStatus::kFailed).reason, "invalid_input");
  const auto instance = wait_for(unkeepable, saga::SagaStatus::kFailed);
  EXPECT_EQ(instance.reason, "invalid_input");
  ASSERT_TRUE(instance.error);
  EXPECT_NE(instance.error->message, "");
  EXPECT_TRUE(no_command("order", base::Duration{200}));
}

}  // namespace
}  // namespace sagad::tests
