#include <gtest/gtest.h>

#include <set>

#include "base/backoff.hpp"
#include "base/id.hpp"
#include "base/json.hpp"
#include "base/random.hpp"
#include "base/sha256.hpp"
#include "base/time.hpp"

namespace sagad::base {
namespace {

using namespace std::chrono_literals;

TEST(Id, TextComesBackAndNonsenseIsRefused) {
  const std::string text = "01890a5d-ac96-774b-bcce-b302099a8057";
  EXPECT_EQ(SagaId::parse(text).str(), text);
  EXPECT_EQ(SagaId::parse("01890A5D-AC96-774B-BCCE-B302099A8057").str(), text);
  for (const auto* bad : {"", "01890a5d", "01890a5d-ac96-774b-bcce-b302099a805g",
                          "01890a5d+ac96-774b-bcce-b302099a8057"}) {
    EXPECT_THROW(SagaId::parse(bad), std::invalid_argument) << bad;
  }
}

TEST(Id, IdsOfOneGeneratorRiseEvenWhenTheClockDoesNot) {
  IdGenerator ids(1);
  const auto now = from_micros(1'800'000'000'000'000);
  SagaId last;
  for (int i = 0; i < 20'000; ++i) {
    const auto id = ids.next(i < 10'000 ? now : now - 1h);
    ASSERT_LT(last, id) << i;
    last = id;
  }
  EXPECT_EQ(last.bytes()[6] >> 4, 7) << "the version";
  EXPECT_EQ(last.bytes()[8] >> 6, 2) << "the variant";
  EXPECT_EQ(IdGenerator(1).next(now).made_at(), now);
}

TEST(Time, FormatAndParse) {
  const auto time = from_micros(1'769'847'330'123'456);
  EXPECT_EQ(format_time(time), "2026-01-31T08:15:30.123456Z");
  EXPECT_EQ(parse_time("2026-01-31T08:15:30.123456Z"), time);
  EXPECT_EQ(parse_time("2026-01-31 09:15:30.123456+01"), time);
  EXPECT_EQ(parse_time("2026-01-31T02:45:30.123456-05:30"), time);
  EXPECT_EQ(parse_time("2026-01-31T08:15:30Z"), time - 123'456us);
  for (const auto* bad : {"", "2026-01-31", "2026-13-31T08:15:30Z", "2026-01-31T08:15:30",
                          "2026-01-31T08:15:30.Z", "2026-01-31T08:15:30Zx"}) {
    EXPECT_THROW(parse_time(bad), std::invalid_argument) << bad;
  }
}

TEST(Time, Durations) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("15m"), 15min);
  EXPECT_EQ(parse_duration("24h"), 24h);
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(120s), "2m");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(0ms), "0s");
  for (const auto* bad : {"", "5", "ms", "-5s", "5 s", "1.5s", "5d", "9999999999999999h"}) {
    EXPECT_THROW(parse_duration(bad), std::invalid_argument) << bad;
  }
}

TEST(Backoff, GrowsToItsMaximumAndSpreads) {
  const Backoff plain{200ms, 2.0, 1000ms, 0.0};
  EXPECT_EQ(plain.interval(1, 0.5), 200ms);
  EXPECT_EQ(plain.interval(2, 0.5), 400ms);
  EXPECT_EQ(plain.interval(4, 0.5), 1000ms);
  EXPECT_EQ(plain.interval(100'000, 0.5), 1000ms) << "no overflow";
  const Backoff spread{1000ms, 2.0, 60s, 0.2};
  EXPECT_EQ(spread.interval(1, 0.0), 800ms);
  EXPECT_EQ(spread.interval(1, 0.5), 1000ms);
  EXPECT_LT(spread.interval(1, 0.999), 1200ms);
}

TEST(Random, IsRepeatableAndEven) {
  Random a(5);
  Random b(5);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto value = a.uniform();
    ASSERT_EQ(value, b.uniform());
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

std::string complaint(std::string_view text, const DocumentLimits& limits = {}) {
  try {
    parse_document(text, limits);
  } catch (const DocumentError& error) {
    return error.what();
  }
  return "none";
}

TEST(Document, ExactIntegersComeThrough) {
  const std::string text =
      R"({"a":9223372036854775807,"b":18446744073709551615,"c":-9223372036854775808})";
  EXPECT_EQ(json::serialize(parse_document(text)), text);
}

TEST(Document, WhatCannotBeCarriedIsRefused) {
  EXPECT_EQ(complaint("{\"a\":18446744073709551616}"),
            "the document has an integer outside the range of int64 and uint64: send it as a "
            "string");
  EXPECT_EQ(complaint("[-9223372036854775809]").substr(0, 27), "the document has an integer");
  EXPECT_EQ(complaint(R"(["18446744073709551616 \" 1", 1.5e3, 12345678901234567890123.0])"),
            "none");
  EXPECT_EQ(complaint(R"({"a":[1e400]})"), "at /a/0 is not a finite number");
  EXPECT_EQ(complaint("{\"a/b\":\"x\\u0000\"}"),
            "at /a~1b has a NUL character, which PostgreSQL cannot store");
  EXPECT_EQ(complaint("\"\xc3\x28\""), "the document is not valid UTF-8");
  EXPECT_EQ(complaint("\"\xed\xa0\x80\""), "the document is not valid UTF-8") << "a surrogate";
  EXPECT_EQ(complaint("{\"a\":"), "the document is not valid JSON: incomplete JSON");
  EXPECT_EQ(complaint("[[[1]]]", {1000, 2}), "the document is nested deeper than 2 levels");
  EXPECT_EQ(complaint("[1,2,3]", {3, 64}), "the document has 7 bytes, more than the allowed 3");
  EXPECT_THROW(check_document(json::value(std::string(300'000, 'x'))), DocumentError);
}

TEST(Document, CanonicalTextDoesNotDependOnTheOrderOfKeys) {
  EXPECT_EQ(canonical_json(json::parse(R"({"b":[1,{"z":null,"y":"é"}],"a":-1})")),
            R"({"a":-1,"b":[1,{"y":"é","z":null}]})");
}

TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace sagad::base
