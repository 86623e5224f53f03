#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "sagabench/installation.hpp"

namespace sagad::bench {

/// One run of pgbench over hand-written transactions.
struct HandWrittenRun {
  int clients = 0;
  std::int64_t sagas = 0;
  double sagas_per_s = 0;
};

/// Runs the hand-written transactions of bench/pgbench/ by pgbench, with prepared statements.
/// Used by one thread.
class PgBench {
 public:
  PgBench(const std::filesystem::path& project, Installation& installation);

  /// `name` is `floor` or `recipe`: the script and its database. Checks in that database that
  /// every transaction that pgbench counts has made its payment. Throws std::runtime_error.
  HandWrittenRun run(const std::string& name, int clients, std::chrono::duration<double> time);

 private:
  Installation& installation_;
  std::filesystem::path program_;
};

}  // namespace sagad::bench
