// Versions of definitions and dead letters, through the programs.

#include <gtest/gtest.h>

#include <thread>

#include "integration/deployment.hpp"

namespace sagad::tests {
namespace {

using namespace std::chrono_literals;

std::string two_steps(const std::string& name, int version) {
  return "name: " + name + "\nversion: " + std::to_string(version) + R"(
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
)";
}

class DefinitionsTest : public ::testing::Test {
 protected:
  json::value answer(const std::string& path, const json::value& body, int status = 200) {
    const auto reply = deployment_.post(path, body);
    EXPECT_EQ(reply.status, status) << json::serialize(reply.body);
    return reply.body;
  }
  std::string state(const std::string& name, int version) {
    const auto reply = deployment_.get("/v1/definitions/" + name);
    for (const auto& one : reply.body.at("versions").as_array()) {
      if (one.at("version") == version) return one.at("state").as_string().c_str();
    }
    return "unknown";
  }

  Deployment deployment_;
};

TEST_F(DefinitionsTest, ASagaGoesOnThoughItsFileIsGone) {
  deployment_.define("passing", two_steps("passing", 1));
  // Nobody executes its steps yet.
  deployment_.start("engine", {true, {"flaky"}});
  const auto id = deployment_.start_saga("passing", json::object{});
  deployment_.stop("engine");
  deployment_.undefine("passing");
  deployment_.start("sagad", Deployment::everything());
  EXPECT_EQ(deployment_.wait_end(id).at("status"), "completed");
  EXPECT_EQ(state("passing", 1), "active") << "only a person retires it";
  deployment_.expect_clean_books();
}

TEST_F(DefinitionsTest, ARetiredVersionTakesNoStartsAndItsSagasGoOn) {
  deployment_.define("versions", two_steps("versions", 1));
  deployment_.start("engine", {true, {"flaky"}});
  const auto first = deployment_.post("/v1/sagas/versions", json::object{}, "key-1");
  ASSERT_EQ(first.status, 201);
  const std::string path = "/v1/definitions/versions/versions/1/";
  EXPECT_EQ(answer(path + "retire", {{"by", "ann"}, {"reason", "replaced"}}).at("changed"), true);
  EXPECT_EQ(answer(path + "retire", json::object{}).at("changed"), false);
  answer("/v1/definitions/versions/versions/7/retire", json::object{}, 404);

  const auto refused = deployment_.post("/v1/sagas/versions?version=1", json::object{}, "key-2");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.body.at("type"), "urn:sagad:problem:retired_definition");
  EXPECT_EQ(deployment_.post("/v1/sagas/versions", json::object{}).status, 409);
  const auto again = deployment_.post("/v1/sagas/versions", json::object{}, "key-1");
  EXPECT_EQ(again.status, 200) << "a known key gets its saga";
  EXPECT_EQ(again.body.at("id"), first.body.at("id"));
  EXPECT_EQ(deployment_.post("/v1/sagas/versions", {{"other", 1}}, "key-1").status, 409);

  const auto listed = deployment_.get("/v1/definitions/versions").body.at("versions").at(0);
  EXPECT_EQ(listed.at("live"), 1);
  EXPECT_EQ(listed.at("state_by"), "ann");
  EXPECT_EQ(listed.at("state_reason"), "replaced");

  deployment_.stop("engine");
  deployment_.start("sagad", Deployment::everything());
  EXPECT_EQ(state("versions", 1), "retired") << "though its file is still in the folder";
  const auto id = std::string(first.body.at("id").as_string());
  EXPECT_EQ(deployment_.wait_end(id).at("status"), "completed");
  EXPECT_EQ(answer(path + "activate", json::object{}).at("changed"), true);
  EXPECT_EQ(deployment_.post("/v1/sagas/versions", json::object{}).status, 201);
  deployment_.wait_idle();
  deployment_.expect_clean_books();
}

TEST_F(DefinitionsTest, SagasAreFoundByTheirTags) {
  deployment_.define("tagged", two_steps("tagged", 1) + R"(
tags:
  account: "${ .input.account }"
  large: "${ .input.amount > 100 }"
  odd: "${ .input.account.name }"
)");
  deployment_.start("sagad", Deployment::everything());
  const auto small = deployment_.start_saga("tagged", {{"account", "alice"}, {"amount", 30}});
  const auto large = deployment_.start_saga("tagged", {{"account", "alice"}, {"amount", 130}});
  const auto found = [&](const std::string& filter) {
    std::string ids;
    const auto reply = deployment_.get("/v1/sagas?" + filter);
    EXPECT_EQ(reply.status, 200) << json::serialize(reply.body);
    for (const auto& saga : reply.body.at("sagas").as_array()) {
      ids += std::string(saga.at("id").as_string()) + " ";
    }
    return ids;
  };
  EXPECT_EQ(found("tag.account=alice"), large + " " + small + " ");
  EXPECT_EQ(found("tag.account=alice&tag.large=true"), large + " ");
  EXPECT_EQ(found("tag.account=bob"), "");
  EXPECT_EQ(deployment_.get("/v1/sagas?tag.=x").status, 400);
  const auto saga = deployment_.wait_end(small);
  EXPECT_EQ(saga.at("status"), "completed") << "a tag that cannot be had stops no saga";
  EXPECT_EQ(saga.at("tags"),
            (json::value{{"account", "alice"}, {"large", "false"}, {"odd", nullptr}}));
  const auto history = deployment_.get("/v1/sagas/" + small + "/history").body;
  EXPECT_EQ(history.at("events").at(1).at("type"), "tag_error");
  EXPECT_EQ(history.at("events").at(1).at("tag"), "odd");
  deployment_.wait_idle();
  deployment_.expect_clean_books();
}

TEST_F(DefinitionsTest, AStartThatNobodyKnewIsRedrivenOnceItIsDefined) {
  deployment_.start("sagad", Deployment::everything());
  const auto id = deployment_.sql("order", "SELECT sagad.start_saga('soon', '{}', 'soon-1')");
  json::value letters;
  for (int tries = 0; tries < 200; ++tries) {
    letters = deployment_.get("/v1/dead-letters?state=open&reason=unknown_definition").body;
    if (!letters.at("dead_letters").as_array().empty()) break;
    std::this_thread::sleep_for(50ms);
  }
  ASSERT_EQ(letters.at("dead_letters").as_array().size(), 1U);
  const auto& letter = letters.at("dead_letters").at(0);
  EXPECT_EQ(letter.at("participant"), "coordinator");
  const auto path = "/v1/dead-letters/" + json::serialize(letter.at("id"));
  EXPECT_NE(json::serialize(deployment_.get(path).body.at("payload")).find("soon-1"),
            std::string::npos);
  const auto early = answer(path + "/redrive", json::object{}, 409);
  EXPECT_EQ(early.at("type"), "urn:sagad:problem:not_redrivable");

  deployment_.stop("sagad");
  deployment_.define("soon", two_steps("soon", 1));
  deployment_.start("sagad", Deployment::everything());
  EXPECT_EQ(answer("/v1/dead-letters/redrive", {{"dry_run", true}}).at("open"), 1);
  const auto many = answer("/v1/dead-letters/redrive",
                           {{"filter", {{"reason", "unknown_definition"}}}, {"by", "ann"}});
  EXPECT_EQ(many.at("results"), (json::value{{"started", 1}})) << json::serialize(many);
  EXPECT_EQ(deployment_.wait_end(id).at("status"), "completed") << "under the id that SQL gave";
  const auto handled = deployment_.get(path).body;
  EXPECT_EQ(handled.at("state"), "redriven");
  EXPECT_EQ(handled.at("handled_by"), "ann");
  answer(path + "/discard", json::object{}, 409);
  answer("/v1/dead-letters/999/discard", json::object{}, 404);
  answer(path + "/redrive", {{"because", "typo"}}, 400);
  deployment_.expect_clean_books();
}

}  // namespace
}  // namespace sagad::tests
