#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "postgres/plugin_fixture.hpp"
#include "support/plugins.hpp"

namespace {

using sagad::tests::order_plugin;
using sagad::tests::PluginDatabase;
using sagad::tests::summary;
using testing::HasSubstr;

class OrderPlugin : public testing::Test {
 protected:
  std::string create(std::string_view input) { return summary(db_.run("create", input)); }
  std::string review(int order) { return summary(db_.run("review", id(order))); }
  std::string confirm(int order) { return summary(db_.run("confirm", id(order))); }
  std::string cancel(int order) { return summary(db_.run(db_.undo("cancel", id(order)))); }
  std::string status(int order) {
    return db_.value("SELECT status FROM tbl_order WHERE id = " + std::to_string(order));
  }
  static std::string id(int order) { return R"({"order_id": )" + std::to_string(order) + "}"; }

  PluginDatabase db_{order_plugin()};
};

constexpr std::string_view kTea = R"({"order_name": "tea", "account": "alice", "amount": 30})";
constexpr std::string_view kLimited =
    R"({"order_name": "tea", "account": "alice", "amount": 30, "limit": 29})";

TEST_F(OrderPlugin, CreateWritesTheOrder) {
  const auto command = db_.command(
      "create", R"({"order_name": "te'a \"1\"", "account": "alice", "amount": 30, "limit": 40})");
  EXPECT_EQ(summary(db_.run(command)), R"(done {"order_id":1})");
  EXPECT_EQ(db_.value("SELECT concat_ws('|', order_name, account, amount, limit_amount, status) "
                      "FROM tbl_order"),
            R"(te'a "1"|alice|30|40|created)");
  EXPECT_EQ(db_.value("SELECT saga_id FROM tbl_order"), command.saga.str());
}

TEST_F(OrderPlugin, CreateWithoutALimit) {
  EXPECT_EQ(create(kTea), R"(done {"order_id":1})");
  EXPECT_EQ(create(R"({"order_name": "a", "account": "b", "amount": 1, "limit": null})"),
            R"(done {"order_id":2})");
  EXPECT_EQ(db_.value("SELECT count(*) FROM tbl_order WHERE limit_amount IS NULL"), "2");
}

TEST_F(OrderPlugin, CreateRefusesWrongInput) {
  for (const auto* input : {"null", "[]", "{}", R"({"order_name": "tea", "account": "alice"})",
                            R"({"order_name": "", "account": "alice", "amount": 1})",
                            R"({"order_name": "tea", "account": 7, "amount": 1})",
                            R"({"order_name": "tea", "account": "alice", "amount": 0})",
                            R"({"order_name": "tea", "account": "alice", "amount": 1.5})",
                            R"({"order_name": "tea", "account": "alice", "amount": "1"})",
                            R"({"order_name": "tea", "account": "a", "amount": 1, "limit": -1})"}) {
    EXPECT_EQ(create(input), "failed invalid_input") << input;
  }
  EXPECT_THAT(db_.run("create", R"({"order_name": "tea", "account": "a", "amount": 0})").message,
              HasSubstr("input.amount has to be an integer of at least 1, got 0"));
  EXPECT_EQ(db_.value("SELECT count(*) FROM tbl_order"), "0");
}

TEST_F(OrderPlugin, ReviewRefusesAnOrderAboveItsLimit) {
  create(kTea);
  create(kLimited);
  create(R"({"order_name": "tea", "account": "alice", "amount": 30, "limit": 30})");
  EXPECT_EQ(review(1), R"(done {"order_id":1})");
  EXPECT_EQ(review(2), "failed order_limit_exceeded");
  EXPECT_EQ(review(3), R"(done {"order_id":3})");
}

TEST_F(OrderPlugin, ReviewRefusesWhatIsNotInTheStatusCreated) {
  create(kTea);
  create(kTea);
  confirm(1);
  cancel(2);
  EXPECT_EQ(review(1), "failed order_not_created");
  EXPECT_EQ(review(2), "failed order_not_created");
  EXPECT_EQ(review(3), "failed unknown_order");
  EXPECT_EQ(summary(db_.run("review", R"({"order_id": "1"})")), "failed invalid_input");
}

TEST_F(OrderPlugin, ConfirmOnceAndAgain) {
  create(kTea);
  EXPECT_EQ(confirm(1), R"(done {"order_id":1})");
  const auto at = db_.value("SELECT confirmed_at FROM tbl_order");
  EXPECT_NE(at, "");
  EXPECT_EQ(confirm(1), R"(done {"order_id":1})");
  EXPECT_EQ(db_.value("SELECT confirmed_at FROM tbl_order"), at);
  EXPECT_EQ(status(1), "confirmed");
}

TEST_F(OrderPlugin, ConfirmRefusesACancelledOrUnknownOrder) {
  create(kTea);
  cancel(1);
  EXPECT_EQ(confirm(1), "failed order_cancelled");
  EXPECT_EQ(confirm(2), "failed unknown_order");
  EXPECT_EQ(summary(db_.run("confirm", "{}")), "failed invalid_input");
  EXPECT_EQ(status(1), "cancelled");
}

TEST_F(OrderPlugin, CancelOnceAndAgain) {
  create(kTea);
  EXPECT_EQ(cancel(1), R"(done {"order_id":1})");
  const auto at = db_.value("SELECT cancelled_at FROM tbl_order");
  EXPECT_NE(at, "");
  EXPECT_EQ(cancel(1), R"(done {"order_id":1})");
  EXPECT_EQ(db_.value("SELECT cancelled_at FROM tbl_order"), at);
  EXPECT_EQ(status(1), "cancelled");
}

TEST_F(OrderPlugin, CancelTakesTheOrderFromTheOutputOfTheAction) {
  create(kTea);
  auto undo = db_.undo("cancel", R"({"order_id": 1})");
  undo.input = boost::json::parse(R"({"order_id": 77})");
  EXPECT_EQ(summary(db_.run(undo)), R"(done {"order_id":1})");
  EXPECT_EQ(status(1), "cancelled");
  EXPECT_EQ(cancel(77), "failed unknown_order");
  EXPECT_EQ(summary(db_.run(db_.undo("cancel", "null"))), "failed invalid_input");
}

TEST_F(OrderPlugin, CancelAlsoUndoesAConfirmedOrder) {
  create(kTea);
  confirm(1);
  EXPECT_EQ(cancel(1), R"(done {"order_id":1})");
  EXPECT_EQ(status(1), "cancelled");
}

TEST_F(OrderPlugin, ABatchOfCreatesWritesEachOrderUnderItsOwnNumber) {
  std::vector<sagad::saga::Command> batch;
  for (int i = 1; i <= 50; ++i) {
    const auto amount = std::to_string(i % 5 == 0 ? 0 : i);  // every fifth is wrong
    batch.push_back(db_.command("create", R"({"order_name": "n,{\"\\)" + std::to_string(i) +
                                              R"(", "account": "a", "amount": )" + amount + "}"));
  }
  const auto answers = db_.run_batch(batch);
  ASSERT_EQ(answers.size(), batch.size());
  for (int i = 1; i <= 50; ++i) {
    const auto& answer = answers[static_cast<std::size_t>(i - 1)];
    if (i % 5 == 0) {
      EXPECT_EQ(summary(answer), "failed invalid_input");
      continue;
    }
    const auto id = std::to_string(answer.output.at("order_id").as_int64());
    EXPECT_EQ(db_.value("SELECT order_name || amount || saga_id FROM tbl_order WHERE id = " + id),
              "n,{\"\\" + std::to_string(i) + std::to_string(i) +
                  batch[static_cast<std::size_t>(i - 1)].saga.str());
  }
  EXPECT_EQ(db_.value("SELECT count(*) FROM tbl_order"), "40");
}

TEST_F(OrderPlugin, ABatchOfCancelsGivesTheAnswersOfSingleOnes) {
  for (int i = 0; i < 4; ++i) create(kTea);
  cancel(2);
  const auto at = db_.value("SELECT cancelled_at FROM tbl_order WHERE id = 2");
  confirm(3);
  std::vector<sagad::saga::Command> batch;
  for (const int order : {3, 9, 2, 1, 1}) batch.push_back(db_.undo("cancel", id(order)));
  batch.push_back(db_.undo("cancel", "{}"));
  std::vector<std::string> summaries;
  for (const auto& answer : db_.run_batch(batch)) summaries.push_back(summary(answer));
  EXPECT_THAT(summaries, testing::ElementsAre(R"(done {"order_id":3})", "failed unknown_order",
                                              R"(done {"order_id":2})", R"(done {"order_id":1})",
                                              R"(done {"order_id":1})", "failed invalid_input"));
  EXPECT_EQ(db_.value("SELECT string_agg(status, ' ' ORDER BY id) FROM tbl_order"),
            "cancelled cancelled cancelled created");
  EXPECT_EQ(db_.value("SELECT cancelled_at FROM tbl_order WHERE id = 2"), at);
}

}  // namespace
