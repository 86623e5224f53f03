#include <gtest/gtest.h>

#include <string>

#include "unit/definition_fixture.hpp"

namespace sagad::definition {
namespace {

json::value read(const std::string& yaml) {
  const auto definition = load_yaml(test::with_input(yaml), "test.yaml");
  return std::get<json::value>(definition->steps[1].action.input.root);
}

TEST(CoreSchema, PlainWordsOfOldYamlAreStrings) {
  for (const std::string word : {"yes", "no", "on", "off", "y", "n", "Yes", "1_000", "12:30:00",
                                 "2026-01-31", "0b11", "1e", "+", "0x", "0o8", "-.", "e5"}) {
    EXPECT_EQ(read(word), json::value(word)) << word;
  }
}

TEST(CoreSchema, NullsAndBooleans) {
  EXPECT_EQ(read("[~, null, Null, NULL, true, True, FALSE, false]"),
            json::parse("[null, null, null, null, true, true, false, false]"));
  EXPECT_EQ(read("tRue"), json::value("tRue"));
}

TEST(CoreSchema, IntegersAreExact) {
  const auto values = read("[0, -0, +7, 007, 0o17, 0xFf, 9007199254740993, 9223372036854775807]");
  EXPECT_EQ(values, json::parse("[0, 0, 7, 7, 15, 255, 9007199254740993, 9223372036854775807]"));
  EXPECT_TRUE(values.at(7).is_int64());
  EXPECT_EQ(read("-9223372036854775808").as_int64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(read("18446744073709551615").as_uint64(), std::numeric_limits<std::uint64_t>::max());
}

TEST(CoreSchema, Floats) {
  EXPECT_EQ(read("0.1").as_double(), 0.1);
  EXPECT_EQ(read("-1.5e3").as_double(), -1500.0);
  EXPECT_EQ(read("+.5").as_double(), 0.5);
  EXPECT_EQ(read("1.").as_double(), 1.0);
}

TEST(CoreSchema, QuotedScalarsAreStrings) {
  EXPECT_EQ(read("['1', \"true\", 'null', \"\", '~']"),
            json::parse(R"(["1", "true", "null", "", "~"])"));
}

TEST(Yaml, ColumnsCountCharacters) {
  EXPECT_EQ(
      test::problems_of("name: test\nsteps: [{ id: a, action: x.y, input: { ä: ö }, b: 1 }]\n"),
      "test.yaml:2:48: steps[0]: unknown key 'b': known are 'id', 'action', 'sleep', 'signal', "
      "'child', 'input', 'foreach', 'max_parallel', 'compensate', 'needs', 'when', 'timeout', "
      "'retry', 'total_timeout', 'on_exhausted', 'pivot'");
}

TEST(Yaml, MustBeUtf8) {
  EXPECT_EQ(test::problems_of("name: \xff\n"), "test.yaml:1:1: the file is not UTF-8 text");
  EXPECT_EQ(test::problems_of(std::string("name: a\0b\n", 10)),
            "test.yaml:1:1: the file is not UTF-8 text");
}

TEST(Yaml, HasALimit) {
  EXPECT_EQ(test::problems_of("name: test\n#" + std::string(1024 * 1024, ' ')),
            "test.yaml:1:1: the file is larger than 1048576 bytes");
}

TEST(Yaml, MayBeginWithAByteOrderMark) {
  EXPECT_EQ(test::problems_of("\xEF\xBB\xBFname: test\nsteps: [{ id: a, action: x.y }]\n"), "");
}

TEST(Yaml, ConditionsMayStandUnquotedInABlock) {
  EXPECT_EQ(test::problems_of("name: test\nsteps:\n  - id: a\n    action: x.y\n"
                              "    when: ${ .input.a == 1 }\n"),
            "");
}

}  // namespace
}  // namespace sagad::definition
