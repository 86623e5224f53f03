#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/parameters.hpp"

namespace sagad::api {
namespace {

Request posted(std::string body, std::string type = "application/json") {
  Request request;
  request.method = "POST";
  request.headers["content-type"] = std::move(type);
  request.body = std::move(body);
  return request;
}

/// The problem that reading the body ends in.
Problem problem_of(const Request& request) {
  try {
    json_body(request);
  } catch (const ProblemError& error) {
    return error.problem();
  }
  return {0, "accepted", "", ""};
}

TEST(ApiParameters, BadJsonIsToldByLineAndColumn) {
  const auto problem = problem_of(posted("{\n  \"a\": 1,\n  \"b\": oops\n}"));
  EXPECT_EQ(problem.status, 400);
  EXPECT_EQ(problem.code, "bad_json");
  EXPECT_THAT(problem.detail, testing::StartsWith("line 3, column 8: "));
}

TEST(ApiParameters, IncompleteAndExtraTextAreBadJson) {
  EXPECT_EQ(problem_of(posted("{\"a\":")).code, "bad_json");
  EXPECT_THAT(problem_of(posted("{\"a\":")).detail, testing::StartsWith("line 1, column 6: "));
  EXPECT_EQ(problem_of(posted("")).code, "bad_json");
  EXPECT_THAT(problem_of(posted("{} x")).detail, testing::HasSubstr("extra data"));
}

TEST(ApiParameters, DocumentsThatCannotBeCarriedAreRefused) {
  EXPECT_EQ(problem_of(posted("{\"a\": 1e400}")).code, "bad_document");
  EXPECT_EQ(problem_of(posted("{\"a\": 99999999999999999999}")).code, "bad_document");
  EXPECT_EQ(problem_of(posted("{\"a\": \"\\u0000\"}")).code, "bad_document");
  EXPECT_EQ(problem_of(posted(std::string(100, '[') + std::string(100, ']'))).code, "bad_document");
}

TEST(ApiParameters, SizeIsCheckedFirst) {
  const auto problem = problem_of(posted(std::string(256 * 1024 + 1, ' ')));
  EXPECT_EQ(problem.status, 413);
  EXPECT_EQ(problem.detail, "the body has 262145 bytes; at most 262144 are accepted");
}

TEST(ApiParameters, OnlyJsonIsTaken) {
  EXPECT_EQ(problem_of(posted("{}", "application/x-www-form-urlencoded")).status, 415);
  EXPECT_EQ(problem_of(posted("{}", "")).status, 415);
  EXPECT_EQ(problem_of(posted("{}", "application/json; charset=utf-8")).code, "accepted");
  EXPECT_EQ(problem_of(posted("{}", "Application/vnd.order+json")).code, "accepted");
}

TEST(ApiParameters, UnknownQueryParametersAreNamed) {
  Request request;
  request.query.emplace("statsu", "paused");
  try {
    check_query(request, {"status", "limit"});
    FAIL() << "accepted";
  } catch (const ProblemError& error) {
    EXPECT_EQ(error.problem().status, 400);
    EXPECT_EQ(error.problem().detail, "unknown parameter 'statsu'; known here: status, limit");
  }
}

TEST(ApiParameters, RepeatedQueryParametersAreRefused) {
  Request request;
  request.query.emplace("limit", "1");
  request.query.emplace("limit", "2");
  EXPECT_THROW(check_query(request, {"limit"}), ProblemError);
}

TEST(ApiParameters, NumbersHaveBounds) {
  Request request;
  request.query.emplace("limit", "5");
  EXPECT_EQ(query_number(request, "limit", 1, 500), 5);
  EXPECT_EQ(query_number(request, "other", 1, 500), std::nullopt);
  for (const auto* text : {"0", "501", "5x", "", "-1", "1e2"}) {
    request.query = {{"limit", text}};
    EXPECT_THROW(query_number(request, "limit", 1, 500), ProblemError) << text;
  }
}

TEST(ApiParameters, WaitIsADurationWithALimit) {
  Request request;
  request.query.emplace("wait", "5s");
  EXPECT_EQ(query_wait(request, base::Duration{60'000}), base::Duration{5000});
  request.query = {{"wait", "61s"}};
  EXPECT_THROW(query_wait(request, base::Duration{60'000}), ProblemError);
  request.query = {{"wait", "5"}};
  EXPECT_THROW(query_wait(request, base::Duration{60'000}), ProblemError);
}

TEST(ApiParameters, IdempotencyKeyIsCheckedBeforeItReachesTheDatabase) {
  Request request;
  EXPECT_EQ(idempotency_key(request), "");
  request.headers["idempotency-key"] = "order-4711";
  EXPECT_EQ(idempotency_key(request), "order-4711");
  for (const auto& key : {std::string(), std::string(256, 'k'), std::string("a\xFF"),
                          std::string("a\0b", 3), std::string("a\tb")}) {
    request.headers["idempotency-key"] = key;
    EXPECT_THROW(idempotency_key(request), ProblemError);
  }
}

TEST(ApiParameters, WhatIsNoUuidIsAnUnknownSaga) {
  try {
    saga_id("4711");
    FAIL() << "accepted";
  } catch (const ProblemError& error) {
    EXPECT_EQ(error.problem().status, 404);
    EXPECT_EQ(error.problem().code, "unknown_saga");
  }
}

}  // namespace
}  // namespace sagad::api
