#pragma once

#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "api/reader_pool.hpp"
#include "ports/metrics.hpp"

namespace sagad::api {

/// Keeps `sagad_sagas_active` up to date when /metrics is asked for, by at most one query in five
/// seconds, however often it is. Thread-safe.
class SagaGauges {
 public:
  /// Both outlive it.
  SagaGauges(ReaderPool& readers, ports::Metrics& metrics) : readers_(readers), metrics_(metrics) {}

  /// While the database does not answer, the gauges keep their values.
  void refresh();

 private:
  void publish(const std::vector<ports::StatusCount>& counts);

  ReaderPool& readers_;
  ports::Metrics& metrics_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_;           ///< guarded by mutex_
  std::set<std::pair<std::string, std::string>> shown_;  ///< guarded by mutex_
};

}  // namespace sagad::api
