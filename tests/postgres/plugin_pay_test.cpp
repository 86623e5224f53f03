#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <random>
#include <string>
#include <thread>

#include "postgres/plugin_fixture.hpp"
#include "support/plugins.hpp"

namespace {

using sagad::saga::Command;
using sagad::tests::pay_plugin;
using sagad::tests::PluginDatabase;
using sagad::tests::summary;

std::string charge_input(const std::string& account, std::int64_t amount, int order = 7) {
  return boost::json::serialize(
      boost::json::object{{"order_id", order}, {"account", account}, {"amount", amount}});
}

std::string pay_id(std::int64_t id) { return R"({"pay_id": )" + std::to_string(id) + "}"; }

class PayPlugin : public testing::Test {
 protected:
  PayPlugin() { db_.exec("INSERT INTO tbl_account VALUES ('alice', 100), ('bob', 5)"); }

  std::string charge(const std::string& account, std::int64_t amount) {
    return summary(db_.run("charge", charge_input(account, amount)));
  }
  std::string refund(std::int64_t id) { return summary(db_.run(db_.undo("refund", pay_id(id)))); }
  std::string balance(const std::string& account) {
    return db_.value("SELECT balance FROM tbl_account WHERE id = '" + account + "'");
  }
  /// What the accounts hold and what is paid: never more nor less.
  std::string money() {
    return db_.value(
        "SELECT (SELECT sum(balance) FROM tbl_account) + "
        "(SELECT coalesce(sum(amount), 0) FROM tbl_pay WHERE status = 'paid')");
  }

  PluginDatabase db_{pay_plugin()};
};

TEST_F(PayPlugin, ChargeDebitsTheAccountAndInsertsThePayment) {
  const auto command = db_.command("charge", charge_input("alice", 30));
  EXPECT_EQ(summary(db_.run(command)), R"(done {"pay_id":1})");
  EXPECT_EQ(balance("alice"), "70");
  EXPECT_EQ(db_.value("SELECT concat_ws('|', pay_name, order_id, account, amount, status, saga_id) "
                      "FROM tbl_pay"),
            "pay 7|7|alice|30|paid|" + command.saga.str());
  EXPECT_EQ(charge("alice", 70), R"(done {"pay_id":2})");
  EXPECT_EQ(balance("alice"), "0");
}

TEST_F(PayPlugin, ChargeRefusesAndWritesNothing) {
  EXPECT_EQ(charge("alice", 101), "failed insufficient_funds");
  EXPECT_EQ(charge("alice", 9'223'372'036'854'775'807), "failed insufficient_funds");
  EXPECT_EQ(charge("nobody", 1), "failed unknown_account");
  EXPECT_EQ(balance("alice"), "100");
  EXPECT_EQ(db_.value("SELECT count(*) FROM tbl_pay"), "0");
}

TEST_F(PayPlugin, ARefusedChargeHasNoTransactionId) {
  // It declares refuses_before_writing: the transaction must not have written at all.
  pqxx::work work(db_.connection());
  sagad::Transaction::Prepared prepared;
  sagad::Transaction tx(work, prepared);
  EXPECT_EQ(summary(db_.runner().run(db_.command("charge", charge_input("bob", 6)), tx)),
            "failed insufficient_funds");
  EXPECT_TRUE(work.exec("SELECT pg_current_xact_id_if_assigned()")[0][0].is_null());
}

TEST_F(PayPlugin, ChargeRefusesWrongInput) {
  for (const auto* input : {"null", "{}", R"({"order_id": 1, "account": "alice"})",
                            R"({"order_id": 1, "account": "alice", "amount": 0})",
                            R"({"order_id": 1, "account": "alice", "amount": -5})",
                            R"({"order_id": "x", "account": "alice", "amount": 5})",
                            R"({"order_id": 1, "account": "", "amount": 5})"}) {
    EXPECT_EQ(summary(db_.run("charge", input)), "failed invalid_input") << input;
  }
  EXPECT_EQ(money(), "105");
}

TEST_F(PayPlugin, AChargeThatWaitsForAnotherIsJudgedByWhatThatLeaves) {
  pqxx::connection other(db_.url());
  pqxx::work first(other);
  sagad::Transaction::Prepared prepared;
  sagad::Transaction tx(first, prepared);
  ASSERT_EQ(summary(db_.runner().run(db_.command("charge", charge_input("alice", 60)), tx)),
            R"(done {"pay_id":1})");
  const auto waiting = db_.command("charge", charge_input("alice", 60));
  auto second = std::async(std::launch::async, [&] { return summary(db_.run(waiting)); });
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  first.commit();
  EXPECT_EQ(second.get(), "failed insufficient_funds");
  EXPECT_EQ(balance("alice"), "40");
}

TEST_F(PayPlugin, RefundCreditsOnce) {
  charge("alice", 30);
  EXPECT_EQ(refund(1), R"(done {"pay_id":1})");
  EXPECT_EQ(balance("alice"), "100");
  EXPECT_EQ(db_.value("SELECT status FROM tbl_pay"), "refunded");
  const auto at = db_.value("SELECT refunded_at FROM tbl_pay");
  EXPECT_NE(at, "");
  EXPECT_EQ(refund(1), R"(done {"pay_id":1})");
  EXPECT_EQ(balance("alice"), "100");
  EXPECT_EQ(db_.value("SELECT refunded_at FROM tbl_pay"), at);
  EXPECT_EQ(money(), "105");
}

TEST_F(PayPlugin, RefundRefusesWhatItCannotUndo) {
  charge("bob", 5);
  db_.exec("DELETE FROM tbl_account WHERE id = 'bob'");
  EXPECT_EQ(refund(1), "failed unknown_account");
  EXPECT_EQ(db_.value("SELECT status FROM tbl_pay"), "paid");
  EXPECT_EQ(refund(2), "failed unknown_payment");
  EXPECT_EQ(summary(db_.run(db_.undo("refund", "null"))), "failed invalid_input");
  EXPECT_EQ(summary(db_.run(db_.undo("refund", R"({"pay_id": "1"})"))), "failed invalid_input");
}

TEST_F(PayPlugin, TwoRefundsAtOnceCreditOnce) {
  charge("alice", 30);
  pqxx::connection other(db_.url());
  pqxx::work first(other);
  sagad::Transaction::Prepared prepared;
  sagad::Transaction tx(first, prepared);
  ASSERT_EQ(summary(db_.runner().run(db_.undo("refund", pay_id(1)), tx)), R"(done {"pay_id":1})");
  const auto waiting = db_.undo("refund", pay_id(1));
  auto second = std::async(std::launch::async, [&] { return summary(db_.run(waiting)); });
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  first.commit();
  EXPECT_EQ(second.get(), R"(done {"pay_id":1})");
  EXPECT_EQ(balance("alice"), "100");
}

TEST_F(PayPlugin, ABatchRefusesWhatDoesNotFitAndTakesSmallerOnesAfterIt) {
  std::vector<Command> batch;
  for (const int amount : {60, 50, 30, 20, 10, 1}) {
    batch.push_back(db_.command("charge", charge_input("alice", amount)));
  }
  std::vector<std::string> summaries;
  for (const auto& answer : db_.run_batch(batch)) summaries.push_back(summary(answer));
  EXPECT_THAT(summaries, testing::ElementsAre(R"(done {"pay_id":1})", "failed insufficient_funds",
                                              R"(done {"pay_id":2})", "failed insufficient_funds",
                                              R"(done {"pay_id":3})", "failed insufficient_funds"));
  EXPECT_EQ(balance("alice"), "0");
  EXPECT_EQ(money(), "105");
}

TEST_F(PayPlugin, ABatchOfRefundsGivesTheAnswersOfSingleOnes) {
  charge("alice", 10);
  charge("alice", 20);
  charge("bob", 5);
  refund(2);
  db_.exec("DELETE FROM tbl_account WHERE id = 'bob'");
  std::vector<Command> batch;
  for (const int id : {3, 2, 1, 9, 1}) batch.push_back(db_.undo("refund", pay_id(id)));
  batch.push_back(db_.undo("refund", "{}"));
  std::vector<std::string> summaries;
  for (const auto& answer : db_.run_batch(batch)) summaries.push_back(summary(answer));
  EXPECT_THAT(summaries, testing::ElementsAre("failed unknown_account", R"(done {"pay_id":2})",
                                              R"(done {"pay_id":1})", "failed unknown_payment",
                                              R"(done {"pay_id":1})", "failed invalid_input"));
  EXPECT_EQ(balance("alice"), "100");
}

}  // namespace
