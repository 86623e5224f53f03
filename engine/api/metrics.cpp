#include "api/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "api/metric_catalogue.hpp"

namespace sagad::api {
namespace {

using Labels = ports::Metrics::Labels;
using Buckets = prometheus::Histogram::BucketBoundaries;

/// For durations from a millisecond to the minutes that a saga may take; for sizes up to the
/// largest batch.
Buckets buckets_of(std::string_view name) {
  if (name.ends_with("_size")) return {1, 2, 4, 8, 16, 32, 64, 128, 256};
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};
}

/// One text for a metric and its labels; no label value of ours holds the separator.
std::string key_of(std::string_view name, Labels labels) {
  std::string key(name);
  for (const auto& label : labels) {
    key += '\x1f';
    key += label.name;
    key += '\x1e';
    key += label.value;
  }
  return key;
}

std::map<std::string, std::string> to_map(Labels labels) {
  std::map<std::string, std::string> map;
  for (const auto& label : labels) map.emplace(label.name, label.value);
  return map;
}

/// The registry gives the family that it has, if there is one of this name.
template <typename Builder>
auto& family(Builder builder, std::string_view name, prometheus::Registry& registry) {
  return builder.Name(std::string(name)).Help(std::string(metric_help(name))).Register(registry);
}

/// The metrics of one kind that were met so far; they live as long as the registry.
template <typename Metric>
class Known {
 public:
  /// `make` is called once for each name and labels.
  template <typename Make>
  Metric& get(std::string_view name, Labels labels, Make make) {
    const auto key = key_of(name, labels);
    {
      const std::shared_lock lock(mutex_);
      const auto found = metrics_.find(key);
      if (found != metrics_.end()) return *found->second;
    }
    const std::unique_lock lock(mutex_);
    auto& metric = metrics_[key];
    if (metric == nullptr) metric = &make();
    return *metric;
  }

 private:
  std::shared_mutex mutex_;
  std::unordered_map<std::string, Metric*> metrics_;  ///< guarded by mutex_
};

}  // namespace

class PrometheusMetrics::Impl {
 public:
  prometheus::Counter& counter(std::string_view name, Labels labels) {
    return counters_.get(name, labels, [&]() -> prometheus::Counter& {
      return family(prometheus::BuildCounter(), name, registry_).Add(to_map(labels));
    });
  }

  prometheus::Gauge& gauge(std::string_view name, Labels labels) {
    return gauges_.get(name, labels, [&]() -> prometheus::Gauge& {
      return family(prometheus::BuildGauge(), name, registry_).Add(to_map(labels));
    });
  }

  prometheus::Histogram& histogram(std::string_view name, Labels labels) {
    return histograms_.get(name, labels, [&]() -> prometheus::Histogram& {
      return family(prometheus::BuildHistogram(), name, registry_)
          .Add(to_map(labels), buckets_of(name));
    });
  }

  std::string text() const { return prometheus::TextSerializer{}.Serialize(registry_.Collect()); }

 private:
  prometheus::Registry registry_;
  Known<prometheus::Counter> counters_;
  Known<prometheus::Gauge> gauges_;
  Known<prometheus::Histogram> histograms_;
};

PrometheusMetrics::PrometheusMetrics() : impl_(std::make_unique<Impl>()) {}

PrometheusMetrics::~PrometheusMetrics() = default;

void PrometheusMetrics::add(std::string_view counter, Labels labels, double amount) {
  impl_->counter(counter, labels).Increment(amount);
}

void PrometheusMetrics::set(std::string_view gauge, Labels labels, double value) {
  impl_->gauge(gauge, labels).Set(value);
}

void PrometheusMetrics::observe(std::string_view histogram, Labels labels, double seconds) {
  impl_->histogram(histogram, labels).Observe(seconds);
}

std::string PrometheusMetrics::text() const { return impl_->text(); }

}  // namespace sagad::api
