#include <gtest/gtest.h>

#include <sagad/input.hpp>
#include <string_view>
#include <variant>

namespace {

using sagad::InputReader;

boost::json::value json(std::string_view text) { return boost::json::parse(text); }

TEST(PluginInput, ReadsWhatIsThere) {
  const auto document = json(R"({"name": "tea", "amount": 3, "whole": 4.0, "none": null})");
  InputReader in(document);
  EXPECT_EQ(in.text("name"), "tea");
  EXPECT_EQ(in.integer("amount", 1), 3);
  EXPECT_EQ(in.integer("whole"), 4);
  EXPECT_EQ(in.optional_integer("amount"), 3);
  EXPECT_EQ(in.optional_integer("none"), std::nullopt);
  EXPECT_EQ(in.optional_integer("missing"), std::nullopt);
  EXPECT_TRUE(in.ok()) << in.problems();
}

TEST(PluginInput, SaysAllThatIsWrongInOneRefusal) {
  const auto document = json(R"({"name": "", "amount": "3", "limit": 0})");
  InputReader in(document);
  in.text("name");
  in.text("account");
  in.integer("amount", 1);
  in.optional_integer("limit", 1, 9);
  ASSERT_FALSE(in.ok());
  const auto answer = in.refusal();
  const auto* failed = std::get_if<sagad::Failed>(&answer);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->code, "invalid_input");
  EXPECT_EQ(failed->message,
            "input.name has to be a string that is not empty, got \"\"; "
            "input.account has to be a string that is not empty, it is missing; "
            "input.amount has to be an integer of at least 1, got \"3\"; "
            "input.limit has to be an integer of at least 1 and at most 9, got 0");
}

TEST(PluginInput, RefusesNumbersThatAreNoIntegerOrTooLarge) {
  const auto document = json(R"({"half": 0.5, "huge": 1e300, "unsigned": 18446744073709551615})");
  for (const auto* member : {"half", "huge", "unsigned"}) {
    InputReader in(document);
    in.integer(member);
    EXPECT_FALSE(in.ok()) << member;
  }
}

TEST(PluginInput, RefusesADocumentThatIsNoObjectOnce) {
  const auto document = json("null");
  InputReader in(document, "action_output");
  in.text("a");
  in.integer("b");
  EXPECT_EQ(in.problems(), "action_output has to be an object");
}

TEST(PluginInput, DoesNotRepeatLongValues) {
  const boost::json::value document = boost::json::object{{"amount", std::string(200, 'x')}};
  InputReader in(document);
  in.integer("amount");
  EXPECT_EQ(in.problems(), "input.amount has to be an integer, got something longer");
}

}  // namespace
