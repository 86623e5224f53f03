// What a bus that loses, doubles and delays may do to an order and its payment.

#include <gtest/gtest.h>

#include "integration/deployment.hpp"
#include "support/servers.hpp"

namespace sagad::tests {
namespace {

using namespace std::chrono_literals;

json::object order(std::int64_t amount, const std::string& account = "alice") {
  return {{"order_name", "book"}, {"account", account}, {"amount", amount}};
}

class Barrier : public ::testing::Test {
 protected:
  void run() { deployment_.start("sagad", Deployment::everything()); }
  void run_apart() {
    deployment_.start("engine", {true, {}});
    deployment_.start("order", {false, {"order"}});
    deployment_.start("pay", {false, {"pay"}});
  }
  std::string status_of(const std::string& id) {
    return std::string(deployment_.wait_end(id).at("status").as_string());
  }
  std::string order_id() { return deployment_.sql("order", "SELECT id FROM tbl_order"); }
  json::object charge(std::int64_t amount, const std::string& account) {
    return {{"order_id", std::stoll(order_id())}, {"account", account}, {"amount", amount}};
  }
  /// Until the streams are empty: what was published has been dealt with.
  void drain() {
    for (int tries = 0; tries < 100 && deployment_.full_streams() != 0; ++tries) {
      std::this_thread::sleep_for(100ms);
    }
    EXPECT_EQ(deployment_.full_streams(), 0);
  }
  Deployment deployment_;
};

TEST_F(Barrier, ADuplicateCommandGetsTheRecordedAnswerAndRunsNothing) {
  run();
  const auto id = deployment_.start_saga("order-pay", order(30));
  EXPECT_EQ(status_of(id), "completed");
  deployment_.publish_command(id, "create_order", "order.create", "do", order(30));
  deployment_.publish_command(id, "pay", "pay.charge", "do", charge(30, "alice"));
  drain();
  EXPECT_EQ(deployment_.sql("order", "SELECT count(*) FROM tbl_order"), "1");
  EXPECT_EQ(deployment_.balance("alice"), 999000 - 30);
  deployment_.expect_clean_books();
}

TEST_F(Barrier, ARefusalDeliveredAgainAfterATopUpStaysARefusal) {
  run();
  const auto id = deployment_.start_saga("order-pay", order(5000, "bob"));
  EXPECT_EQ(status_of(id), "compensated");
  deployment_.set_balance("bob", 10'000);
  deployment_.publish_command(id, "pay", "pay.charge", "do", charge(5000, "bob"));
  drain();
  EXPECT_EQ(deployment_.balance("bob"), 10'000) << "a refused charge has succeeded later";
  deployment_.expect_clean_books(Deployment::kTotal + 9000);
}

TEST_F(Barrier, AnActionAfterItsUndoIsRefused) {
  run();
  auto input = order(300);
  input["limit"] = 200;
  const auto id = deployment_.start_saga("checkout", input);
  EXPECT_EQ(status_of(id), "compensated");
  deployment_.publish_command(id, "pay", "pay.charge", "do", charge(300, "alice"));
  deployment_.publish_command(id, "pay", "pay.refund", "undo", json::object{});
  drain();
  EXPECT_EQ(deployment_.balance("alice"), 999000);
  deployment_.expect_clean_books();
}

TEST_F(Barrier, ASettleBeforeTheActionBarsIt) {
  deployment_.define("hasty", R"(
name: hasty
version: 1
deadline: 1s
steps:
  - id: create_order
    action: order.create
    input: { order_name: x, account: alice, amount: 10 }
    compensate: order.cancel
  - id: pay
    action: pay.charge
    input: { order_id: "${ .steps.create_order.output.order_id }", account: alice, amount: 10 }
    compensate: pay.refund
)");
  deployment_.start("engine", {true, {"order"}});
  const auto id = deployment_.start_saga("hasty", json::object{});
  // The payment service is away; the deadline comes; the settle overtakes the action, or not.
  for (int tries = 0; tries < 100; ++tries) {
    if (deployment_.get("/v1/sagas/" + id).body.at("status").as_string() == "compensating") break;
    std::this_thread::sleep_for(100ms);
  }
  deployment_.start("pay", {false, {"pay"}});
  EXPECT_EQ(status_of(id), "compensated");
  drain();
  EXPECT_EQ(deployment_.balance("alice"), 999000);
  EXPECT_EQ(deployment_.sql("order", "SELECT status FROM tbl_order"), "cancelled");
  deployment_.expect_clean_books();
}

TEST_F(Barrier, ALostResultIsAskedForAgain) {
  run_apart();
  deployment_.stop("pay");
  const auto id = deployment_.start_saga("order-pay", order(30));
  for (int tries = 0; tries < 100; ++tries) {
    if (deployment_.sql("order", "SELECT count(*) FROM tbl_order") == "1") break;
    std::this_thread::sleep_for(50ms);
  }
  std::this_thread::sleep_for(300ms);  // the command to pay is on the bus now
  deployment_.stop("engine");
  deployment_.start("pay", {false, {"pay"}});
  for (int tries = 0; tries < 100; ++tries) {
    if (deployment_.sql("pay", "SELECT count(*) FROM tbl_pay") == "1") break;
    std::this_thread::sleep_for(50ms);
  }
  nats().wipe_store();  // the result is gone with everything else
  deployment_.start("engine", {true, {}});
  EXPECT_EQ(status_of(id), "completed");
  EXPECT_EQ(deployment_.balance("alice"), 999000 - 30) << "charged once";
  deployment_.expect_clean_books();
}

TEST_F(Barrier, ThreeProcessesDoTheSameAsOne) {
  run_apart();
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    ids.push_back(deployment_.start_saga("order-pay", order(1 + i)));
    ids.push_back(deployment_.start_saga("order-pay", order(2000, "bob")));
  }
  int completed = 0;
  int compensated = 0;
  for (const auto& id : ids) {
    const auto status = status_of(id);
    completed += status == "completed" ? 1 : 0;
    compensated += status == "compensated" ? 1 : 0;
  }
  EXPECT_EQ(completed, 50);
  EXPECT_EQ(compensated, 50);
  deployment_.expect_clean_books();
  for (const auto* daemon : {"engine", "order", "pay"}) deployment_.stop(daemon);
}

}  // namespace
}  // namespace sagad::tests
