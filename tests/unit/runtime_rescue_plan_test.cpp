#include <gtest/gtest.h>

#include <chrono>

#include "definition/loader.hpp"
#include "runtime/rescue_plan.hpp"

namespace sagad::runtime {
namespace {

using namespace std::chrono_literals;

const base::Time kNow = base::from_micros(1'700'000'000'000'000);
const RescueTimes kTimes{30s, 10min, 6h};

StreamSight head(base::Time sent_at, bool stuck = false) { return {false, sent_at, stuck}; }

class RescuePlanTest : public ::testing::Test {
 protected:
  RescuePlanTest()
      : definition_(definition::load_yaml(R"(
name: two
version: 1
steps:
  - { id: first, action: order.create, compensate: order.cancel, needs: [] }
  - { id: second, action: pay.charge, needs: [] }
)",
                                          "two.yaml")) {
    instance_.steps.resize(2);
  }

  /// The horizon for a participant; nothing if it is not named.
  std::optional<base::Time> horizon(const RescuePlan& plan, const std::string& participant) {
    const auto horizons = plan.event_for(instance_, *definition_).horizons;
    const auto found = horizons.find(participant);
    return found == horizons.end() ? std::nullopt : std::optional(found->second);
  }

  void sent(std::size_t step, base::Duration ago, int resent = 0) {
    instance_.steps.at(step).status = saga::StepStatus::kRunning;
    instance_.steps.at(step).sent_at = kNow - ago;
    instance_.steps.at(step).resent = resent;
  }

  definition::DefinitionPtr definition_;
  saga::Instance instance_;
};

TEST_F(RescuePlanTest, ChildrenAreAskedForAtDoublingIntervals) {
  definition_ = definition::load_yaml(
      "name: one\nversion: 1\nsteps: [{ id: sub, child: leaf@1 }]\n", "one.yaml");
  const std::string child(definition::kChildParticipant);
  const auto asked = [&](base::Duration ago, int resent) {
    sent(0, ago, resent);
    instance_.steps[0].status = saga::StepStatus::kWaiting;
    return horizon(RescuePlan({{child, {}}}, {}, kNow, kTimes), child).has_value();
  };
  EXPECT_FALSE(asked(29s, 0));
  EXPECT_TRUE(asked(30s + 1ms, 0));
  EXPECT_FALSE(asked(59s, 1));
  EXPECT_TRUE(asked(60s, 1));
  EXPECT_FALSE(asked(9min, 20));
  EXPECT_TRUE(asked(10min, 20)) << "but never more rarely than this";
}

TEST_F(RescuePlanTest, EmptyStreamsHoldNothingOlderThanTheSilence) {
  const RescuePlan plan({{"pay", {}}}, {}, kNow, kTimes);
  EXPECT_EQ(horizon(plan, "pay"), kNow - 30s);
  EXPECT_EQ(horizon(plan, "order"), std::nullopt) << "its stream was not looked at";
  EXPECT_EQ(plan.latest_horizon(), kNow - 30s);
}

TEST_F(RescuePlanTest, AHeadCoversWhatWasSentAfterIt) {
  const RescuePlan commands({{"pay", head(kNow - 5min)}}, {}, kNow, kTimes);
  EXPECT_EQ(horizon(commands, "pay"), kNow - 5min);
  const RescuePlan results({{"pay", {}}}, head(kNow - 7min), kNow, kTimes);
  EXPECT_EQ(horizon(results, "pay"), kNow - 7min);
  const RescuePlan both({{"pay", head(kNow - 9min)}}, head(kNow - 7min), kNow, kTimes);
  EXPECT_EQ(horizon(both, "pay"), kNow - 9min);
}

TEST_F(RescuePlanTest, ARecentHeadDoesNotShortenTheSilence) {
  const RescuePlan plan({{"pay", head(kNow - 1s)}}, {}, kNow, kTimes);
  EXPECT_EQ(horizon(plan, "pay"), kNow - 30s);
}

TEST_F(RescuePlanTest, AHeadWithoutATimeTellsNothing) {
  const RescuePlan plan({{"pay", {false, std::nullopt, false}}}, {}, kNow, kTimes);
  EXPECT_EQ(horizon(plan, "pay"), std::nullopt);
  EXPECT_EQ(plan.latest_horizon(), std::nullopt);
}

TEST_F(RescuePlanTest, AStuckHeadLetsSilentStepsThroughAtDoublingIntervals) {
  const RescuePlan plan({{"order", {}}, {"pay", head(kNow - 1h, true)}}, {}, kNow, kTimes);
  EXPECT_EQ(plan.latest_horizon(), kNow - 30s);
  sent(1, 11min);
  EXPECT_EQ(horizon(plan, "pay"), kNow - 11min + 1us) << "due after ten minutes";
  sent(1, 9min);
  EXPECT_EQ(horizon(plan, "pay"), kNow - 1h) << "not due yet: only what the head allows";
  sent(1, 19min, 1);
  EXPECT_EQ(horizon(plan, "pay"), kNow - 1h) << "twenty minutes after the first time";
  sent(1, 21min, 1);
  EXPECT_EQ(horizon(plan, "pay"), kNow - 21min + 1us);
  const RescuePlan old({{"pay", head(kNow - 7h, true)}}, {}, kNow, kTimes);
  sent(1, 6h, 30);
  EXPECT_EQ(horizon(old, "pay"), kNow - 6h + 1us) << "never longer than the longest interval";
}

TEST_F(RescuePlanTest, AStuckResultStreamConcernsAllParticipants) {
  const RescuePlan plan({{"order", {}}, {"pay", {}}}, head(kNow - 1h, true), kNow, kTimes);
  sent(0, 20min);
  sent(1, 5min);
  EXPECT_EQ(horizon(plan, "order"), kNow - 20min + 1us);
  EXPECT_EQ(horizon(plan, "pay"), kNow - 1h);
  EXPECT_EQ(plan.latest_horizon(), kNow - 10min);
}

TEST_F(RescuePlanTest, AnUndoBelongsToTheParticipantOfTheCompensation) {
  const RescuePlan plan({{"order", head(kNow - 1h, true)}}, {}, kNow, kTimes);
  sent(0, 15min);
  instance_.steps[0].status = saga::StepStatus::kCompensating;
  EXPECT_EQ(horizon(plan, "order"), kNow - 15min + 1us);
}

TEST(HeadWatch, AHeadThatDoesNotMoveIsStuck) {
  HeadWatch watch(10min);
  const HeadWatch::Clock::time_point start;
  const ports::StreamHead seven{false, 7, kNow};
  EXPECT_FALSE(watch.look("a", seven, start).stuck);
  EXPECT_FALSE(watch.look("a", seven, start + 9min).stuck);
  EXPECT_TRUE(watch.look("a", seven, start + 10min).stuck);
  EXPECT_FALSE(watch.look("b", seven, start + 10min).stuck) << "streams are apart";
  EXPECT_FALSE(watch.look("a", {false, 8, kNow}, start + 11min).stuck) << "it has moved";
  EXPECT_TRUE(watch.look("a", {}, start + 12min).empty);
  EXPECT_FALSE(watch.look("a", {false, 8, kNow}, start + 25min).stuck) << "it was empty since";
}

}  // namespace
}  // namespace sagad::runtime
