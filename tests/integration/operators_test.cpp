// What operators order of sagas under way, through the API, with the real programs and databases.

#include <gtest/gtest.h>

#include <thread>

#include "integration/deployment.hpp"

namespace sagad::tests {
namespace {

using namespace std::chrono_literals;

std::string text(const json::object& document, std::string_view key) {
  const auto* found = document.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
}

/// After a paid order, these steps.
std::string after_payment(const std::string& name, const std::string& steps) {
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
)" + steps;
}

class OperatorsTest : public ::testing::Test {
 protected:
  void run(const std::string& name, const std::string& yaml) {
    deployment_.define(name, yaml);
    deployment_.start("sagad", Deployment::everything());
  }

  Deployment::Reply order(const std::string& saga, const std::string& verb,
                          json::object body = {}) {
    body["by"] = "ann";
    if (!body.contains("reason")) body["reason"] = "because";
    return deployment_.post("/v1/sagas/" + saga + "/" + verb, body);
  }
  /// Orders it; expects that it was applied.
  void apply(const std::string& saga, const std::string& verb, json::object body = {}) {
    const auto reply = order(saga, verb, std::move(body));
    EXPECT_EQ(reply.status, 200) << verb << ": " << reply.body;
    if (reply.status == 200) EXPECT_EQ(text(reply.body.as_object(), "result"), "applied");
  }
  void expect_status(const std::string& saga, const std::string& status,
                     const std::string& reason = {}) {
    const auto document = deployment_.wait_end(saga);
    EXPECT_EQ(text(document, "status"), status) << json::value(document);
    if (!reason.empty()) EXPECT_EQ(text(document, "reason"), reason);
  }
  std::string effects(const std::string& saga) {
    return deployment_.sql("flaky",
                           "SELECT coalesce(string_agg(action, ',' ORDER BY id), '') "
                           "FROM tbl_flaky_effect WHERE saga_id = '" +
                               saga + "'");
  }
  /// The history's entries about this verb, as `verb_applied by ann`.
  std::string recorded(const std::string& saga, const std::string& verb) {
    return deployment_.sql(
        "engine",
        "SELECT coalesce(string_agg(type || ' by ' || (event ->> 'by') || ': ' || "
        "(event ->> 'why'), ', ' ORDER BY sequence, number), '') "
        "FROM sagad.saga_history WHERE saga_id = '" +
            saga + "' AND event ->> 'verb' = '" + verb + "'");
  }

  Deployment deployment_;
};

TEST_F(OperatorsTest, APausedSagaStandsStillAndGoesOnWhenItIsResumed) {
  run("slow", after_payment("slow", R"(
  - id: flaky
    action: flaky.transient_then_ok
    input: { times: 2 }
    retry: { max_attempts: 5, initial_interval: 500ms, backoff_coefficient: 1, jitter: 0 }
)"));
  const auto id = deployment_.start_saga("slow", json::object{});
  apply(id, "pause");
  EXPECT_EQ(order(id, "pause").status, 200) << "twice is once";
  std::this_thread::sleep_for(1500ms);
  expect_status(id, "paused", "operator");
  EXPECT_EQ(effects(id), "");
  apply(id, "resume");
  expect_status(id, "completed");
  EXPECT_EQ(effects(id), "transient_then_ok");
  EXPECT_EQ(recorded(id, "pause"), "verb_applied by ann: because");
  EXPECT_EQ(recorded(id, "resume"), "verb_applied by ann: because");
  const auto late = order(id, "pause");
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(text(late.body.as_object(), "status"), "completed");
  deployment_.expect_clean_books();
}

TEST_F(OperatorsTest, AnExhaustedCompensationIsRetriedWithFreshAttempts) {
  run("exhausted", after_payment("exhausted", R"(
  - id: flaky
    action: flaky.ok
    compensate: { action: flaky.transient_then_ok, input: { times: 1 }, retry: { max_attempts: 1 } }
  - id: last
    action: flaky.refuse
)"));
  const auto id = deployment_.start_saga("exhausted", json::object{});
  expect_status(id, "paused", "compensation_exhausted");
  apply(id, "retry");
  expect_status(id, "compensated");
  EXPECT_EQ(effects(id), "ok,transient_then_ok");
  deployment_.expect_clean_books();
}

TEST_F(OperatorsTest, AFailedCompensationRunsInANewRoundAndMayBeDoneByHand) {
  run("refusing", after_payment("refusing", R"(
  - id: flaky
    action: flaky.ok
    compensate: flaky.refuse
  - id: last
    action: flaky.refuse
)"));
  const auto id = deployment_.start_saga("refusing", json::object{});
  expect_status(id, "paused", "compensation_failed");
  apply(id, "retry");
  expect_status(id, "paused", "compensation_failed");
  EXPECT_EQ(deployment_.sql("flaky", "SELECT round FROM sagad.inbox WHERE saga_id = '" + id +
                                         "' AND step = 'flaky' AND kind = 'undo'"),
            "1");
  apply(id, "steps/flaky/complete");
  apply(id, "resume");
  expect_status(id, "compensated");
  deployment_.expect_clean_books();
}

TEST_F(OperatorsTest, ACancelSettlesWhatIsInFlightAndUndoesTheRest) {
  run("sleepy", after_payment("sleepy", R"(
  - id: flaky
    action: flaky.sleep_in_sql
    input: { ms: 1500 }
    compensate: flaky.undo
)"));
  const auto id = deployment_.start_saga("sleepy", json::object{});
  std::this_thread::sleep_for(700ms);
  apply(id, "cancel");
  expect_status(id, "compensated", "cancelled");
  const auto left = effects(id);
  EXPECT_TRUE(left.empty() || left == "sleep_in_sql,undo") << left;
  EXPECT_EQ(deployment_.balance("alice"), 999000);
  EXPECT_EQ(text(order(id, "cancel").body.as_object(), "result"), "unchanged");
  deployment_.expect_clean_books();
}

const std::string kExhausted = R"(
  - id: flaky
    action: flaky.transient_then_ok
    input: { times: 100 }
    compensate: flaky.undo
    retry: { max_attempts: 1 }
    on_exhausted: pause
)";

TEST_F(OperatorsTest, ASkippedStepIsBarredAndTheSagaGoesOn) {
  run("skipping", after_payment("skipping", kExhausted));
  const auto id = deployment_.start_saga("skipping", json::object{});
  expect_status(id, "paused", "step_exhausted");
  EXPECT_EQ(order(id, "steps/nowhere/skip").status, 404);
  EXPECT_EQ(order(id, "steps/flaky/skip", {{"reason", ""}}).status, 422);
  EXPECT_EQ(order(id, "steps/pay/skip").status, 409) << "it is done";
  apply(id, "steps/flaky/skip");
  EXPECT_EQ(recorded(id, "skip"), "verb_pending by ann: because, verb_applied by ann: because");
  EXPECT_EQ(deployment_.sql("flaky", "SELECT outcome FROM sagad.inbox"), "barred");
  apply(id, "resume");
  expect_status(id, "completed");
  EXPECT_EQ(effects(id), "");
  deployment_.expect_clean_books();
}

TEST_F(OperatorsTest, WhatWasDoneByHandIsUndoneByThePlugin) {
  run("by-hand", after_payment("by-hand", kExhausted + R"(
  - id: last
    action: flaky.refuse
)"));
  const auto id = deployment_.start_saga("by-hand", json::object{});
  expect_status(id, "paused", "step_exhausted");
  apply(id, "steps/flaky/complete", {{"output", json::object{{"effect_id", 7}}}});
  apply(id, "resume");
  expect_status(id, "compensated");
  EXPECT_EQ(effects(id), "undo") << "although the action is recorded as barred";
  deployment_.expect_clean_books();
}

TEST_F(OperatorsTest, TheInputOfARefusedStepIsEditedAndTheSagaGoesOn) {
  run("editing", R"(
name: editing
version: 1
deadline: 5m
steps:
  - id: create_order
    action: order.create
    input: { order_name: x, account: alice, amount: 10 }
    pivot: true
  - id: pay
    action: pay.charge
    input: { order_id: "${ .steps.create_order.output.order_id }", account: nobody, amount: 10 }
)");
  const auto id = deployment_.start_saga("editing", json::object{});
  expect_status(id, "paused", "step_failed");
  const auto order_id = deployment_.sql("order", "SELECT id FROM tbl_order");
  json::object input{{"order_id", std::stoll(order_id)}, {"account", "alice"}, {"amount", 10}};
  EXPECT_EQ(order(id, "cancel").status, 409) << "the pivot is passed";
  EXPECT_EQ(order(id, "steps/pay/edit").status, 422) << "without an input";
  apply(id, "steps/pay/edit", {{"input", input}});
  expect_status(id, "completed");
  EXPECT_EQ(deployment_.balance("alice"), 999000 - 10);
  deployment_.expect_clean_books();
}

TEST_F(OperatorsTest, ASagaThatIsGivenUpStaysAsItIs) {
  run("giving-up", after_payment("giving-up", kExhausted));
  const auto id = deployment_.start_saga("giving-up", json::object{});
  expect_status(id, "paused", "step_exhausted");
  apply(id, "fail");
  expect_status(id, "failed", "given_up");
  EXPECT_EQ(deployment_.balance("alice"), 999000 - 10);
  EXPECT_EQ(text(order(id, "fail").body.as_object(), "result"), "unchanged");
  EXPECT_EQ(order("0198c7a2-5d2a-7c41-9b0e-6f1f0e8a7d35", "fail").status, 404);
}

TEST_F(OperatorsTest, AHundredPausedSagasAreResumedInBulk) {
  run("many", after_payment("many", R"(
  - id: flaky
    action: flaky.transient_then_ok
    input: { times: 1 }
    retry: { max_attempts: 1 }
    on_exhausted: pause
)"));
  constexpr int kSagas = 100;
  std::vector<std::string> ids;
  // One after the other: a batch that is run again would count the calls of its steps twice.
  for (int i = 0; i < kSagas; ++i) {
    ids.push_back(deployment_.start_saga("many", json::object{}));
    expect_status(ids.back(), "paused", "step_exhausted");
  }
  const auto bulk = [&](json::object body) {
    body["verb"] = "resume";
    body["by"] = "ann";
    body["reason"] = "mended";
    const auto reply = deployment_.post("/v1/sagas/bulk", body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.body.as_object();
  };
  const json::object filter{{"status", "paused"}, {"error_code", "transient"}};
  const auto dry = bulk({{"filter", filter}, {"dry_run", true}});
  EXPECT_EQ(dry.at("matching").to_number<int>(), kSagas);
  expect_status(ids[0], "paused");
  EXPECT_EQ(
      deployment_.post("/v1/sagas/bulk", {{"verb", "resume"}, {"filter", json::object{}}}).status,
      422)
      << "everything is nobody's wish";

  const auto begin = std::chrono::steady_clock::now();
  const auto some = bulk({{"filter", filter}, {"limit", 20}, {"max_per_second", 20}});
  EXPECT_EQ(some.at("applied").to_number<int>(), 20);
  EXPECT_FALSE(some.at("next_cursor").is_null()) << "there are more";
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 700ms) << "not faster than it may be";
  // As if that had been interrupted: it is just run again.
  const auto rest = bulk({{"filter", filter}, {"max_per_second", 1000}});
  EXPECT_EQ(rest.at("applied").to_number<int>(), kSagas - 20);
  EXPECT_EQ(rest.at("refused").to_number<int>(), 0);
  EXPECT_TRUE(rest.at("next_cursor").is_null());
  for (const auto& id : ids) expect_status(id, "completed");
  EXPECT_EQ(bulk({{"filter", filter}}).at("applied").to_number<int>(), 0);
  EXPECT_EQ(recorded(ids[0], "resume"), "verb_applied by ann: mended");
  deployment_.expect_clean_books();
}

/// Complaint 9: what is stuck, and why, is found by a filter and shown with its next try.
TEST_F(OperatorsTest, C09_WhatIsStuckAndWhyIsFound) {
  deployment_.define("broken", after_payment("broken", R"(
  - id: flaky
    action: flaky.transient_then_ok
    input: { times: 9 }
    retry: { max_attempts: 1 }
    on_exhausted: pause
)"));
  run("busy", after_payment("busy", R"(
  - id: flaky
    action: flaky.transient_then_ok
    input: { times: 9 }
    retry: { max_attempts: 9, initial_interval: 1h, max_interval: 1h, jitter: 0 }
)"));
  const auto retrying = deployment_.start_saga("busy", json::object{});
  const auto paused = deployment_.start_saga("broken", json::object{});
  expect_status(paused, "paused", "step_exhausted");
  const auto found = [&](const std::string& filter) {
    const auto reply = deployment_.get("/v1/sagas?" + filter);
    std::string ids;
    for (const auto& saga : reply.body.at("sagas").as_array()) {
      ids += text(saga.as_object(), "id") + "\n";
    }
    return ids;
  };
  for (int tries = 0; tries < 500 && found("retrying=true").empty(); ++tries) {
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(found("retrying=true"), retrying + "\n");
  EXPECT_EQ(found("status=paused"), paused + "\n");
  EXPECT_EQ(found("reason=step_exhausted"), paused + "\n");
  EXPECT_EQ(found("error_code=transient"), paused + "\n" + retrying + "\n") << "newest first";
  EXPECT_EQ(found("error_code=transient&older_than=1h"), "");

  const auto shown = deployment_.get("/v1/sagas/" + retrying).body;
  const auto& step = shown.at("steps").at(2).as_object();
  EXPECT_EQ(text(step, "status"), "retrying");
  EXPECT_EQ(step.at("attempts").to_number<int>(), 1);
  EXPECT_FALSE(text(step, "next_retry_at").empty());
  EXPECT_EQ(text(step.at("last_error").as_object(), "code"), "transient");
}

/// Complaint 12: bulk orders count first, take what their filter says and no more, and one that is
/// refused stops no other.
TEST_F(OperatorsTest, C12_BulkOrdersAreSafe) {
  run("tagged", "tags: { shop: \"${ .input.shop }\" }\n" + after_payment("tagged", R"(
  - id: flaky
    action: flaky.transient_then_ok
    input: { times: "${ .input.times }" }
    retry: { max_attempts: 1 }
    on_exhausted: pause
)"));
  const auto started = [&](const std::string& shop, int times) {
    return deployment_.start_saga("tagged", json::object{{"shop", shop}, {"times", times}});
  };
  const auto first = started("north", 9);
  const auto second = started("north", 9);
  const auto elsewhere = started("south", 9);
  const auto ended = started("north", 0);
  for (const auto& id : {first, second, elsewhere}) expect_status(id, "paused", "step_exhausted");
  expect_status(ended, "completed");
  apply(first, "steps/flaky/complete");

  json::object body{{"verb", "skip"},     {"step", "flaky"},
                    {"reason", "closed"}, {"by", "ann"},
                    {"dry_run", true},    {"filter", {{"tags", {{"shop", "north"}}}}}};
  const auto dry = deployment_.post("/v1/sagas/bulk", body);
  ASSERT_EQ(dry.status, 200) << dry.body;
  EXPECT_EQ(dry.body.at("matching").to_number<int>(), 2) << "of those that live";
  expect_status(second, "paused");

  body["dry_run"] = false;
  const auto report = deployment_.post("/v1/sagas/bulk", body).body;
  EXPECT_EQ(report.at("pending").to_number<int>(), 1) << "its step is settled first";
  ASSERT_EQ(report.at("refused").to_number<int>(), 1) << json::serialize(report);
  EXPECT_EQ(text(report.at("refusals").at(0).as_object(), "saga"), first);
  const auto step_of = [&](const std::string& id) {
    return text(deployment_.get("/v1/sagas/" + id).body.at("steps").at(2).as_object(), "status");
  };
  for (int tries = 0; tries < 500 && step_of(second) != "skipped"; ++tries) {
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(step_of(second), "skipped");
  EXPECT_EQ(step_of(first), "done");
  expect_status(elsewhere, "paused");
  body["filter"] = {{"tags", {{"shop", 7}}}};
  EXPECT_EQ(deployment_.post("/v1/sagas/bulk", body).status, 422);
}

TEST_F(OperatorsTest, AVerbWaitsForAParticipantThatIsAwayAndForceDoesNot) {
  deployment_.define("away", after_payment("away", R"(
  - id: flaky
    action: flaky.ok
)"));
  deployment_.start("engine", {true, {"order", "pay"}});
  const auto id = deployment_.start_saga("away", json::object{});
  const auto is_out = [&] {
    const auto reply = deployment_.get("/v1/sagas/" + id);
    return text(reply.body.at("steps").at(2).as_object(), "status") == "running";
  };
  for (int i = 0; i < 500 && !is_out(); ++i) std::this_thread::sleep_for(20ms);
  const auto waiting = order(id, "steps/flaky/skip?wait=100ms");
  EXPECT_EQ(waiting.status, 202);
  EXPECT_EQ(text(waiting.body.at("saga").at("pending").as_object(), "verb"), "skip");
  EXPECT_EQ(order(id, "steps/flaky/edit", {{"input", 1}}).status, 409) << "one at a time";
  apply(id, "steps/flaky/skip", {{"force", true}});
  expect_status(id, "completed");
}

}  // namespace
}  // namespace sagad::tests
