#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "sagabench/installation.hpp"

namespace sagad::bench {

/// What another engine did with the same saga.
struct PeerRun {
  int clients = 0;
  double sagas_per_s = 0;
  double p50_1client_ms = 0;
  double p99_1client_ms = 0;
};

/// Runs order-pay in other engines, with the plugins' business statements, on the same
/// PostgreSQL: the programs of bench/peers/, under node. Used by one thread.
class Peers {
 public:
  /// `folder` has the programs and what npm installed for them.
  Peers(std::filesystem::path folder, Installation& installation);

  /// `name` is `dbos` or `restate`. Starts it, warms it up, measures one client and many, stops
  /// it, and checks in its databases that every saga made one order and one payment. Throws
  /// std::runtime_error.
  PeerRun run(const std::string& name, std::chrono::duration<double> time);

 private:
  std::filesystem::path folder_;
  Installation& installation_;
  std::filesystem::path node_;
};

}  // namespace sagad::bench
