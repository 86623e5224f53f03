#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "unit/sagactl_fixture.hpp"

namespace sagad::ctl {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using tests::kId;
using tests::Ran;

class SagactlDeadLetters : public tests::OnlineTest {
 protected:
  void answer_document(const std::string& document) {
    answer_ = [=](const api::Request&) { return api::json_response(json::parse(document)); };
  }
  Ran dead_letters(std::vector<const char*> more) {
    std::vector<const char*> all{"--server", url_.c_str(), "dead-letters"};
    all.insert(all.end(), more.begin(), more.end());
    return tests::sagactl(all);
  }
  json::object body() { return json::parse(asked_.back().body).as_object(); }
};

TEST_F(SagactlDeadLetters, ListAsksForThoseThatAreOpen) {
  answer_document(R"({"dead_letters":[{"id":7,"state":"open","at":"2026-01-01T00:00:00Z",
      "last_at":"2026-01-01T00:00:00Z","times":2,"saga":null,"participant":"pay",
      "subject":"cmd.pay.do.x","reason":"poison","message":"it crashed"}],"next_cursor":"7"})");
  const auto ran = dead_letters({"list", "--participant", "pay", "--code", "poison"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(asked_[0].path, "/v1/dead-letters");
  EXPECT_EQ(asked_[0].query.find("state")->second, "open");
  EXPECT_EQ(asked_[0].query.find("participant")->second, "pay");
  EXPECT_EQ(asked_[0].query.find("reason")->second, "poison");
  EXPECT_EQ(asked_[0].query.count("limit"), 0U);
  EXPECT_THAT(ran.out, HasSubstr("poison  -     it crashed\n"));
  EXPECT_THAT(ran.out, HasSubstr("more: --cursor 7\n"));

  dead_letters({"list", "--state", "all"});
  EXPECT_EQ(asked_[1].query.count("state"), 0U);
}

TEST_F(SagactlDeadLetters, ShowHasThePayload) {
  answer_document(R"({"id":7,"state":"open","reason":"poison","payload":"{\"a\":1}"})");
  const auto ran = dead_letters({"show", "7"});
  EXPECT_EQ(asked_[0].path, "/v1/dead-letters/7");
  EXPECT_THAT(ran.out, HasSubstr("payload      {\"a\":1}\n"));
}

TEST_F(SagactlDeadLetters, RedriveSaysWhoAndWhy) {
  answer_document(std::string(R"({"id":7,"state":"redriven","result":"sent","saga":")") + kId +
                  "\"}");
  const auto ran = dead_letters({"redrive", "7", "8", "--reason", "plugin mended", "--by", "ann"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  ASSERT_EQ(asked_.size(), 2U);
  EXPECT_EQ(asked_[0].path, "/v1/dead-letters/7/redrive");
  EXPECT_EQ(asked_[1].path, "/v1/dead-letters/8/redrive");
  EXPECT_EQ(body().at("by"), "ann");
  EXPECT_EQ(body().at("reason"), "plugin mended");
  EXPECT_THAT(ran.out, HasSubstr(std::string("dead letter 7: redriven, sent, saga ") + kId + "\n"));
}

TEST_F(SagactlDeadLetters, WithoutANameTheUserIsNamed) {
  answer_document(R"({"id":7,"state":"discarded"})");
  EXPECT_EQ(dead_letters({"discard", "7"}).code, 0);
  EXPECT_FALSE(body().at("by").as_string().empty());
  EXPECT_EQ(body().count("reason"), 0U);
}

TEST_F(SagactlDeadLetters, ManyAreHandledByAFilter) {
  answer_document(R"({"open":5,"dry_run":false,"results":{"sent":1,"refused":1},
      "refused":[{"id":3,"errors":["its saga has ended"]}]})");
  const auto ran = dead_letters({"redrive", "--all", "--code", "poison", "--limit", "2"});
  EXPECT_EQ(ran.code, 1) << "not all could be sent";
  EXPECT_EQ(asked_[0].path, "/v1/dead-letters/redrive");
  EXPECT_EQ(body().at("filter").as_object(), (json::object{{"reason", "poison"}}));
  EXPECT_EQ(body().at("limit"), 2);
  EXPECT_EQ(body().at("dry_run"), false);
  EXPECT_EQ(ran.out, "5 open, 1 sent, 1 refused\n  3: its saga has ended\n");

  answer_document(R"({"open":5,"dry_run":true})");
  const auto dry = dead_letters({"discard", "--all", "--dry-run"});
  EXPECT_EQ(dry.code, 0);
  EXPECT_EQ(body().at("dry_run"), true);
  EXPECT_EQ(dry.out, "5 open\n");
}

TEST_F(SagactlDeadLetters, ARefusalStopsNoOther) {
  answer_ = [](const api::Request& request) {
    if (request.path == "/v1/dead-letters/1/discard") {
      return api::problem_response({409, "not_open", "Not open", "discarded already"}, "/x");
    }
    return api::json_response(json::object{{"id", 2}, {"state", "discarded"}});
  };
  const auto ran = dead_letters({"discard", "1", "2"});
  EXPECT_EQ(ran.code, 5);
  EXPECT_EQ(ran.out, "dead letter 2: discarded\n");
  EXPECT_THAT(ran.err, HasSubstr("discarded already"));
}

TEST_F(SagactlDeadLetters, WrongArgumentsSendNothing) {
  EXPECT_EQ(dead_letters({}).code, 2);
  EXPECT_EQ(dead_letters({"redrive"}).code, 2);
  EXPECT_EQ(dead_letters({"redrive", "1", "--all"}).code, 2);
  EXPECT_EQ(dead_letters({"show"}).code, 2);
  EXPECT_EQ(dead_letters({"show", "seven"}).code, 2);
  EXPECT_EQ(dead_letters({"list", "--state", "closed"}).code, 2);
  EXPECT_TRUE(asked_.empty());
}

}  // namespace
}  // namespace sagad::ctl
