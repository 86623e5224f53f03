#include "postgres/array.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "postgres/compat.hpp"
#include "support/servers.hpp"

namespace sagad::postgres {
namespace {

/// What the server makes of an array, one element a row.
class ArrayTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { database_ = new std::string(tests::fresh_database()); }
  static void TearDownTestSuite() { delete database_; }

  pqxx::result elements(const Array& array, const std::string& type) {
    return session_.exec_params("SELECT e FROM unnest($1::" + type + "[]) AS e",
                                compat::binary_parameter(array.bytes()));
  }
  std::string literal(const Array& array, const std::string& type) {
    return session_
        .exec_params("SELECT ($1::" + type + "[])::text",
                     compat::binary_parameter(array.bytes()))[0][0]
        .c_str();
  }

  static std::string* database_;
  pqxx::connection connection_{*database_};
  pqxx::nontransaction session_{connection_};
};
std::string* ArrayTest::database_ = nullptr;

TEST_F(ArrayTest, NastyTextsArriveAsTheyAre) {
  const std::vector<std::string> texts = {"plain",
                                          "",
                                          " ",
                                          "NULL",
                                          "null",
                                          "{}",
                                          "{a,b}",
                                          "a,b",
                                          "\"",
                                          "\\",
                                          "\\\"",
                                          "'",
                                          "''",
                                          "a\nb\r\t\x01\x1f",
                                          "$1",
                                          "%s",
                                          "--",
                                          "/*",
                                          "ü – 日本語 🦀",
                                          R"({"a":"\"x\\","b":[1,null]})",
                                          std::string(100'000, '"')};
  TextArray array;
  for (const auto& text : texts) array.add(text);
  const pqxx::result rows = elements(array, "text");
  ASSERT_EQ(static_cast<std::size_t>(rows.size()), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto field = rows[static_cast<pqxx::result::size_type>(i)][0];
    EXPECT_FALSE(field.is_null());
    EXPECT_EQ(std::string(field.c_str(), static_cast<std::size_t>(field.size())), texts[i]);
  }
}

TEST_F(ArrayTest, NullsStayApartFromEmptyTexts) {
  TextArray array;
  array.add("");
  array.add_null();
  array.add_or_null("");
  array.add_or_null("x");
  EXPECT_EQ(literal(array, "text"), R"({"",NULL,NULL,x})");
}

TEST_F(ArrayTest, EmptyArraysAreEmpty) {
  EXPECT_EQ(literal(TextArray(), "text"), "{}");
  EXPECT_EQ(literal(UuidArray(8), "uuid"), "{}");
  EXPECT_EQ(elements(IntArray(), "integer").size(), 0);
}

TEST_F(ArrayTest, NumbersKeepTheirSignAndSize) {
  IntArray small;
  small.add(0);
  small.add(-1);
  small.add(std::numeric_limits<std::int32_t>::min());
  small.add(std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ(literal(small, "integer"), "{0,-1,-2147483648,2147483647}");
  BigintArray large;
  large.add(-1);
  large.add_null();
  large.add(std::numeric_limits<std::int64_t>::min());
  large.add(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(literal(large, "bigint"), "{-1,NULL,-9223372036854775808,9223372036854775807}");
}

TEST_F(ArrayTest, IdsAndTimesAreExact) {
  UuidArray ids;
  ids.add(base::SagaId::parse("0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7"));
  ids.add(base::SagaId());
  EXPECT_EQ(literal(ids, "uuid"),
            "{0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7,00000000-0000-0000-0000-000000000000}");
  connection_.set_client_encoding("UTF8");
  session_.exec("SET TimeZone = 'UTC'");
  TimeArray times;
  times.add(base::parse_time("2026-01-31T08:15:30.123456Z"));
  times.add(base::from_micros(1));
  times.add(base::from_micros(-1));
  times.add(std::optional<base::Time>());
  const pqxx::result rows = elements(times, "timestamptz");
  EXPECT_STREQ(rows[0][0].c_str(), "2026-01-31 08:15:30.123456+00");
  EXPECT_STREQ(rows[1][0].c_str(), "1970-01-01 00:00:00.000001+00");
  EXPECT_STREQ(rows[2][0].c_str(), "1969-12-31 23:59:59.999999+00");
  EXPECT_TRUE(rows[3][0].is_null());
}

TEST_F(ArrayTest, JsonIsKeptAsWrittenAndCheckedByTheServer) {
  JsonArray array;
  array.add(R"({"b":1.50, "a":18446744073709551615})");
  array.add_null();
  EXPECT_STREQ(elements(array, "json")[0][0].c_str(), R"({"b":1.50, "a":18446744073709551615})");
  JsonArray bad;
  bad.add("{");
  EXPECT_THROW(elements(bad, "json"), pqxx::data_exception);
}

TEST_F(ArrayTest, WhatTextCannotHoldIsRefusedAndNotCut) {
  TextArray with_nul;
  with_nul.add(std::string_view("a\0b", 3));
  EXPECT_THROW(elements(with_nul, "text"), pqxx::data_exception);
  TextArray not_utf8;
  not_utf8.add("\xff");
  EXPECT_THROW(elements(not_utf8, "text"), pqxx::data_exception);
}

TEST_F(ArrayTest, AnotherTypeThanTheStatementSaysIsRefused) {
  IntArray numbers;
  numbers.add(1);
  EXPECT_THROW(elements(numbers, "bigint"), pqxx::sql_error);
}

}  // namespace
}  // namespace sagad::postgres
