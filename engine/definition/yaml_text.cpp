#include "definition/yaml_text.hpp"

#include <yaml-cpp/mark.h>

#include <algorithm>
#include <utility>

namespace sagad::definition {
namespace {

/// Where an unquoted `${` stands in one line. Quotes that span lines are not followed: the answer
/// only chooses between two messages.
std::optional<std::size_t> unquoted_expression(std::string_view line) {
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != '\0') {
      if (c == '\\' && quote == '"') ++i;
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#' && (i == 0 || line[i - 1] == ' ')) {
      break;
    } else if (c == '$' && i + 1 < line.size() && line[i + 1] == '{') {
      return i;
    }
  }
  return std::nullopt;
}

}  // namespace

YamlText::YamlText(std::string_view text, std::string file) : file_(std::move(file)) {
  while (true) {
    const auto end = text.find('\n');
    lines_.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
}

Position YamlText::position_of(std::size_t line, std::size_t byte) const {
  std::size_t column = byte;
  if (line < lines_.size()) {
    const auto before = lines_[line].substr(0, byte);
    const auto inner = std::count_if(before.begin(), before.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    });
    column -= static_cast<std::size_t>(inner);
  }
  return {file_, static_cast<int>(line) + 1, static_cast<int>(column) + 1};
}

Position YamlText::position(const YAML::Mark& mark) const {
  return position_of(static_cast<std::size_t>(std::max(mark.line, 0)),
                     static_cast<std::size_t>(std::max(mark.column, 0)));
}

std::optional<Position> YamlText::unquoted_expression_before(int line) const {
  constexpr int kLinesBack = 3;
  const int last = std::min(line, static_cast<int>(lines_.size()));
  for (int i = last; i > 0 && i >= line - kLinesBack; --i) {
    const auto index = static_cast<std::size_t>(i - 1);
    if (const auto byte = unquoted_expression(lines_[index])) return position_of(index, *byte);
  }
  return std::nullopt;
}

}  // namespace sagad::definition
