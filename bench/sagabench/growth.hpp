#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "sagabench/cost.hpp"
#include "sagabench/installation.hpp"
#include "sagabench/options.hpp"
#include "sagabench/statistics.hpp"

namespace sagad::bench {

/// What sagad does under one circumstance.
struct GrowthPoint {
  Summary sagas_per_s;
  Latencies one_client;  ///< from start to completion, ms
  Memory memory;
};

/// What becomes of throughput and latency as things grow.
struct GrowthResults {
  std::size_t finished = 0;   ///< how many sagas are in the tables, with `full`
  std::size_t in_flight = 0;  ///< how many were started and not ended, at once
  GrowthPoint empty;          ///< tables that were just made
  GrowthPoint full;
  GrowthPoint waiting;   ///< no participant runs: memory, and sagas started a second
  GrowthPoint draining;  ///< the participants come back: sagas ended a second
  std::map<int, GrowthPoint> by_steps;
  std::map<int, GrowthPoint> by_payload_kb;
};

/// Measures on an installation of its own, that nothing has used before. Says on standard error
/// what it is at.
GrowthResults run_growth(const Options& options, Installation& installation);

}  // namespace sagad::bench
