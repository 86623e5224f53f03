#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "definition/expression.hpp"

namespace YAML {  // NOLINT(readability-identifier-naming): the name of yaml-cpp
struct Mark;
}

namespace sagad::definition {

/// The text of a YAML file, to find places in it. `text` must outlive it.
class YamlText {
 public:
  YamlText(std::string_view text, std::string file);

  /// The mark's line and column from 1, the column in characters and not in bytes.
  Position position(const YAML::Mark& mark) const;

  /// The last `${` up to the end of `line` (and not far before it) that no quotes enclose.
  std::optional<Position> unquoted_expression_before(int line) const;

 private:
  Position position_of(std::size_t line, std::size_t byte) const;

  std::string file_;
  std::vector<std::string_view> lines_;
};

}  // namespace sagad::definition
