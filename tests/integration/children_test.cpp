// Sagas within sagas, and sagas that wait for a signal, through the real program.

#include <gtest/gtest.h>

#include <thread>

#include "integration/deployment.hpp"
#include "support/servers.hpp"

namespace sagad::tests {
namespace {

using namespace std::chrono_literals;

/// A saga that reserves, runs order-pay as its child, and ships.
std::string shop(const std::string& name, const std::string& ship) {
  return "name: " + name + R"(
version: 1
deadline: 10m
steps:
  - { id: reserve, action: flaky.ok, compensate: flaky.undo }
  - id: order
    child: order-pay@1
    input: { order_name: book, account: "${ .input.account }", amount: "${ .input.amount }" }
  - { id: ship, action: flaky.)" +
         ship + R"(, input: { order_id: "${ .steps.order.output.order_id }" } }
output: { order_id: "${ .steps.order.output.order_id }" }
)";
}

json::object goods(const std::string& account, std::int64_t amount) {
  return {{"account", account}, {"amount", amount}};
}

class Family : public ::testing::Test {
 protected:
  Family() {
    deployment_.define("shop", shop("shop", "ok"));
    deployment_.define("shop-fails", shop("shop-fails", "refuse"));
    deployment_.define("mall", R"(
name: mall
version: 1
steps:
  - { id: shop, child: shop@1, input: "${ .input }" }
  - { id: close, action: flaky.refuse }
)");
  }
  void run() { deployment_.start("sagad", Deployment::everything()); }
  static std::string text(const json::value& document, std::string_view key) {
    const auto* found = document.as_object().if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
  }
  std::string count(const std::string& definition, const std::string& status) {
    return deployment_.sql("engine", "SELECT count(*) FROM sagad.saga WHERE definition = '" +
                                         definition + "' AND status = '" + status + "'");
  }
  /// Starts sagas in SQL: a tenth of them has a child that is refused.
  void start_many(const std::string& definition, int count) {
    deployment_.sql("engine", "SELECT count(sagad.start_saga('" + definition +
                                  "', jsonb_build_object('account', CASE WHEN i % 10 = 0 THEN "
                                  "'nobody' ELSE 'alice' END, 'amount', 1 + i % 7), 'many-' || i)) "
                                  "FROM generate_series(1, " +
                                  std::to_string(count) + ") i");
  }
  void wait_for_children(int count) {
    for (int tries = 0; tries < 600; ++tries) {
      if (std::stoi(deployment_.sql("engine",
                                    "SELECT count(*) FROM sagad.saga WHERE definition = "
                                    "'order-pay' AND ended_at IS NOT NULL")) >= count) {
        return;
      }
      std::this_thread::sleep_for(20ms);
    }
    FAIL() << "too slow to disturb it in the middle";
  }
  void expect_all_ended(int count) {
    for (int tries = 0; tries < 1200; ++tries) {
      if (deployment_.sql("engine",
                          "SELECT count(*) FROM sagad.saga WHERE definition = 'shop' AND "
                          "status IN ('completed', 'compensated')") == std::to_string(count)) {
        break;
      }
      std::this_thread::sleep_for(100ms);
    }
    deployment_.wait_idle();
    const auto completed = std::to_string(count - count / 10);
    EXPECT_EQ(this->count("shop", "completed"), completed);
    EXPECT_EQ(this->count("order-pay", "completed"), completed);
    EXPECT_EQ(deployment_.sql("engine",
                              "SELECT count(*) FROM sagad.saga WHERE definition = "
                              "'order-pay'"),
              std::to_string(count))
        << "one child each";
    deployment_.expect_clean_books();
  }
  Deployment deployment_;
};

TEST_F(Family, ChildCompletesAndItsOutputGoesOn) {
  run();
  const auto id = deployment_.start_saga("shop", goods("alice", 30));
  const auto saga = deployment_.wait_end(id);
  EXPECT_EQ(text(saga, "status"), "completed") << json::serialize(saga);
  EXPECT_TRUE(saga.at("output").at("order_id").is_number());
  ASSERT_EQ(saga.at("children").as_array().size(), 1U);
  const auto& child = saga.at("children").at(0);
  EXPECT_EQ(text(child, "definition"), "order-pay");
  EXPECT_EQ(text(child, "status"), "completed");
  EXPECT_EQ(text(child.at("parent"), "saga"), id);
  EXPECT_EQ(text(child.at("parent"), "step"), "order");
  EXPECT_TRUE(child.at("key").is_null());
  const auto list = deployment_.get("/v1/sagas?parent=" + id).body;
  ASSERT_EQ(list.at("sagas").as_array().size(), 1U);
  EXPECT_EQ(text(list.at("sagas").at(0), "id"), text(child, "id"));
  deployment_.expect_clean_books();
}

TEST_F(Family, RefusedChildTurnsItsParentBack) {
  run();
  const auto id = deployment_.start_saga("shop", goods("bob", 5000));
  const auto saga = deployment_.wait_end(id);
  EXPECT_EQ(text(saga, "status"), "compensated");
  EXPECT_EQ(text(saga.at("error"), "code"), "insufficient_funds");
  EXPECT_EQ(deployment_.sql("flaky",
                            "SELECT string_agg(action, ',' ORDER BY id) FROM "
                            "tbl_flaky_effect"),
            "ok,undo");
  deployment_.expect_clean_books();
}

TEST_F(Family, InputThatDoesNotFitTheChildTurnsItsParentBack) {
  run();
  const auto saga = deployment_.wait_end(deployment_.start_saga("shop", goods("alice", 0)));
  EXPECT_EQ(text(saga, "status"), "compensated");
  EXPECT_EQ(text(saga.at("error"), "code"), "invalid_input");
  EXPECT_EQ(count("order-pay", "failed"), "1");
  deployment_.expect_clean_books();
}

TEST_F(Family, CompletedChildIsUndoneWithItsParent) {
  run();
  const auto saga = deployment_.wait_end(deployment_.start_saga("shop-fails", goods("alice", 30)));
  EXPECT_EQ(text(saga, "status"), "compensated");
  EXPECT_EQ(text(saga.at("error"), "code"), "refused");
  EXPECT_EQ(text(saga.at("children").at(0), "status"), "compensated");
  EXPECT_EQ(text(saga.at("children").at(0), "reason"), "undone_by_parent");
  EXPECT_EQ(deployment_.sql("pay", "SELECT status FROM tbl_pay"), "refunded");
  EXPECT_EQ(deployment_.sql("order", "SELECT status FROM tbl_order"), "cancelled");
  deployment_.expect_clean_books();
}

TEST_F(Family, GrandchildrenAreUndoneFromAbove) {
  run();
  const auto saga = deployment_.wait_end(deployment_.start_saga("mall", goods("alice", 30)));
  EXPECT_EQ(text(saga, "status"), "compensated");
  EXPECT_EQ(count("shop", "compensated"), "1");
  EXPECT_EQ(count("order-pay", "compensated"), "1");
  EXPECT_EQ(deployment_.sql("pay", "SELECT status FROM tbl_pay"), "refunded");
  deployment_.expect_clean_books();
}

TEST_F(Family, TheDaemonIsKilledInTheMiddleOfFamilies) {
  run();
  start_many("shop", 200);
  wait_for_children(20);
  deployment_.kill("sagad");
  run();
  wait_for_children(80);
  deployment_.kill("sagad");
  run();
  expect_all_ended(200);
}

TEST_F(Family, TheJetStreamStoreIsWipedInTheMiddleOfFamilies) {
  run();
  start_many("shop", 200);
  wait_for_children(20);
  nats().wipe_store();
  expect_all_ended(200);
}

TEST_F(Family, SagaWaitsForItsSignalThroughAKill) {
  deployment_.define("approval", R"(
name: approval
version: 1
steps:
  - id: create_order
    action: order.create
    input: { order_name: x, account: alice, amount: 10 }
    compensate: order.cancel
  - { id: approved, signal: approved }
  - id: pay
    action: pay.charge
    input:
      order_id: "${ .steps.create_order.output.order_id }"
      account: "${ .steps.approved.output.account }"
      amount: 10
    compensate: pay.refund
)");
  run();
  const auto id = deployment_.start_saga("approval", json::object{}, "a-1");
  const auto waits = [&] {
    const auto saga = deployment_.get("/v1/sagas/" + id).body;
    return text(saga.at("steps").at(1), "status") == "waiting";
  };
  for (int tries = 0; tries < 100 && !waits(); ++tries) std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(waits());
  deployment_.kill("sagad");
  run();
  const json::object payload{{"account", "alice"}};
  const auto path = "/v1/signals/approved?definition=approval&key=a-1";
  EXPECT_EQ(deployment_.post(path, payload, "mail-1").status, 200);
  const auto again = deployment_.post(path, payload, "mail-1");
  EXPECT_EQ(again.status, 200);
  EXPECT_TRUE(again.body.at("existing").as_bool());
  EXPECT_EQ(text(deployment_.wait_end(id), "status"), "completed");
  EXPECT_EQ(deployment_.post("/v1/sagas/" + id + "/signals/approved", payload).status, 409);
  EXPECT_EQ(deployment_.balance("alice"), 999000 - 10);
  deployment_.expect_clean_books();
}

}  // namespace
}  // namespace sagad::tests
