#include "saga/instance.hpp"

#include <gtest/gtest.h>

namespace sagad::saga {
namespace {

TEST(StepsCodec, EveryMemberComesBack) {
  StepState full;
  full.status = StepStatus::kRetrying;
  full.since = base::from_micros(1);
  full.reason = "attempt 2: gateway_down";
  full.attempt = 2;
  full.round = 1;
  full.resent = 3;
  full.sent_at = base::from_micros(2);
  full.first_dispatched = base::from_micros(3);
  full.retry_at = base::from_micros(4);
  full.exhausted = true;
  full.last_error = Error{"gateway_down", "the \"gateway\" is down"};
  const auto read = decode_steps(encode_steps({full, StepState{}}));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].status, full.status);
  EXPECT_EQ(read[0].since, full.since);
  EXPECT_EQ(read[0].reason, full.reason);
  EXPECT_EQ(read[0].attempt, full.attempt);
  EXPECT_EQ(read[0].round, full.round);
  EXPECT_EQ(read[0].resent, full.resent);
  EXPECT_EQ(read[0].sent_at, full.sent_at);
  EXPECT_EQ(read[0].first_dispatched, full.first_dispatched);
  EXPECT_EQ(read[0].retry_at, full.retry_at);
  EXPECT_EQ(read[0].exhausted, full.exhausted);
  EXPECT_EQ(read[0].last_error, full.last_error);
  EXPECT_EQ(read[1].status, StepStatus::kPending);
  EXPECT_FALSE(read[1].unanswered());
}

TEST(StepsCodec, WhatIsBrokenIsRefused) {
  EXPECT_THROW(decode_steps("{"), std::invalid_argument);
  EXPECT_THROW(decode_steps(R"([{"status":"sleeping"}])"), std::invalid_argument);
  EXPECT_THROW(decode_steps(R"([{"status":"done","since":"x"}])"), std::invalid_argument);
}

TEST(Status, NamesAreThoseOfTheDocumentation) {
  EXPECT_EQ(to_string(SagaStatus::kCompensated), "compensated");
  EXPECT_EQ(parse_saga_status("paused"), SagaStatus::kPaused);
  EXPECT_THROW(parse_saga_status("canceled"), std::invalid_argument);
  EXPECT_EQ(parse_step_status("waiting"), StepStatus::kWaiting);
  EXPECT_TRUE(is_final(SagaStatus::kFailed));
  EXPECT_FALSE(is_final(SagaStatus::kPaused));
}

}  // namespace
}  // namespace sagad::saga
