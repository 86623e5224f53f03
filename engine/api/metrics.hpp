#pragma once

#include <memory>
#include <string>

#include "ports/metrics.hpp"

namespace sagad::api {

/// Counts for Prometheus. Thread-safe; a metric that is known costs a look-up under a shared lock.
class PrometheusMetrics final : public ports::Metrics {
 public:
  PrometheusMetrics();
  ~PrometheusMetrics() override;

  void add(std::string_view counter, Labels labels, double amount) override;
  void set(std::string_view gauge, Labels labels, double value) override;
  void observe(std::string_view histogram, Labels labels, double seconds) override;

  /// Everything, in the text format 0.0.4.
  std::string text() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sagad::api
