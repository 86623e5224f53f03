// The main job through the programs: what a user of the API sees, and what the books say.

#include <gtest/gtest.h>

#include "integration/deployment.hpp"

namespace sagad::tests {
namespace {

using namespace std::chrono_literals;

json::object order(std::int64_t amount, const std::string& account = "alice") {
  return {{"order_name", "book"}, {"account", account}, {"amount", amount}};
}

std::string text(const json::object& document, std::string_view key) {
  const auto* found = document.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
}

/// A definition of one flaky step after a paid order.
std::string flaky_saga(const std::string& name, const std::string& step) {
  return "name: " + name + R"(
version: 1
deadline: 5m
steps:
  - id: create_order
    action: order.create
    input: { order_name: x, account: alice, amount: 10 }
    compensate: order.cancel
  - id: pay
    action: pay.charge
    input: { order_id: "${ .steps.create_order.output.order_id }", account: alice, amount: 10 }
    compensate: pay.refund
)" + step;
}

class OrderPay : public ::testing::Test {
 protected:
  void run() { deployment_.start("sagad", Deployment::everything()); }
  std::string effects(const std::string& saga) {
    return deployment_.sql("flaky",
                           "SELECT coalesce(string_agg(action, ',' ORDER BY id), '') "
                           "FROM tbl_flaky_effect WHERE saga_id = '" +
                               saga + "'");
  }
  Deployment deployment_;
};

TEST_F(OrderPay, AnOrderIsPaid) {
  run();
  const auto id = deployment_.start_saga("order-pay", order(30));
  const auto saga = deployment_.wait_end(id);
  EXPECT_EQ(text(saga, "status"), "completed");
  EXPECT_EQ(deployment_.sql("order", "SELECT status FROM tbl_order"), "created");
  EXPECT_EQ(deployment_.sql("pay", "SELECT amount FROM tbl_pay WHERE status = 'paid'"), "30");
  EXPECT_EQ(deployment_.balance("alice"), 999000 - 30);
  deployment_.expect_clean_books();
}

TEST_F(OrderPay, ARefusedPaymentCancelsTheOrder) {
  run();
  const auto id = deployment_.start_saga("order-pay", order(5000, "bob"));
  const auto saga = deployment_.wait_end(id);
  EXPECT_EQ(text(saga, "status"), "compensated");
  EXPECT_EQ(text(saga.at("error").as_object(), "code"), "insufficient_funds");
  EXPECT_EQ(deployment_.sql("order", "SELECT status FROM tbl_order"), "cancelled");
  EXPECT_EQ(deployment_.sql("pay", "SELECT count(*) FROM tbl_pay"), "0");
  EXPECT_EQ(deployment_.balance("bob"), 1000);
  deployment_.expect_clean_books();
}

TEST_F(OrderPay, AnUnknownAccountCancelsTheOrder) {
  run();
  const auto saga = deployment_.wait_end(deployment_.start_saga("order-pay", order(5, "nobody")));
  EXPECT_EQ(text(saga, "status"), "compensated");
  EXPECT_EQ(text(saga.at("error").as_object(), "code"), "unknown_account");
  deployment_.expect_clean_books();
}

TEST_F(OrderPay, ACheckoutThatFailsAfterThePaymentRefundsAndCancels) {
  run();
  auto input = order(300);
  input["limit"] = 200;
  const auto saga = deployment_.wait_end(deployment_.start_saga("checkout", input));
  EXPECT_EQ(text(saga, "status"), "compensated");
  EXPECT_EQ(text(saga.at("error").as_object(), "code"), "order_limit_exceeded");
  EXPECT_EQ(deployment_.sql("pay", "SELECT status FROM tbl_pay"), "refunded");
  EXPECT_EQ(deployment_.sql("order", "SELECT status FROM tbl_order"), "cancelled");
  EXPECT_EQ(deployment_.balance("alice"), 999000);
  deployment_.expect_clean_books();
}

TEST_F(OrderPay, ACheckoutWithinTheLimitIsConfirmed) {
  run();
  auto input = order(100);
  input["limit"] = 200;
  const auto saga = deployment_.wait_end(deployment_.start_saga("checkout", input));
  EXPECT_EQ(text(saga, "status"), "completed");
  EXPECT_EQ(deployment_.sql("order", "SELECT status FROM tbl_order"), "confirmed");
  deployment_.expect_clean_books();
}

TEST_F(OrderPay, ATransientTroubleIsRetriedUntilItPasses) {
  deployment_.define("transient", flaky_saga("transient", R"(
  - id: flaky
    action: flaky.transient_then_ok
    input: { times: 2 }
    retry: { max_attempts: 5, initial_interval: 20ms }
)"));
  run();
  const auto id = deployment_.start_saga("transient", json::object{});
  const auto saga = deployment_.wait_end(id);
  EXPECT_EQ(text(saga, "status"), "completed");
  EXPECT_EQ(effects(id), "transient_then_ok") << "once, although it was called three times";
  deployment_.expect_clean_books();
}

TEST_F(OrderPay, AnExhaustedStepCompensatesWhatWasDone) {
  deployment_.define("exhausted", flaky_saga("exhausted", R"(
  - id: flaky
    action: flaky.transient_then_ok
    input: { times: 100 }
    compensate: flaky.undo
    retry: { max_attempts: 3, initial_interval: 20ms }
)"));
  run();
  const auto id = deployment_.start_saga("exhausted", json::object{});
  const auto saga = deployment_.wait_end(id);
  EXPECT_EQ(text(saga, "status"), "compensated");
  EXPECT_EQ(effects(id), "") << "it never took effect, so it is not undone";
  EXPECT_EQ(deployment_.sql("pay", "SELECT status FROM tbl_pay"), "refunded");
  deployment_.expect_clean_books();
}

TEST_F(OrderPay, AStepThatHangsInItsDatabaseIsEndedAndExhausted) {
  deployment_.define("hanging", flaky_saga("hanging", R"(
  - id: flaky
    action: flaky.sleep_in_sql
    input: { ms: 60000 }
    timeout: 500ms
    retry: { max_attempts: 2, initial_interval: 20ms }
)"));
  run();
  const auto id = deployment_.start_saga("hanging", json::object{});
  const auto saga = deployment_.wait_end(id);
  EXPECT_EQ(text(saga, "status"), "compensated");
  EXPECT_EQ(text(saga.at("error").as_object(), "code"), "timeout");
  EXPECT_EQ(effects(id), "");
  deployment_.expect_clean_books();
}

TEST_F(OrderPay, AStartWithAKnownKeyReturnsTheFirstInstance) {
  run();
  const auto first = deployment_.post("/v1/sagas/order-pay", order(30), "key-1");
  const auto second = deployment_.post("/v1/sagas/order-pay", order(30), "key-1");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(first.body.at("id"), second.body.at("id"));
  const auto other = deployment_.post("/v1/sagas/order-pay", order(31), "key-1");
  EXPECT_EQ(other.status, 409);
  deployment_.wait_idle();
  EXPECT_EQ(deployment_.sql("order", "SELECT count(*) FROM tbl_order"), "1");
  deployment_.expect_clean_books();
}

TEST_F(OrderPay, AStartInSqlIsPartOfTheCallersTransaction) {
  run();
  const std::string call =
      "SELECT sagad.start_saga('order-pay', "
      "'{\"order_name\":\"x\",\"account\":\"alice\",\"amount\":7}', 'sql-1')";
  const auto id = deployment_.sql("pay", call);
  EXPECT_EQ(text(deployment_.wait_end(id), "status"), "completed");
  deployment_.sql("engine", call);  // the same key, from another database
  const auto invalid = deployment_.sql(
      "order", "SELECT sagad.start_saga('order-pay', '{\"amount\":\"seven\"}', 'sql-2')");
  const auto refused = deployment_.wait_end(invalid);
  EXPECT_EQ(text(refused, "status"), "failed");
  EXPECT_EQ(text(refused, "reason"), "invalid_input");
  deployment_.expect_clean_books();
  EXPECT_EQ(deployment_.sql("order", "SELECT count(*) FROM tbl_order"), "1");
}

TEST_F(OrderPay, APluginThatCrashesTheDaemonPausesItsSagaOnly) {
  deployment_.define("crashing", flaky_saga("crashing", R"(
  - id: flaky
    action: flaky.crash
    input: { times: 4 }
)"));
  deployment_.start("engine", {true, {"order", "pay"}});
  deployment_.start("flaky", {false, {"flaky"}});
  const auto id = deployment_.start_saga("crashing", json::object{});
  // The first delivery is not counted, three are; each comes after the ack wait of 10 s.
  int crashes = 0;
  while (crashes < 6 && deployment_.ended("flaky", 15s)) {
    ++crashes;
    deployment_.start("flaky", {false, {"flaky"}});
  }
  const auto saga = deployment_.wait_end(id);
  EXPECT_EQ(text(saga, "status"), "paused");
  EXPECT_EQ(text(saga, "reason"), "dead_letter");
  EXPECT_EQ(crashes, 4);
  EXPECT_TRUE(deployment_.running("flaky"));
  EXPECT_EQ(deployment_.sql("engine", "SELECT reason FROM sagad.dead_letter"), "poison");
  // With the plugin mended, a person lets it go on.
  EXPECT_EQ(deployment_.post("/v1/sagas/" + id + "/resume", json::object{}).status, 200);
  EXPECT_EQ(text(deployment_.wait_end(id), "status"), "completed");
  EXPECT_EQ(effects(id), "crash");
}

}  // namespace
}  // namespace sagad::tests
