// Fan-outs and sleeps through the programs.

#include <gtest/gtest.h>

#include "integration/deployment.hpp"

namespace sagad::tests {
namespace {

using namespace std::chrono_literals;

const std::string kBasket = R"(
name: basket
version: 1
deadline: 5m
steps:
  - id: orders
    action: order.create
    foreach: "${ .input.lines }"
    max_parallel: 3
    input: { order_name: "${ .item.name }", account: alice, amount: "${ .item.amount }" }
    compensate: { action: order.cancel, input: { order_id: "${ .steps.orders.output.order_id }" } }
  - { id: rest, sleep: 50ms }
  - id: pays
    action: pay.charge
    foreach: "${ [.steps.orders.output, .input.lines] | transpose }"
    max_parallel: 2
    input: { order_id: "${ .item[0].order_id }", account: alice, amount: "${ .item[1].amount }" }
    compensate: pay.refund
output: { orders: "${ .steps.orders.output | map(.order_id) }" }
)";

/// Lines of 1, 2, … to alice's account.
json::object basket(int lines) {
  json::array list;
  for (int i = 1; i <= lines; ++i) {
    list.push_back(json::object{{"name", "line " + std::to_string(i)}, {"amount", i}});
  }
  return {{"lines", std::move(list)}};
}

std::string status_of(const json::object& saga) {
  return std::string(saga.at("status").as_string());
}

const json::object& step(const json::object& saga, std::size_t index) {
  return saga.at("steps").as_array().at(index).as_object();
}

class Foreach : public ::testing::Test {
 protected:
  Foreach() { deployment_.define("basket", kBasket); }
  void run() { deployment_.start("sagad", Deployment::everything()); }
  Deployment deployment_;
};

TEST_F(Foreach, EveryLineIsOrderedAndPaid) {
  run();
  const auto saga = deployment_.wait_end(deployment_.start_saga("basket", basket(10)));
  EXPECT_EQ(status_of(saga), "completed");
  EXPECT_EQ(saga.at("output").at("orders").as_array().size(), 10U);
  EXPECT_EQ(step(saga, 0).at("output").as_array().size(), 10U);
  EXPECT_EQ(step(saga, 0).at("items").at("counts").at("done").as_int64(), 10);
  EXPECT_EQ(deployment_.sql("order", "SELECT count(*) FROM tbl_order WHERE status = 'created'"),
            "10");
  EXPECT_EQ(deployment_.sql("order",
                            "SELECT string_agg(order_name, ',' ORDER BY amount) FROM tbl_order "
                            "WHERE amount <= 3"),
            "line 1,line 2,line 3");
  EXPECT_EQ(deployment_.sql("pay", "SELECT sum(amount) FROM tbl_pay WHERE status = 'paid'"), "55");
  deployment_.expect_clean_books();
}

TEST_F(Foreach, ARefusalInTheMiddleUndoesEveryLine) {
  run();
  auto input = basket(6);
  input.at("lines").as_array()[3].as_object()["amount"] = 2'000'000;  // more than there is
  const auto saga = deployment_.wait_end(deployment_.start_saga("basket", input));
  EXPECT_EQ(status_of(saga), "compensated");
  EXPECT_EQ(saga.at("error").at("code").as_string(), "insufficient_funds");
  EXPECT_EQ(deployment_.sql("order", "SELECT count(*) FROM tbl_order WHERE status <> 'cancelled'"),
            "0");
  EXPECT_EQ(deployment_.sql("order", "SELECT count(*) FROM tbl_order"), "6");
  EXPECT_EQ(deployment_.sql("pay", "SELECT count(*) FROM tbl_pay WHERE status = 'paid'"), "0");
  EXPECT_EQ(deployment_.balance("alice"), 999000);
  deployment_.expect_clean_books();
}

TEST_F(Foreach, AnEmptyBasketCompletes) {
  run();
  const auto saga = deployment_.wait_end(deployment_.start_saga("basket", basket(0)));
  EXPECT_EQ(status_of(saga), "completed");
  EXPECT_EQ(saga.at("output"), json::parse(R"({"orders": []})"));
  deployment_.expect_clean_books();
}

TEST_F(Foreach, KilledInTheMiddleEveryLineIsStillOrderedAndPaidOnce) {
  run();
  const auto id = deployment_.start_saga("basket", basket(60));
  for (int i = 0; i < 3; ++i) {
    deployment_.kill("sagad");
    run();
  }
  const auto saga = deployment_.wait_end(id, 60s);
  EXPECT_EQ(status_of(saga), "completed");
  EXPECT_EQ(deployment_.sql("order", "SELECT count(*) FROM tbl_order WHERE status = 'created'"),
            "60");
  EXPECT_EQ(deployment_.sql("pay", "SELECT count(*) FROM tbl_pay WHERE status = 'paid'"), "60");
  deployment_.expect_clean_books();
}

TEST_F(Foreach, ASleepOutlivesTheDaemon) {
  deployment_.define("nap", R"(
name: nap
version: 1
deadline: 5m
steps:
  - { id: nap, sleep: 3s }
  - { id: order, action: order.create, input: { order_name: x, account: alice, amount: 5 } }
  - { id: pay, action: pay.charge, input: { order_id: "${ .steps.order.output.order_id }", account: alice, amount: 5 } }
)");
  run();
  const auto id = deployment_.start_saga("nap", json::object{});
  const auto asleep = deployment_.get("/v1/sagas/" + id).body.as_object();
  EXPECT_EQ(step(asleep, 0).at("status").as_string(), "waiting");
  EXPECT_TRUE(step(asleep, 0).at("wakes_at").is_string());
  deployment_.kill("sagad");
  run();
  EXPECT_EQ(status_of(deployment_.wait_end(id)), "completed");
  deployment_.expect_clean_books();
}

}  // namespace
}  // namespace sagad::tests
