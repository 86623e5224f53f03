#include "sagabench/statistics.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace sagad::bench {
namespace {

std::vector<double> one_to(int last) {
  std::vector<double> values(static_cast<std::size_t>(last));
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

TEST(Statistics, PercentilesAreSamplesByNearestRank) {
  auto samples = one_to(1000);
  std::swap(samples.front(), samples.back());
  const auto latencies = percentiles(samples);
  EXPECT_EQ(latencies.count, 1000U);
  EXPECT_EQ(latencies.p50, 500);
  EXPECT_EQ(latencies.p95, 950);
  EXPECT_EQ(latencies.p99, 990);
  EXPECT_EQ(latencies.p999, 999);
  EXPECT_EQ(latencies.max, 1000);
}

TEST(Statistics, FewSamplesGiveTheLargestForHighPercentiles) {
  const auto latencies = percentiles({3, 1, 2});
  EXPECT_EQ(latencies.p50, 2);
  EXPECT_EQ(latencies.p99, 3);
  EXPECT_EQ(percentiles({}).p99, 0);
}

TEST(Statistics, MedianAndSpreadOfRounds) {
  EXPECT_EQ((Summary{{30, 10, 20}}).median(), 20);
  EXPECT_EQ((Summary{{40, 10, 20, 30}}).median(), 25);
  EXPECT_EQ((Summary{{30, 10, 20}}).spread(), 1);
  EXPECT_EQ(Summary{}.median(), 0);
  EXPECT_EQ(Summary{}.spread(), 0);
}

}  // namespace
}  // namespace sagad::bench
