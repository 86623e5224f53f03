#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "dev/files.hpp"
#include "sagactl/table.hpp"
#include "unit/sagactl_fixture.hpp"

namespace sagad::ctl {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using tests::kId;
using tests::Ran;
using tests::sagactl;
using SagactlOnline = tests::OnlineTest;

TEST_F(SagactlOnline, SignalGoesToAnIdOrToAKey) {
  answer_ = [](const api::Request&) {
    return api::json_response({{"saga", kId}, {"signal", "paid"}, {"existing", false}});
  };
  const auto by_id = sagactl({"--server", url_.c_str(), "signal", "paid", kId, "--payload",
                              "{\"a\":1}", "--signal-key", "s 1"});
  EXPECT_EQ(by_id.code, 0) << by_id.err;
  EXPECT_EQ(by_id.out, std::string(kId) + "\n");
  const auto by_key = sagactl(
      {"--server", url_.c_str(), "signal", "paid", "--definition", "order-pay", "--key", "k/1"});
  EXPECT_EQ(by_key.code, 0) << by_key.err;
  ASSERT_EQ(asked_.size(), 2U);
  EXPECT_EQ(asked_[0].path, std::string("/v1/sagas/") + kId + "/signals/paid");
  EXPECT_EQ(asked_[0].header("idempotency-key"), "s 1");
  EXPECT_EQ(asked_[0].body, "{\"a\":1}");
  EXPECT_EQ(asked_[1].path, "/v1/signals/paid");
  EXPECT_EQ(asked_[1].query.find("key")->second, "k/1");
  EXPECT_EQ(asked_[1].query.find("definition")->second, "order-pay");
  EXPECT_EQ(asked_[1].body, "null");

  EXPECT_EQ(sagactl({"signal", "paid"}).code, 2);
  EXPECT_EQ(sagactl({"signal", "paid", kId, "--key", "k", "--definition", "d"}).code, 2);
  EXPECT_EQ(sagactl({"signal", "paid", "--key", "k"}).code, 2);
  EXPECT_EQ(sagactl({"--server", url_.c_str(), "signal", "paid", kId, "-i", "{"}).code, 2);
  answer_problem(409, "saga is completed already");
  EXPECT_EQ(sagactl({"--server", url_.c_str(), "signal", "paid", kId}).code, 5);
}

TEST_F(SagactlOnline, StartSendsInputKeyAndVersion) {
  answer_status("running", 201);
  const auto ran = start({"--input", "{\"a\":1}", "--key", "k 1", "--version", "3"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, std::string(kId) + "\n");
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_[0].method, "POST");
  EXPECT_EQ(asked_[0].path, "/v1/sagas/order-pay");
  EXPECT_EQ(asked_[0].body, "{\"a\":1}");
  EXPECT_EQ(asked_[0].header("idempotency-key"), "k 1");
  EXPECT_EQ(asked_[0].header("content-type"), "application/json");
  EXPECT_EQ(asked_[0].query.find("version")->second, "3");
  EXPECT_EQ(asked_[0].query.count("wait"), 0U);
}

TEST_F(SagactlOnline, InputComesFromFileOrStandardInput) {
  answer_status("running", 201);
  const dev::TempDir folder;
  const auto file = folder.path() / "order.json";
  dev::write_file(file, "{\"b\":2}");
  EXPECT_EQ(start({"--input", ("@" + file.string()).c_str()}).code, 0);
  EXPECT_EQ(asked_.back().body, "{\"b\":2}");
  EXPECT_EQ(start({"--input", "@-"}, "{\"c\":3}").code, 0);
  EXPECT_EQ(asked_.back().body, "{\"c\":3}");
}

TEST_F(SagactlOnline, BadInputIsAUsageErrorAndNothingIsSent) {
  EXPECT_EQ(start({"--input", "{oops"}).code, 2);
  const auto missing = start({"--input", "@/nonexistent.json"});
  EXPECT_EQ(missing.code, 2);
  EXPECT_EQ(missing.err, "sagactl: --input: cannot read the file '/nonexistent.json'\n");
  EXPECT_TRUE(asked_.empty());
}

TEST_F(SagactlOnline, AVerbIsOrderedByIdAndSaysWhoAndWhy) {
  answer_ = [](const api::Request&) {
    return api::Response{200, "application/json", R"({"result":"applied","verb":"skip"})", {}};
  };
  const auto ran = sagactl({"--server", url_.c_str(), "skip", kId, "pay", "--reason", "paid twice",
                            "--by", "ann", "--force"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "skip pay: applied\n");
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_[0].path, std::string("/v1/sagas/") + kId + "/steps/pay/skip");
  EXPECT_EQ(asked_[0].body, R"({"by":"ann","reason":"paid twice","force":true})");
}

TEST_F(SagactlOnline, AVerbFindsTheSagaByItsKey) {
  answer_ = [](const api::Request& request) {
    const auto* body = request.method == "GET" ? R"({"sagas":[{"id":"the-id"}]})"
                                               : R"({"result":"pending","verb":"retry"})";
    return api::Response{200, "application/json", body, {}};
  };
  const auto ran = sagactl(
      {"--server", url_.c_str(), "retry", "--key", "k 1", "--definition", "order-pay", "pay"});
  EXPECT_EQ(ran.code, 13) << ran.err;
  ASSERT_EQ(asked_.size(), 2U);
  EXPECT_EQ(asked_[0].query.find("key")->second, "k 1");
  EXPECT_EQ(asked_[0].query.find("definition")->second, "order-pay");
  EXPECT_EQ(asked_[1].path, "/v1/sagas/the-id/steps/pay/retry");
}

TEST_F(SagactlOnline, CompleteAndEditSendTheirDocuments) {
  answer_ = [](const api::Request&) {
    return api::Response{200, "application/json", R"({"result":"applied"})", {}};
  };
  EXPECT_EQ(sagactl({"--server", url_.c_str(), "complete", kId, "pay", "--output", "{\"a\":1}",
                     "--by", "ann"})
                .code,
            0);
  EXPECT_EQ(asked_.back().body, R"({"by":"ann","output":{"a":1}})");
  EXPECT_EQ(
      sagactl({"--server", url_.c_str(), "edit", kId, "pay", "--input", "[1]", "--by", "ann"}).code,
      0);
  EXPECT_EQ(asked_.back().body, R"({"by":"ann","input":[1]})");
  EXPECT_EQ(sagactl({"--server", url_.c_str(), "edit", kId, "pay", "--input", "{oops"}).code, 2);
}

TEST_F(SagactlOnline, AVerbNeedsItsSagaAndItsStep) {
  answer_ = [](const api::Request&) {
    return api::Response{200, "application/json", R"({"sagas":[]})", {}};
  };
  EXPECT_EQ(sagactl({"cancel"}).code, 2);
  EXPECT_EQ(sagactl({"cancel", kId, "pay"}).code, 2);
  EXPECT_EQ(sagactl({"skip", kId, "--reason", "x"}).code, 2);
  EXPECT_EQ(sagactl({"skip", kId, "pay"}).code, 2) << "why?";
  EXPECT_EQ(sagactl({"pause", kId, "--force"}).code, 2);
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(sagactl({"--server", url_.c_str(), "cancel", "--key", "k"}).code, 3);
}

TEST_F(SagactlOnline, BulkAsksUntilNothingIsLeftAndAddsUp) {
  answer_ = [this](const api::Request&) {
    const auto* body = asked_.size() == 1
                           ? R"({"applied":2,"unchanged":0,"pending":0,"refused":1,"failed":0,
                  "refusals":[{"saga":"s","code":"ended","message":"m"}],"next_cursor":"c"})"
                           : R"({"applied":1,"unchanged":1,"pending":0,"refused":0,"failed":0,
                  "refusals":[],"next_cursor":null})";
    return api::Response{200, "application/json", body, {}};
  };
  const auto ran = sagactl({"--server", url_.c_str(), "bulk", "resume", "--status", "paused",
                            "--saga-reason", "dead_letter", "--limit", "10", "--max-per-second",
                            "5", "--by", "ann", "--reason", "mended"});
  EXPECT_EQ(ran.code, 1) << "one was refused";
  EXPECT_EQ(ran.out, "applied 3\nunchanged 1\npending 0\nrefused 1\nfailed 0\n");
  EXPECT_EQ(ran.err, "s: ended: m\n");
  ASSERT_EQ(asked_.size(), 2U);
  EXPECT_EQ(asked_[0].path, "/v1/sagas/bulk");
  EXPECT_EQ(
      asked_[0].body,
      R"({"by":"ann","reason":"mended","verb":"resume",)"
      R"("filter":{"status":"paused","reason":"dead_letter"},"max_per_second":5,"limit":10})");
  EXPECT_THAT(asked_[1].body, HasSubstr(R"("limit":7,"cursor":"c")"));
}

TEST_F(SagactlOnline, ABulkDryRunOnlyCounts) {
  answer_ = [](const api::Request&) {
    const auto* body = R"({"dry_run":true,"matching":7,"sagas":[
        {"definition":"order-pay","status":"paused","count":7}]})";
    return api::Response{200, "application/json", body, {}};
  };
  const auto ran = sagactl({"--server", url_.c_str(), "bulk", "fail", "--older-than", "24h",
                            "--tag", "account=alice", "--tag", "amount=5", "--dry-run"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("7 sagas match; nothing was done\n"));
  EXPECT_THAT(ran.out, HasSubstr("order-pay"));
  EXPECT_THAT(asked_[0].body, HasSubstr(R"("dry_run":true)"));
  EXPECT_THAT(asked_[0].body, HasSubstr(R"("tags":{"account":"alice","amount":"5"})"));
}

TEST_F(SagactlOnline, EndOfTheSagaIsTheExitCode) {
  const std::vector<std::pair<const char*, int>> codes{
      {"completed", 0}, {"compensated", 10}, {"paused", 11}, {"failed", 12}};
  for (const auto& [status, code] : codes) {
    answer_status(status, 201);
    const auto ran = start({"--wait"});
    EXPECT_EQ(ran.code, code) << status;
    EXPECT_THAT(ran.out, HasSubstr(std::string("status      ") + status + "\n"));
  }
  EXPECT_EQ(asked_.back().query.find("wait")->second, "30s");
}

TEST_F(SagactlOnline, WaitThatIsOverIs13) {
  answer_status("running", 201);
  const auto ran = start({"--wait=100ms"});
  EXPECT_EQ(ran.code, 13);
  EXPECT_EQ(asked_.front().query.find("wait")->second, "100ms");
}

TEST_F(SagactlOnline, WaitGoesOnUntilTheSagaEnds) {
  int questions = 0;
  answer_ = [&](const api::Request& request) {
    const bool ended = ++questions == 3;
    EXPECT_EQ(request.method, questions == 1 ? "POST" : "GET");
    return api::json_response(
        boost::json::object{{"id", kId}, {"status", ended ? "completed" : "running"}});
  };
  EXPECT_EQ(start({"--wait"}).code, 0);
  EXPECT_EQ(questions, 3);
}

TEST_F(SagactlOnline, RefusalsHaveTheirCodes) {
  const std::vector<std::pair<int, int>> codes{{400, 1}, {404, 3}, {409, 5}, {422, 1},
                                               {429, 6}, {500, 1}, {503, 6}};
  for (const auto& [status, code] : codes) {
    answer_problem(status, "it is so");
    const auto ran = start({});
    EXPECT_EQ(ran.code, code) << status;
    EXPECT_EQ(ran.err,
              "sagactl: Title (" + std::to_string(status) + "): it is so\n  first\n  second\n");
    EXPECT_EQ(ran.out, "");
  }
}

TEST_F(SagactlOnline, JsonIsTheServersOwn) {
  answer_status("completed");
  const auto ran = sagactl({"--server", url_.c_str(), "get", kId, "--output", "json"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(boost::json::parse(ran.out).at("id"), kId);
}

TEST_F(SagactlOnline, ListPassesItsFiltersAndNamesTheNextPage) {
  answer_ = [](const api::Request&) {
    return api::json_response(boost::json::parse(
        R"({"sagas":[{"id":"x1","definition":"order-pay","version":2,"status":"paused",
            "created_at":"2026-01-01T00:00:00.000000Z","ended_at":null,"key":null,
            "reason":"exhausted"}],"next_cursor":"x1"})"));
  };
  const auto ran =
      sagactl({"--server", url_.c_str(), "list", "--status", "paused", "--limit", "1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(asked_[0].query.find("status")->second, "paused");
  EXPECT_EQ(asked_[0].query.find("limit")->second, "1");
  EXPECT_EQ(asked_[0].query.count("key"), 0U);
  EXPECT_THAT(ran.out, HasSubstr("ID  DEFINITION    STATUS  CREATED"));
  EXPECT_THAT(ran.out, HasSubstr("x1  order-pay v2  paused  "));
  EXPECT_THAT(ran.out, HasSubstr("more: --cursor x1\n"));
}

TEST_F(SagactlOnline, ListPassesTags) {
  answer_ = [](const api::Request&) {
    return api::json_response(boost::json::parse(R"({"sagas":[],"next_cursor":null})"));
  };
  EXPECT_EQ(sagactl({"--server", url_.c_str(), "list", "--tag", "account=alice", "--tag",
                     "formula=a=b&c"})
                .code,
            0);
  EXPECT_EQ(asked_[0].query.find("tag.account")->second, "alice");
  EXPECT_EQ(asked_[0].query.find("tag.formula")->second, "a=b&c");
  for (const char* wrong : {"account", "=alice", "account="}) {
    const auto ran = sagactl({"--server", url_.c_str(), "list", "--tag", wrong});
    EXPECT_EQ(ran.code, 2) << wrong;
    EXPECT_THAT(ran.err, HasSubstr("must be NAME=VALUE"));
  }
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(SagactlOnline, GetShowsTags) {
  answer_ = [](const api::Request&) {
    return api::json_response(
        boost::json::parse(R"({"id":"x","tags":{"account":"alice","amount":null}})"));
  };
  EXPECT_THAT(sagactl({"--server", url_.c_str(), "get", kId}).out,
              HasSubstr("tags  account=alice, amount=-\n"));
}

TEST_F(SagactlOnline, NamesAreEncoded) {
  answer_status("running", 201);
  sagactl({"--server", url_.c_str(), "start", "a b/c?d"});
  EXPECT_EQ(asked_[0].path, "/v1/sagas/a b/c?d");
  EXPECT_TRUE(asked_[0].query.empty());
}

TEST_F(SagactlOnline, TextOfTheServerCannotSteerTheTerminal) {
  answer_problem(400, "a\x1b[2Jb");
  EXPECT_THAT(start({}).err, HasSubstr("a?[2Jb"));
}

TEST(Sagactl, UnreachableServerIs4) {
  const auto ran = sagactl({"--server", "http://127.0.0.1:1", "list"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, StartsWith("sagactl: no answer from http://127.0.0.1:1 ("));
}

TEST(Sagactl, WrongArgumentsAre2) {
  EXPECT_EQ(sagactl({}).code, 2);
  EXPECT_EQ(sagactl({"explode"}).code, 2);
  EXPECT_EQ(sagactl({"start"}).code, 2);
  EXPECT_EQ(sagactl({"start", "a", "--wait=soon"}).code, 2);
  EXPECT_EQ(sagactl({"list", "--limit", "0"}).code, 2);
  EXPECT_EQ(sagactl({"--output", "xml", "list"}).code, 2);
  const auto server = sagactl({"--server", "localhost", "list"});
  EXPECT_EQ(server.code, 2);
  EXPECT_THAT(server.err, HasSubstr("expected a URL: http://127.0.0.1:8080"));
}

TEST(Sagactl, HelpAndVersionAre0) {
  EXPECT_THAT(sagactl({"--help"}).out, HasSubstr("10 compensated, 11 paused, 12 failed"));
  EXPECT_EQ(sagactl({"--help"}).code, 0);
  EXPECT_EQ(sagactl({"start", "--help"}).code, 0);
  EXPECT_THAT(sagactl({"--version"}).out, StartsWith("sagactl "));
}

TEST(Sagactl, ValidateTellsAllProblemsOfAllFiles) {
  const dev::TempDir folder;
  const auto good = (folder.path() / "good.yaml").string();
  const auto bad = (folder.path() / "bad.yaml").string();
  dev::write_file(good, "name: good\ndeadline: 1h\nsteps:\n  - { id: a, action: order.create }\n");
  dev::write_file(bad, "name: bad\nversion: x\nsteps:\n  - { id: a, acton: order.create }\n");
  const auto ran = sagactl({"validate", good.c_str(), bad.c_str()});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, StartsWith(good + ": ok: good v1, 1 step, digest "));
  EXPECT_THAT(ran.err, HasSubstr(bad + ":2:10: version: "));
  EXPECT_THAT(ran.err, HasSubstr(bad + ":4:14: "));

  const auto as_json = sagactl({"--output", "json", "validate", good.c_str(), bad.c_str()});
  EXPECT_EQ(as_json.code, 1);
  const auto files = boost::json::parse(as_json.out).at("files").as_array();
  EXPECT_EQ(files.at(0).at("ok"), true);
  EXPECT_EQ(files.at(1).at("ok"), false);
  EXPECT_EQ(files.at(1).at("problems").at(0).at("line"), 2);

  EXPECT_EQ(sagactl({"validate", good.c_str()}).code, 0);
}

TEST(Sagactl, ValidateRefusesTwoFilesOfOneVersion) {
  const dev::TempDir folder;
  const auto one = (folder.path() / "one.yaml").string();
  const auto two = (folder.path() / "two.yaml").string();
  for (const auto& file : {one, two}) {
    dev::write_file(file, "name: a\ndeadline: 1h\nsteps:\n  - { id: a, action: order.create }\n");
  }
  const auto ran = sagactl({"validate", one.c_str(), two.c_str()});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.err, two + ":1:1: 'a' in version 1 is already in " + one + "\n");
}

TEST(Sagactl, ValidateWarnsAndIsStrictOnDemand) {
  const dev::TempDir folder;
  const auto file = (folder.path() / "a.yaml").string();
  dev::write_file(file, "name: a\nsteps:\n  - { id: a, action: order.create }\n");
  const auto ran = sagactl({"validate", file.c_str()});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, StartsWith(file + ": ok: "));
  EXPECT_THAT(ran.err, StartsWith(file + ":1:1: warning: there is no deadline: "));
  EXPECT_EQ(sagactl({"validate", "--strict", file.c_str()}).code, 7);
  const auto as_json = sagactl({"--output", "json", "validate", file.c_str()});
  const auto warnings = boost::json::parse(as_json.out).at("files").at(0).at("warnings");
  EXPECT_EQ(warnings.at(0).at("rule"), "no-deadline");
  EXPECT_EQ(warnings.at(0).at("line"), 1);

  dev::write_file(file, "name: a\ndeadline: 1h\nsteps:\n  - { id: a, action: order.create }\n");
  EXPECT_EQ(sagactl({"validate", "--strict", file.c_str()}).code, 0);
  dev::write_file(file, "name: a\n");
  EXPECT_EQ(sagactl({"validate", "--strict", file.c_str()}).code, 1);
}

TEST(Sagactl, GraphIsMermaid) {
  const dev::TempDir folder;
  const auto file = (folder.path() / "a.yaml").string();
  dev::write_file(file, "name: a\nversion: 1\nsteps:\n  - { id: first, action: order.create }\n");
  const auto ran = sagactl({"graph", file.c_str()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("flowchart"));
  EXPECT_THAT(ran.out, HasSubstr("first"));
  EXPECT_EQ(sagactl({"graph", "/nonexistent.yaml"}).code, 1);
}

TEST(SagactlTable, ColumnsAreAlignedByCharacters) {
  Table table({"A", "B"});
  table.add({"\xC3\xA4\xC3\xB6", "x"});
  table.add({"long", "y\n"});
  std::ostringstream out;
  table.print(out);
  EXPECT_EQ(out.str(), "A     B\n\xC3\xA4\xC3\xB6    x\nlong  y?\n");
}

TEST(SagactlTable, TimesAreForPeople) {
  const auto now = base::parse_time("2026-01-10T12:00:00Z");
  EXPECT_EQ(human_time(base::parse_time("2026-01-10T12:00:00Z"), now), "just now");
  EXPECT_EQ(human_time(base::parse_time("2026-01-10T11:59:48Z"), now), "12 s ago");
  EXPECT_EQ(human_time(base::parse_time("2026-01-10T12:00:30Z"), now), "in 30 s");
  EXPECT_EQ(human_time(base::parse_time("2026-01-10T11:30:00Z"), now), "30 min ago");
  EXPECT_EQ(human_time(base::parse_time("2026-01-10T02:00:00Z"), now), "10 h ago");
  EXPECT_EQ(human_time(base::parse_time("2026-01-01T12:00:00Z"), now), "9 d ago");
}

}  // namespace
}  // namespace sagad::ctl
