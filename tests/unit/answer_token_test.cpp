#include "saga/answer_token.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sagad::saga {
namespace {

const auto kSaga = base::SagaId::parse("01890a5d-ac96-774b-bcce-b302099a8057");
const auto kOther = base::SagaId::parse("01890a5d-ac96-774b-bcce-b302099a8058");

TEST(Hmac, IsTheOneOfTheStandard) {
  // RFC 4231, test case 2.
  base::Hmac hmac("Jefe");
  for (int i = 0; i < 2; ++i) {  // the key stays
    const auto code = hmac.code("what do ya want for nothing?");
    EXPECT_EQ(code[0], 0x5b);
    EXPECT_EQ(code[1], 0xdc);
    EXPECT_EQ(code[31], 0x43);
  }
}

TEST(AnswerToken, IsKnownAgainAndSaysWhatItIsFor) {
  AnswerTokens tokens("a secret");
  const auto token = tokens.make(kSaga, "pay", 7, 2);
  EXPECT_EQ(token.substr(0, 4), "7.2.");
  EXPECT_EQ(token.size(), 4U + 22U);
  EXPECT_EQ(AnswerTokens("a secret").make(kSaga, "pay", 7, 2), token);
  const auto claim = tokens.check(kSaga, "pay", token);
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->item, 7);
  EXPECT_EQ(claim->round, 2);
}

TEST(AnswerToken, IsGoodForOneExecutionOnly) {
  AnswerTokens tokens("a secret");
  const std::set<std::string> all{
      tokens.make(kSaga, "pay", 0, 0),  tokens.make(kSaga, "pay", 1, 0),
      tokens.make(kSaga, "pay", 0, 1),  tokens.make(kSaga, "ship", 0, 0),
      tokens.make(kOther, "pay", 0, 0), AnswerTokens("another").make(kSaga, "pay", 0, 0)};
  std::set<std::string> codes;
  for (const auto& token : all) codes.insert(token.substr(4));
  EXPECT_EQ(codes.size(), 6U);
  EXPECT_FALSE(tokens.check(kSaga, "ship", tokens.make(kSaga, "pay", 0, 0)));
  EXPECT_FALSE(tokens.check(kOther, "pay", tokens.make(kSaga, "pay", 0, 0)));
}

TEST(AnswerToken, WhatIsNoTokenIsNotGenuine) {
  AnswerTokens tokens("a secret");
  const auto good = tokens.make(kSaga, "pay", 0, 0);
  auto changed = good;
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  for (const auto& wrong :
       {std::string(), std::string("x"), std::string("0.0."), std::string("0.-1.x"), changed,
        "1" + good.substr(1), "00" + good.substr(1), good + "A", good.substr(0, good.size() - 1),
        std::string("99999999999999.0.x")}) {
    EXPECT_FALSE(tokens.check(kSaga, "pay", wrong)) << wrong;
  }
}

}  // namespace
}  // namespace sagad::saga
