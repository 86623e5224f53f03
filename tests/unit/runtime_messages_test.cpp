#include <gtest/gtest.h>

#include <string>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "runtime/dead_letter.hpp"
#include "runtime/start_message.hpp"
#include "saga/message.hpp"

namespace sagad::runtime {
namespace {

const auto kId = base::SagaId::parse("018f0000-0000-7000-8000-000000000001");

std::string error_of(const std::string& subject, const std::string& payload) {
  try {
    decode_start(subject, payload);
  } catch (const saga::MessageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(DeadLetter, ComesBackAsItWent) {
  DeadLetterReport report{{kId, "pay", "cmd.pay.do.order-pay", "poison", "it crashed", "{}"},
                          "charge"};
  const auto read = decode_dead_letter(encode_dead_letter(report));
  EXPECT_EQ(read.letter.saga, kId);
  EXPECT_EQ(read.step, "charge");
  EXPECT_EQ(read.letter.participant, "pay");
  EXPECT_EQ(read.letter.subject, "cmd.pay.do.order-pay");
  EXPECT_EQ(read.letter.reason, "poison");
  EXPECT_EQ(read.letter.message, "it crashed");
  EXPECT_EQ(read.letter.payload, "{}");
}

TEST(DeadLetter, FitsTheBusWhateverThePayload) {
  DeadLetterReport report;
  report.letter.reason = "unreadable";
  report.letter.payload = std::string(5'000'000, '\x01') + "\xff";
  const auto text = encode_dead_letter(report);
  EXPECT_LT(text.size(), 1'000'000U);
  EXPECT_TRUE(base::is_utf8(text));
  EXPECT_NE(text.find("\"truncated\":true"), std::string::npos);
  EXPECT_FALSE(decode_dead_letter(text).letter.payload.empty());
}

TEST(DeadLetter, IsNotCutInTheMiddleOfACharacter) {
  DeadLetterReport report;
  report.letter.reason = "r";
  report.letter.payload = "x";
  while (report.letter.payload.size() < 200'000) report.letter.payload += "€";
  EXPECT_TRUE(base::is_utf8(decode_dead_letter(encode_dead_letter(report)).letter.payload));
}

TEST(DeadLetter, StorableTextHasNoNulAndIsUtf8) {
  ports::DeadLetter letter;
  letter.payload = std::string("a\0b", 3);
  letter.message = "\xff\xfeok";
  const auto stored = storable(letter);
  EXPECT_EQ(stored.payload, "a?b");
  EXPECT_EQ(stored.message, "??ok");
}

TEST(DeadLetter, NamesWhatIsWrongInAReport) {
  EXPECT_THROW(decode_dead_letter("["), saga::MessageError);
  EXPECT_THROW(decode_dead_letter("[]"), saga::MessageError);
  EXPECT_THROW(decode_dead_letter("{}"), saga::MessageError);
  EXPECT_THROW(decode_dead_letter(R"({"reason":"x","saga":"17"})"), saga::MessageError);
  EXPECT_THROW(decode_dead_letter(R"({"reason":3})"), saga::MessageError);
}

TEST(DeadLetter, AnUnpublishableCommandTellsItsSagaAndStep) {
  ports::OutboxRow row;
  row.saga = kId;
  row.subject = "cmd.pay.do.order-pay";
  row.payload = R"({"step":"charge"})";
  const auto report = report_unpublishable(row, "engine", "too large");
  EXPECT_EQ(report.letter.saga, kId);
  EXPECT_EQ(report.step, "charge");
  EXPECT_EQ(report.letter.reason, "unpublishable");
  EXPECT_EQ(report.letter.message, "too large");
  EXPECT_EQ(report.letter.participant, "engine");
}

TEST(StartMessage, IsReadWithAllItsMembers) {
  const auto message = decode_start("start.order-pay", R"({
    "id": "018f0000-0000-7000-8000-000000000001", "definition": "order-pay", "version": 2,
    "key": "k", "input": {"amount": 1}, "more": true})");
  EXPECT_EQ(message.request.definition, "order-pay");
  EXPECT_EQ(message.request.version, 2);
  EXPECT_EQ(message.request.key, "k");
  EXPECT_EQ(message.request.id, kId);
  EXPECT_EQ(boost::json::serialize(message.request.input), R"({"amount":1})");
  EXPECT_EQ(message.bad_input, "");
}

TEST(StartMessage, TakesTheDefinitionFromTheSubject) {
  EXPECT_EQ(decode_start("start.order-pay", R"({"key":"k"})").request.definition, "order-pay");
}

TEST(StartMessage, SaysWhatIsWrong) {
  EXPECT_EQ(error_of("start.a", R"({"definition":"b"})"),
            "start: 'definition' is 'b', but the subject says 'a'");
  EXPECT_EQ(error_of("start.a", "[]"), "start: must be an object");
  EXPECT_EQ(error_of("start.a", R"({"key":1})"), "start: 'key' must be a string");
  EXPECT_EQ(error_of("start.a", R"({"version":"1"})"),
            "start: 'version' must be a whole number of at least 1");
  EXPECT_NE(error_of("start.a", "{").find("start: not JSON"), std::string::npos);
  EXPECT_NE(error_of("start.a", R"({"id":"x"})").find("start: 'id': "), std::string::npos);
}

TEST(StartMessage, AnInputThatCannotBeKeptStillTellsWhoSentIt) {
  const auto message = decode_start("start.a", R"({"key":"k","input":{"n":1e400}})");
  EXPECT_EQ(message.request.key, "k");
  EXPECT_NE(message.bad_input, "");
  EXPECT_TRUE(message.request.input.is_null());
}

TEST(StartMessage, RepliesAreShort) {
  EXPECT_EQ(encode_reply({StartOutcome::Kind::kStarted, kId, {}}),
            R"({"status":"started","id":"018f0000-0000-7000-8000-000000000001"})");
  EXPECT_EQ(encode_reply({StartOutcome::Kind::kInvalidInput, {}, {"a"}}),
            R"({"status":"invalid_input","errors":["a"]})");
  EXPECT_EQ(encode_reply({StartOutcome::Kind::kUnknownDefinition, {}, {}}),
            R"({"status":"unknown_definition"})");
}

TEST(StartMessage, KeysAreCountedInCharacters) {
  std::string key;
  for (int i = 0; i < 500; ++i) key += "€";
  EXPECT_EQ(check_key(key), "");
  EXPECT_EQ(check_key(key + "x"), "the key has 501 characters; 500 are allowed");
  EXPECT_EQ(check_key(std::string("a\0", 2)), "the key must be UTF-8 without NUL");
  EXPECT_EQ(check_key("\xff"), "the key must be UTF-8 without NUL");
}

}  // namespace
}  // namespace sagad::runtime
