#include "runtime/participant_pace.hpp"

#include <gtest/gtest.h>

namespace sagad::runtime {
namespace {

using namespace std::chrono_literals;

const Pace::Clock::time_point kNow{1000s};

Pace pace() { return Pace({20ms, 256, 60}); }

TEST(ParticipantPace, UnknownActionBeginsWithASmallBatch) {
  const auto plan = pace().plan(1000, kNow);
  EXPECT_EQ(plan.size, 16U);
  EXPECT_EQ(plan.mode, Mode::kTogether);
}

TEST(ParticipantPace, QuickStepsFillTheLargestBatch) {
  Pace p = pace();
  for (int i = 0; i < 20; ++i) p.took(16, 16 * 50us);
  EXPECT_EQ(p.plan(1000, kNow).size, 256U);
  EXPECT_EQ(p.plan(100, kNow).size, 100U);
}

TEST(ParticipantPace, BatchCostsItsBudget) {
  Pace p = pace();
  for (int i = 0; i < 100; ++i) p.took(16, 16 * 500us);
  EXPECT_NEAR(static_cast<double>(p.plan(1000, kNow).size), 40, 1);
}

TEST(ParticipantPace, StepsBeyondTheBudgetAreSlowAndAlone) {
  Pace p = pace();
  EXPECT_FALSE(p.slow());
  for (int i = 0; i < 100; ++i) p.took(1, 50ms);
  EXPECT_TRUE(p.slow());
  EXPECT_EQ(p.plan(1000, kNow).size, 1U);
  EXPECT_EQ(p.plan(1000, kNow).mode, Mode::kAlone);
  for (int i = 0; i < 100; ++i) p.took(1, 50us);
  EXPECT_FALSE(p.slow());
}

TEST(ParticipantPace, FrequentRefusalsTakeSavepointsAndRareOnesDoNot) {
  Pace p = pace();
  for (int i = 0; i < 20; ++i) p.took(16, 16 * 50us);
  for (int i = 0; i < 20; ++i) p.broke(60, 6);
  EXPECT_EQ(p.plan(1000, kNow).mode, Mode::kSavepoints);
  EXPECT_EQ(p.plan(1000, kNow).size, 60U);
  for (int i = 0; i < 40; ++i) p.broke(60, 0);
  EXPECT_EQ(p.plan(1000, kNow).mode, Mode::kTogether);
}

TEST(ParticipantPace, DeadlockHalvesTheBatchForAWhile) {
  Pace p = pace();
  for (int i = 0; i < 20; ++i) p.took(16, 16 * 50us);
  p.conflicted(200, kNow);
  EXPECT_EQ(p.plan(1000, kNow).size, 100U);
  p.conflicted(100, kNow);
  EXPECT_EQ(p.plan(1000, kNow).size, 50U);
  EXPECT_EQ(p.plan(1000, kNow + 6s).size, 100U);
  EXPECT_EQ(p.plan(1000, kNow + 60s).size, 256U);
}

}  // namespace
}  // namespace sagad::runtime
