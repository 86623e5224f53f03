#include <gtest/gtest.h>

#include <optional>
#include <sagad/array.hpp>
#include <string>

namespace {

using sagad::Array;

TEST(PluginArray, EmptyOne) { EXPECT_EQ(Array().str(), "{}"); }

TEST(PluginArray, Integers) {
  Array array;
  array.add(1);
  array.add(std::int64_t{-9'223'372'036'854'775'807} - 1);
  EXPECT_EQ(array.str(), "{1,-9223372036854775808}");
}

TEST(PluginArray, TextIsQuotedSoThatNothingInItIsSyntax) {
  Array array;
  array.add("plain");
  array.add(std::string());
  array.add("NULL");
  array.add("a,b {c} \"d\" \\e");
  EXPECT_EQ(array.str(), R"({"plain","","NULL","a,b {c} \"d\" \\e"})");
}

TEST(PluginArray, NoValueIsNull) {
  Array array;
  array.add(std::optional<std::int64_t>());
  array.add(std::optional<std::int64_t>(5));
  array.add(std::optional<std::string>("x"));
  EXPECT_EQ(array.str(), R"({NULL,5,"x"})");
}

}  // namespace
