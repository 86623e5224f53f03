#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <set>

#include "dev/network.hpp"
#include "scenarios/api_daemon.hpp"

namespace sagad::tests {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using testing::HasSubstr;

/// One daemon for all tests of this program.
class ApiSagas : public testing::Test {
 protected:
  static void SetUpTestSuite() { daemon_ = std::make_unique<DevDaemon>(); }
  static void TearDownTestSuite() { daemon_.reset(); }

  struct Answer {
    int status;
    json::object body;
    httplib::Headers headers;
  };

  static Answer answer(const httplib::Result& result) {
    if (!result) throw std::runtime_error("no answer: " + httplib::to_string(result.error()));
    return {result->status, json::parse(result->body).as_object(), result->headers};
  }
  static httplib::Client client() {
    httplib::Client client("127.0.0.1", daemon_->api_port());
    client.set_read_timeout(70s);
    return client;
  }
  static Answer get(const std::string& path) { return answer(client().Get(path)); }
  static Answer post(const std::string& path, const std::string& body,
                     const std::string& key = "") {
    httplib::Headers headers;
    if (!key.empty()) headers.emplace("Idempotency-Key", key);
    return answer(client().Post(path, headers, body, "application/json"));
  }
  static std::string order(const std::string& account, int amount) {
    return json::serialize(
        json::object{{"order_name", "book"}, {"account", account}, {"amount", amount}});
  }
  static std::string text(const json::value& value) { return value.as_string().c_str(); }

  static std::unique_ptr<DevDaemon> daemon_;
};

std::unique_ptr<DevDaemon> ApiSagas::daemon_;

TEST_F(ApiSagas, PaidOrderIsSeenFromAllSides) {
  const auto started = post("/v1/sagas/order-pay?wait=30s", order("alice", 30), "paid");
  ASSERT_EQ(started.status, 201) << json::serialize(started.body);
  EXPECT_EQ(started.body.at("status"), "completed");
  EXPECT_EQ(started.body.at("existing"), false);
  const auto id = text(started.body.at("id"));
  EXPECT_EQ(started.headers.find("Location")->second, "/v1/sagas/" + id);

  const auto saga = get("/v1/sagas/" + id);
  EXPECT_EQ(saga.status, 200);
  EXPECT_EQ(saga.body.at("key"), "paid");
  EXPECT_EQ(saga.body.at("input").at("account"), "alice");
  EXPECT_TRUE(saga.body.at("output").at("order_id").is_number());
  EXPECT_TRUE(saga.body.at("error").is_null());
  const auto& steps = saga.body.at("steps").as_array();
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].at("id"), "create_order");
  EXPECT_EQ(steps[0].at("action"), "order.create");
  EXPECT_EQ(steps[0].at("compensate"), "order.cancel");
  EXPECT_EQ(steps[1].at("status"), "done");
  EXPECT_EQ(steps[1].at("attempts"), 1);

  const auto history = get("/v1/sagas/" + id + "/history");
  EXPECT_EQ(history.status, 200);
  const auto& events = history.body.at("events").as_array();
  ASSERT_GE(events.size(), 4U);
  EXPECT_EQ(events.front().at("type"), "started");
  EXPECT_EQ(events.back().at("type"), "completed");

  const auto again = post("/v1/sagas/order-pay", order("alice", 30), "paid");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(text(again.body.at("id")), id);
  EXPECT_EQ(again.body.at("existing"), true);

  const auto other = post("/v1/sagas/order-pay", order("alice", 31), "paid");
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(other.body.at("type"), "urn:sagad:problem:key_in_use");
  EXPECT_EQ(text(other.body.at("saga")), id);
}

TEST_F(ApiSagas, RefusedPaymentTellsWhy) {
  const auto started = post("/v1/sagas/order-pay?wait=30s", order("dave", 30), "refused");
  EXPECT_EQ(started.status, 201);
  EXPECT_EQ(started.body.at("status"), "compensated");
  EXPECT_EQ(started.body.at("error").at("code"), "insufficient_funds");
  const auto& steps = started.body.at("steps").as_array();
  EXPECT_EQ(steps.at(0).at("status"), "compensated");
  EXPECT_EQ(steps.at(1).at("status"), "failed");
  EXPECT_EQ(steps.at(1).at("last_error").at("code"), "insufficient_funds");

  const auto list = get("/v1/sagas?status=compensated&key=refused&definition=order-pay");
  ASSERT_EQ(list.body.at("sagas").as_array().size(), 1U);
  EXPECT_EQ(list.body.at("sagas").at(0).at("id"), started.body.at("id"));
  EXPECT_TRUE(list.body.at("next_cursor").is_null());
  EXPECT_TRUE(get("/v1/sagas?status=paused&key=refused").body.at("sagas").as_array().empty());
}

TEST_F(ApiSagas, PagesFollowEachOtherWithoutGapsOrDoubles) {
  std::set<std::string> started;
  for (int i = 0; i < 5; ++i) {
    started.insert(text(post("/v1/sagas/order-pay", order("nobody", 1)).body.at("id")));
  }
  std::set<std::string> seen;
  std::string cursor;
  for (int page = 0; page < 100; ++page) {
    const auto list = get("/v1/sagas?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor));
    for (const auto& saga : list.body.at("sagas").as_array()) {
      EXPECT_TRUE(seen.insert(text(saga.at("id"))).second);
    }
    if (list.body.at("next_cursor").is_null()) break;
    cursor = text(list.body.at("next_cursor"));
  }
  for (const auto& id : started) EXPECT_EQ(seen.count(id), 1U);
}

TEST_F(ApiSagas, RefusalsAreProblems) {
  const auto invalid =
      post("/v1/sagas/order-pay", R"({"order_name":"x","account":"a","amount":0})");
  EXPECT_EQ(invalid.status, 422);
  EXPECT_EQ(invalid.body.at("type"), "urn:sagad:problem:invalid_input");
  ASSERT_EQ(invalid.body.at("errors").as_array().size(), 1U);
  EXPECT_THAT(text(invalid.body.at("errors").at(0)), HasSubstr("/amount"));

  const auto unknown = post("/v1/sagas/order-pya", "{}");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body.at("type"), "urn:sagad:problem:unknown_definition");
  EXPECT_EQ(post("/v1/sagas/order-pay?version=99", order("a", 1)).status, 404);
  EXPECT_EQ(post("/v1/sagas/order-pay?wiat=1s", order("a", 1)).status, 400);
  EXPECT_EQ(post("/v1/sagas/order-pay", "{").body.at("type"), "urn:sagad:problem:bad_json");

  const std::string nobody = "/v1/sagas/01890a5d-ac96-774b-bcce-b302099a8057";
  EXPECT_EQ(get(nobody).body.at("type"), "urn:sagad:problem:unknown_saga");
  EXPECT_EQ(get(nobody + "/history").status, 404);
  EXPECT_EQ(get("/v1/sagas/4711").status, 404);
  EXPECT_EQ(get("/v1/sagas?status=lost").status, 400);
  EXPECT_EQ(get("/v1/sagas?cursor=1").status, 400);
  EXPECT_EQ(get("/v1/definitions/nothing").status, 404);
}

TEST_F(ApiSagas, DefinitionsAreListedAndShown) {
  const auto list = get("/v1/definitions");
  std::vector<std::string> names;
  for (const auto& definition : list.body.at("definitions").as_array()) {
    names.push_back(text(definition.at("name")));
    EXPECT_EQ(definition.at("state"), "active");
  }
  EXPECT_THAT(names, testing::ElementsAre("checkout", "order-pay"));
  const auto shown = get("/v1/definitions/order-pay");
  ASSERT_EQ(shown.body.at("versions").as_array().size(), 1U);
  EXPECT_EQ(shown.body.at("versions").at(0).at("definition").at("name"), "order-pay");
}

TEST_F(ApiSagas, HealthAndMetricsHaveAListenerOfTheirOwn) {
  httplib::Client health("127.0.0.1", DevDaemon::port_of(daemon_->url("health")));
  EXPECT_EQ(health.Get("/healthz")->status, 200);
  const auto ready = health.Get("/readyz");
  EXPECT_EQ(ready->status, 200) << ready->body;
  EXPECT_THAT(ready->body, HasSubstr(R"({"name":"database pay","ok":true})"));
  EXPECT_EQ(health.Get("/v1/sagas")->status, 404);

  ASSERT_EQ(post("/v1/sagas/order-pay?wait=30s", order("alice", 1)).body.at("status"), "completed");
  const auto metrics = health.Get("/metrics");
  EXPECT_EQ(metrics->status, 200);
  for (const auto* name :
       {"sagad_sagas_started_total{definition=\"order-pay\"}", "sagad_ready 1",
        "sagad_bus_connected 1", "sagad_http_requests_total{", "sagad_build_info{version="}) {
    EXPECT_THAT(metrics->body, HasSubstr(name));
  }
}

TEST_F(ApiSagas, CommandLineEndsWithTheStateOfTheSaga) {
  const std::vector<std::string> environment{"SAGAD_SERVER=" + daemon_->url("api")};
  const auto sagactl = [&](std::vector<std::string> arguments) {
    return run_program("sagactl", std::move(arguments), environment);
  };
  const auto paid =
      sagactl({"start", "order-pay", "--input", order("bob", 5), "--key", "cli", "--wait"});
  EXPECT_EQ(paid.status.code, 0) << paid.output;
  EXPECT_THAT(paid.output, HasSubstr("status      completed\n"));
  EXPECT_THAT(paid.output, HasSubstr("create_order  order.create  done"));

  const auto refused = sagactl({"start", "order-pay", "--input", order("dave", 5), "--wait=30s"});
  EXPECT_EQ(refused.status.code, 10) << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("insufficient_funds"));

  EXPECT_EQ(sagactl({"start", "order-pay", "--input", order("bob", 6), "--key", "cli"}).status.code,
            5);
  EXPECT_EQ(sagactl({"start", "nothing"}).status.code, 3);
  EXPECT_EQ(sagactl({"get", "01890a5d-ac96-774b-bcce-b302099a8057"}).status.code, 3);

  const auto list = sagactl({"list", "--key", "cli", "--output", "json"});
  EXPECT_EQ(list.status.code, 0);
  const auto id = text(json::parse(list.output).at("sagas").at(0).at("id"));
  EXPECT_THAT(sagactl({"get", id}).output, HasSubstr("definition  order-pay v1\n"));
  EXPECT_THAT(sagactl({"history", id}).output, HasSubstr("completed"));
  EXPECT_THAT(sagactl({"definitions"}).output, HasSubstr("checkout"));
}

TEST_F(ApiSagas, ReadyFileAndWelcomeNameTheSameAddresses) {
  EXPECT_THAT(daemon_->output(), HasSubstr("psql " + daemon_->database("engine") + "\n"));
  EXPECT_THAT(daemon_->output(), HasSubstr("psql " + daemon_->database("pay") + "\n"));
  EXPECT_THAT(daemon_->output(), HasSubstr("  API      " + daemon_->url("api") + "\n"));
}

}  // namespace
}  // namespace sagad::tests
