#include "saga/message.hpp"

#include <gtest/gtest.h>

#include "base/id.hpp"

namespace sagad::saga {
namespace {

const auto kSaga = base::SagaId::parse("01890a5d-ac96-774b-bcce-b302099a8057");

Command command() {
  Command made;
  made.saga = kSaga;
  made.definition = "order-pay";
  made.participant = "pay";
  made.action = "charge";
  made.step = "pay";
  made.kind = Kind::kUndo;
  made.attempt = 2;
  made.round = 1;
  made.timeout = base::Duration{1500};
  made.sent_at = base::from_micros(1'800'000'000'123'456);
  made.input = {{"amount", 18446744073709551615ULL}};
  made.action_input = {{"quote", "a \"b\" \\ \n é"}};
  made.action_output = {{"pay_id", -7}};
  return made;
}

TEST(Message, ACommandComesBackAsItWas) {
  const auto sent = command();
  const auto read = decode_command(encode(sent));
  EXPECT_EQ(read.saga, sent.saga);
  EXPECT_EQ(read.definition, sent.definition);
  EXPECT_EQ(read.participant, sent.participant);
  EXPECT_EQ(read.action, sent.action);
  EXPECT_EQ(read.step, sent.step);
  EXPECT_EQ(read.item, sent.item);
  EXPECT_EQ(read.kind, sent.kind);
  EXPECT_EQ(read.attempt, sent.attempt);
  EXPECT_EQ(read.round, sent.round);
  EXPECT_EQ(read.timeout, sent.timeout);
  EXPECT_EQ(read.sent_at, sent.sent_at);
  EXPECT_EQ(read.input, sent.input);
  EXPECT_EQ(read.action_input, sent.action_input);
  EXPECT_EQ(read.action_output, sent.action_output);
  EXPECT_FALSE(read.by_hand);
}

TEST(Message, AnUndoSaysThatTheActionWasDoneByHandOnlyIfItWas) {
  auto sent = command();
  EXPECT_EQ(encode(sent).find("by_hand"), std::string::npos);
  sent.by_hand = true;
  EXPECT_TRUE(decode_command(encode(sent)).by_hand);
  auto text = encode(sent);
  text.replace(text.find("\"by_hand\":true"), 14, "\"by_hand\":1   ");
  EXPECT_THROW(decode_command(text), MessageError);
}

TEST(Message, TheTextOfACommandIsWhatOtherLanguagesRead) {
  auto sent = command();
  sent.kind = Kind::kDo;
  sent.input = json::object{};
  EXPECT_EQ(encode(sent),
            R"({"saga":"01890a5d-ac96-774b-bcce-b302099a8057","definition":"order-pay",)"
            R"("participant":"pay","step":"pay","item":0,"kind":"do","attempt":2,"round":1,)"
            R"("sent_at":1800000000123456,"action":"charge","timeout_ms":1500,"input":{}})");
}

TEST(Message, ATokenAndADoubtComeBack) {
  auto sent = command();
  sent.token = "0.0.secret";
  EXPECT_EQ(decode_command(encode(sent)).token, "0.0.secret");
  Result result;
  result.saga = kSaga;
  result.outcome = Outcome::kFailed;
  result.code = "refused";
  EXPECT_FALSE(decode_result(encode(result)).in_doubt);
  result.in_doubt = true;
  EXPECT_TRUE(decode_result(encode(result)).in_doubt);
  result.outcome = Outcome::kLater;
  result.message = "the bank calls back";
  const auto read = decode_result(encode(result));
  EXPECT_EQ(read.outcome, Outcome::kLater);
  EXPECT_EQ(read.message, "the bank calls back");
}

TEST(Message, AResultComesBackAsItWas) {
  Result sent;
  sent.saga = kSaga;
  sent.definition = "order-pay";
  sent.participant = "pay";
  sent.step = "pay";
  sent.kind = Kind::kSettle;
  sent.outcome = Outcome::kRetry;
  sent.code = "gateway \"down\"";
  sent.message = "later";
  sent.after = base::Duration{250};
  const auto read = decode_result(encode(sent));
  EXPECT_EQ(read.kind, sent.kind);
  EXPECT_EQ(read.outcome, sent.outcome);
  EXPECT_EQ(read.code, sent.code);
  EXPECT_EQ(read.message, sent.message);
  EXPECT_EQ(read.after, sent.after);
  sent.outcome = Outcome::kDone;
  sent.output = {{"pay_id", 1}};
  EXPECT_EQ(decode_result(encode(sent)).output, sent.output);
}

std::string complaint(const std::string& text) {
  try {
    decode_command(text);
  } catch (const MessageError& error) {
    return error.what();
  }
  return "none";
}

TEST(Message, UnreadableOnesSayWhatIsWrong) {
  EXPECT_EQ(complaint("[]"), "not a JSON object");
  EXPECT_EQ(complaint("{}"), "member 'saga' is missing");
  EXPECT_EQ(complaint(R"({"saga":7})"), "member 'saga' is no string");
  EXPECT_EQ(complaint(R"({"saga":"x"})"),
            "not a UUID: 'x' (expected 8-4-4-4-12 hexadecimal digits)");
  auto text = encode(command());
  text.replace(text.find("\"undo\""), 6, "\"redo\"");
  EXPECT_EQ(complaint(text), "not a kind: 'redo' (expected one of do, undo, settle)");
  text = encode(command());
  text.replace(text.find("\"attempt\":2"), 11, "\"attempt\":-2");
  EXPECT_EQ(complaint(text), "member 'attempt' is out of range");
}

TEST(Message, ADocumentMayBeAsDeepAsTheDoorsAllow) {
  const auto depth = base::DocumentLimits{}.max_depth;
  auto sent = command();
  sent.input = base::parse_document(std::string(depth, '[') + std::string(depth, ']'));
  EXPECT_EQ(decode_command(encode(sent)).input, sent.input);
}

TEST(Message, UnknownMembersAreIgnored) {
  auto text = encode(command());
  text.insert(1, R"("from_the_future":{"x":1},)");
  EXPECT_EQ(decode_command(text).step, "pay");
}

TEST(Message, TheIdempotencyKeyNamesTheRoundAndNotTheAttempt) {
  EXPECT_EQ(idempotency_key(command()), "01890a5d-ac96-774b-bcce-b302099a8057/pay/0/undo/1");
}

}  // namespace
}  // namespace sagad::saga
