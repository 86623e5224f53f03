#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sagabench/cost.hpp"
#include "sagabench/latency.hpp"
#include "sagabench/options.hpp"
#include "sagabench/statistics.hpp"

namespace sagad::bench {

/// Hand-written transactions over the rounds; each round counts with its best number of clients.
struct HandWritten {
  Summary best;
  std::map<int, Summary> by_clients;
  Summary cpu_postgres_us;  ///< of a saga
  Summary wal_bytes;        ///< of a saga
};

/// One way to run sagas over the rounds.
struct Series {
  Summary sagas_per_s;
  Summary starts_per_s;
  std::vector<Cost> each;  ///< a round; what one saga cost
};

/// Latencies of one load over the rounds.
struct LatencySeries {
  double load = 0;  ///< part of the top throughput; 0 for the closed loop with one client
  Summary rate, completed, p50, p95, p99, p999, max;
  std::size_t samples = 0;

  void add(const LoadLatencies& measured);
};

/// Another engine over the rounds.
struct PeerSeries {
  int clients = 0;
  Summary sagas_per_s, p50_1client, p99_1client;
};

/// All that a run has measured.
struct Results {
  HandWritten floor;
  HandWritten recipe;
  std::map<std::string, Series> sagad;      ///< by name: jetstream, http, sql, jetstream_batch, …
  std::map<std::string, PeerSeries> peers;  ///< dbos, restate
  LatencySeries one_client;
  std::vector<LatencySeries> open_loop;
  std::optional<Cost> counted;  ///< a round in which statements were counted
  std::optional<Memory> memory;
  double seconds = 0;
};

/// Measures in rounds, each of which holds everything, so that a machine that gets slower or
/// faster does so for all: the hand-written transactions with the daemon stopped, then sagad, and
/// in the next round the other way round. Says on standard error what it is at.
Results run_rounds(const Options& options, Installation& installation);

}  // namespace sagad::bench
