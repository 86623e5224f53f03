#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace sagad::definition {

/// What a plain scalar means, or why it cannot be carried exactly.
struct ScalarReading {
  boost::json::value value;
  std::optional<std::string> problem;
};

/// Resolves a plain (unquoted) scalar by the core schema of YAML 1.2 (section 10.3.2): `yes`, `on`
/// and `1_000` are strings; integers are exact int64 or uint64.
ScalarReading read_plain_scalar(std::string_view text);

}  // namespace sagad::definition
