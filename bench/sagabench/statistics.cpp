#include "sagabench/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace sagad::bench {

double Summary::median() const {
  if (rounds.empty()) return 0;
  auto sorted = rounds;
  std::sort(sorted.begin(), sorted.end());
  const auto middle = sorted.size() / 2;
  if (sorted.size() % 2 == 1) return sorted[middle];
  return (sorted[middle - 1] + sorted[middle]) / 2;
}

double Summary::min() const {
  return rounds.empty() ? 0 : *std::min_element(rounds.begin(), rounds.end());
}

double Summary::max() const {
  return rounds.empty() ? 0 : *std::max_element(rounds.begin(), rounds.end());
}

double Summary::spread() const {
  const double middle = median();
  return middle == 0 ? 0 : (max() - min()) / middle;
}

double nearest_rank(const std::vector<double>& sorted, double fraction) {
  if (sorted.empty()) return 0;
  const auto rank =
      static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

Latencies percentiles(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return {.count = samples.size(),
          .p50 = nearest_rank(samples, 0.50),
          .p95 = nearest_rank(samples, 0.95),
          .p99 = nearest_rank(samples, 0.99),
          .p999 = nearest_rank(samples, 0.999),
          .max = samples.empty() ? 0 : samples.back()};
}

}  // namespace sagad::bench
