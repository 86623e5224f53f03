#pragma once

#include <span>
#include <string_view>

namespace sagad::api {

/// What /metrics says of a metric. docs/metrics.md has the same list.
struct MetricInfo {
  std::string_view name;
  std::string_view help;
};

std::span<const MetricInfo> metric_catalogue();

/// The help of a metric; its name, if the catalogue lacks it.
std::string_view metric_help(std::string_view name);

}  // namespace sagad::api
