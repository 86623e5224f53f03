// Answers that come later and external actions, through the programs, with a daemon that is killed.

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "integration/deployment.hpp"

namespace sagad::tests {
namespace {

using namespace std::chrono_literals;

std::string text(const json::object& document, std::string_view key) {
  const auto* found = document.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
}

/// A paid order before the step `flaky`.
std::string paid_then(const std::string& name, const std::string& step) {
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

class LaterAndExternal : public ::testing::Test {
 protected:
  void run() { deployment_.start("sagad", Deployment::everything()); }
  void kill_and_run() {
    deployment_.kill("sagad");
    run();
  }
  std::string begin(const std::string& step) {
    deployment_.define("flaked", paid_then("flaked", step));
    run();
    return deployment_.start_saga("flaked", json::object{});
  }
  json::object saga(const std::string& id) {
    return deployment_.get("/v1/sagas/" + id).body.as_object();
  }
  std::string step_status(const std::string& id) {
    const auto document = saga(id);
    return text(document.at("steps").as_array().at(2).as_object(), "status");
  }
  void await(const std::function<bool()>& holds) {
    for (int tries = 0; tries < 300 && !holds(); ++tries) std::this_thread::sleep_for(50ms);
    ASSERT_TRUE(holds());
  }
  std::string flaky(const std::string& sql) { return deployment_.sql("flaky", sql); }
  std::string token() { return flaky("SELECT token FROM tbl_flaky_token"); }
  Deployment::Reply complete(const std::string& id, json::object answer) {
    return deployment_.post("/v1/sagas/" + id + "/steps/flaky/complete", std::move(answer));
  }

  Deployment deployment_;
};

TEST_F(LaterAndExternal, ALaterStepIsCompletedOverHttpAfterAKill) {
  const auto id = begin(R"(
  - { id: flaky, action: flaky.later, compensate: flaky.undo }
output: { answer: "${ .steps.flaky.output.answer }" }
)");
  await([&] { return step_status(id) == "waiting"; });
  kill_and_run();
  EXPECT_EQ(step_status(id), "waiting");
  EXPECT_EQ(complete(id, {{"token", "0.0.wrong"}, {"output", {{"answer", 42}}}}).status, 403);
  EXPECT_EQ(complete(id, {{"token", token()}}).status, 400);
  const auto taken = complete(id, {{"token", token()}, {"output", {{"answer", 42}}}});
  EXPECT_EQ(taken.status, 200);
  EXPECT_FALSE(taken.body.at("existing").as_bool());
  const auto again = complete(id, {{"token", token()}, {"output", {{"answer", 42}}}});
  EXPECT_EQ(again.status, 200);
  EXPECT_TRUE(again.body.at("existing").as_bool());
  EXPECT_EQ(complete(id, {{"token", token()}, {"code", "declined"}}).status, 409);
  const auto ended = deployment_.wait_end(id);
  EXPECT_EQ(text(ended, "status"), "completed");
  EXPECT_EQ(json::serialize(ended.at("output")), R"({"answer":42})");
  EXPECT_EQ(flaky("SELECT count(*) FROM tbl_flaky_effect"), "1");
  deployment_.expect_clean_books();
}

TEST_F(LaterAndExternal, ALaterStepThatFailsInTheEndIsUndone) {
  const auto id = begin("  - { id: flaky, action: flaky.later, compensate: flaky.undo }\n");
  await([&] { return step_status(id) == "waiting"; });
  const auto reply =
      complete(id, {{"token", token()}, {"code", "declined"}, {"message", "no funds"}});
  EXPECT_EQ(reply.status, 200);
  const auto ended = deployment_.wait_end(id);
  EXPECT_EQ(text(ended, "status"), "compensated");
  EXPECT_EQ(text(ended.at("error").as_object(), "code"), "declined");
  EXPECT_EQ(flaky("SELECT string_agg(action, ',' ORDER BY id) FROM tbl_flaky_effect"),
            "later,undo");
  deployment_.expect_clean_books();
}

TEST_F(LaterAndExternal, ALaterStepThatIsNeverAnsweredTimesOutAndIsUndone) {
  const auto id =
      begin("  - { id: flaky, action: flaky.later, compensate: flaky.undo, total_timeout: 1s }\n");
  const auto ended = deployment_.wait_end(id);
  EXPECT_EQ(text(ended, "status"), "compensated");
  EXPECT_EQ(text(ended.at("error").as_object(), "code"), "total_timeout");
  EXPECT_EQ(complete(id, {{"token", token()}, {"output", nullptr}}).status, 409);
  EXPECT_EQ(flaky("SELECT string_agg(action, ',' ORDER BY id) FROM tbl_flaky_effect"),
            "later,undo");
  deployment_.expect_clean_books();
}

TEST_F(LaterAndExternal, AnExternalActionThatIsKilledInTheMiddleRunsAgainAndCountsOnce) {
  const auto id = begin(R"(
  - id: flaky
    action: flaky.outside
    input: { ms: 2000 }
    compensate: flaky.outside_undo
    timeout: 3s
)");
  await([&] { return flaky("SELECT count(*) FROM tbl_flaky_call") == "1"; });
  kill_and_run();
  const auto ended = deployment_.wait_end(id, 60s);
  EXPECT_EQ(text(ended, "status"), "completed");
  EXPECT_EQ(flaky("SELECT count(*) FROM tbl_flaky_call"), "2") << "it ran again";
  EXPECT_EQ(flaky("SELECT count(*) FROM tbl_flaky_outside"), "1") << "under the same key";
  EXPECT_EQ(flaky("SELECT count(*) FROM sagad.inbox WHERE outcome = 'claimed'"), "0");
  deployment_.expect_clean_books();
}

TEST_F(LaterAndExternal, AnExternalRefusalAfterAKillIsInDoubtAndUndone) {
  const auto id = begin(R"(
  - id: flaky
    action: flaky.outside
    input: { ms: 2000, refuse_after: 1 }
    compensate: flaky.outside_undo
    timeout: 3s
)");
  await([&] { return flaky("SELECT count(*) FROM tbl_flaky_outside") == "1"; });
  kill_and_run();
  const auto ended = deployment_.wait_end(id, 60s);
  EXPECT_EQ(text(ended, "status"), "compensated");
  EXPECT_EQ(text(ended.at("error").as_object(), "code"), "refused");
  EXPECT_EQ(flaky("SELECT count(*) FROM tbl_flaky_outside WHERE undone"), "1");
  deployment_.expect_clean_books();
}

}  // namespace
}  // namespace sagad::tests
