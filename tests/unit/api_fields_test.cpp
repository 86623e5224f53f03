#include "api/fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sagad::api {
namespace {

using testing::HasSubstr;

std::string refusal(const std::function<void()>& read) {
  try {
    read();
  } catch (const ProblemError& error) {
    EXPECT_EQ(error.problem().status, 400);
    EXPECT_EQ(error.problem().code, "bad_parameter");
    return error.problem().detail;
  }
  return "accepted";
}

TEST(Fields, ReadsWhatIsThere) {
  const Fields fields(json::parse(R"({"by":"ann","limit":3,"dry_run":true,"filter":{"a":"b"}})"),
                      {"by", "limit", "dry_run", "filter", "reason"});
  EXPECT_EQ(fields.text("by"), "ann");
  EXPECT_EQ(fields.number("limit", 1, 5), 3);
  EXPECT_EQ(fields.boolean("dry_run"), true);
  EXPECT_EQ(fields.object("filter", {"a"}).text("a"), "b");
  EXPECT_EQ(fields.text("reason"), std::nullopt);
}

TEST(Fields, NullAndNothingAreTheSame) {
  const Fields fields(json::parse(R"({"by":null,"filter":null})"), {"by", "filter", "limit"});
  EXPECT_EQ(fields.text("by"), std::nullopt);
  EXPECT_EQ(fields.number("limit", 1, 5), std::nullopt);
  EXPECT_EQ(fields.object("filter", {"a"}).text("a"), std::nullopt);
}

TEST(Fields, RefusesWithTheNameOfTheMember) {
  EXPECT_EQ(refusal([] { Fields(json::array(), {}); }), "the body must be an object");
  EXPECT_EQ(refusal([] {
              Fields(json::object{{"bye", 1}}, {"by", "reason"});
            }),
            "unknown member 'bye'; known here: by, reason");
  const Fields fields(json::parse(R"({"by":1,"limit":9,"dry_run":"yes","filter":{"a":2}})"),
                      {"by", "limit", "dry_run", "filter"});
  EXPECT_THAT(refusal([&] { fields.text("by"); }), HasSubstr("'by' must be a string"));
  EXPECT_EQ(refusal([&] { fields.number("limit", 1, 5); }),
            "'limit' must be a whole number from 1 to 5");
  EXPECT_EQ(refusal([&] { fields.boolean("dry_run"); }), "'dry_run' must be true or false");
  EXPECT_THAT(refusal([&] { fields.object("filter", {"a"}).text("a"); }),
              HasSubstr("'filter.a' must be a string"));
  EXPECT_EQ(refusal([&] { fields.object("by", {}); }), "'by' must be an object");
  const Fields long_text(json::object{{"by", std::string(1001, 'x')}}, {"by"});
  EXPECT_THAT(refusal([&] { long_text.text("by"); }), HasSubstr("at most 1000 bytes"));
}

}  // namespace
}  // namespace sagad::api
