#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "unit/sagactl_fixture.hpp"

namespace sagad::ctl {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using tests::Ran;

class SagactlDefinitions : public tests::OnlineTest {
 protected:
  void answer_document(const std::string& document) {
    answer_ = [=](const api::Request&) { return api::json_response(json::parse(document)); };
  }
  Ran definitions(std::vector<const char*> more) {
    std::vector<const char*> all{"--server", url_.c_str(), "definitions"};
    all.insert(all.end(), more.begin(), more.end());
    return tests::sagactl(all);
  }
};

TEST_F(SagactlDefinitions, TheListShowsWhichDigestsAreInUse) {
  answer_document(R"({"definitions":[{"name":"order-pay","version":2,"state":"retired","live":3,
      "digest":"0123456789abcdef","added_at":"2026-01-01T00:00:00Z","description":"pays"}]})");
  const auto ran = definitions({});
  EXPECT_EQ(asked_[0].path, "/v1/definitions");
  EXPECT_THAT(ran.out, HasSubstr("order-pay  2        retired  3     0123456789ab  "));
}

TEST_F(SagactlDefinitions, OneIsShownByName) {
  answer_document(R"({"name":"order-pay","versions":[{"name":"order-pay","version":2,
      "state":"retired","state_by":"ann","state_reason":"too old","live":3,"digest":"01",
      "definition":{}}]})");
  const auto ran = definitions({"order-pay"});
  EXPECT_EQ(asked_[0].path, "/v1/definitions/order-pay");
  EXPECT_THAT(ran.out, HasSubstr("by          ann\n"));
  EXPECT_THAT(ran.out, HasSubstr("why         too old\n"));
  EXPECT_THAT(ran.out, HasSubstr("live        3\n"));
}

TEST_F(SagactlDefinitions, AVersionIsRetiredAndActivated) {
  answer_document(R"({"name":"order-pay","version":2,"state":"retired","changed":true})");
  const auto ran = definitions({"retire", "order-pay@2", "--reason", "too old", "--by", "ann"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "order-pay v2: retired\n");
  EXPECT_EQ(asked_[0].method, "POST");
  EXPECT_EQ(asked_[0].path, "/v1/definitions/order-pay/versions/2/retire");
  EXPECT_EQ(json::parse(asked_[0].body), (json::value{{"by", "ann"}, {"reason", "too old"}}));

  answer_document(R"({"name":"order-pay","version":2,"state":"active","changed":false})");
  EXPECT_EQ(definitions({"activate", "order-pay@2"}).out, "order-pay v2: active already\n");
  EXPECT_EQ(asked_[1].path, "/v1/definitions/order-pay/versions/2/activate");
}

TEST_F(SagactlDefinitions, WrongArgumentsSendNothing) {
  for (const char* wrong : {"order-pay", "order-pay@", "@2", "order-pay@0", "order-pay@two"}) {
    const auto ran = definitions({"retire", wrong});
    EXPECT_EQ(ran.code, 2) << wrong;
    EXPECT_THAT(ran.err, HasSubstr("must be NAME@VERSION, such as order-pay@2"));
  }
  EXPECT_EQ(definitions({"retire"}).code, 2);
  EXPECT_TRUE(asked_.empty());
}

}  // namespace
}  // namespace sagad::ctl
