#pragma once

#include <initializer_list>
#include <string_view>

namespace sagad::ports {

/// Where the runtime counts. Names are Prometheus' (`sagad_sagas_started_total`); docs/metrics.md
/// lists them. Thread-safe; must not block.
class Metrics {
 public:
  struct Label {
    std::string_view name;
    std::string_view value;
  };
  using Labels = std::initializer_list<Label>;

  Metrics() = default;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  virtual ~Metrics() = default;

  virtual void add(std::string_view counter, Labels labels, double amount = 1) = 0;
  virtual void set(std::string_view gauge, Labels labels, double value) = 0;
  /// Seconds, into a histogram.
  virtual void observe(std::string_view histogram, Labels labels, double seconds) = 0;
};

/// Counts nothing: for tests.
class NoMetrics final : public Metrics {
 public:
  void add(std::string_view, Labels, double) override {}
  void set(std::string_view, Labels, double) override {}
  void observe(std::string_view, Labels, double) override {}
};

}  // namespace sagad::ports
