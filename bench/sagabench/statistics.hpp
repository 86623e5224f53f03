#pragma once

#include <cstddef>
#include <vector>

namespace sagad::bench {

/// What several rounds gave for one figure. A value.
struct Summary {
  std::vector<double> rounds;  ///< in the order in which they were measured

  bool empty() const { return rounds.empty(); }
  double median() const;  ///< 0 without rounds, as min and max
  double min() const;
  double max() const;
  /// (max - min) / median: how far apart the rounds are.
  double spread() const;
};

/// Exact percentiles: of all samples, by the nearest-rank method. Milliseconds. A value.
struct Latencies {
  std::size_t count = 0;
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
};

Latencies percentiles(std::vector<double> samples);

/// The smallest of the sorted samples that at least `fraction` of them do not exceed.
double nearest_rank(const std::vector<double>& sorted, double fraction);

}  // namespace sagad::bench
