#include "api/text.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace sagad::api {
namespace {

/// The length of the well-formed character at the begin of `text`, or 0.
std::size_t character_length(std::string_view text) {
  for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
    if (base::is_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

}  // namespace

std::string to_valid_utf8(std::string_view text) {
  if (base::is_utf8(text)) return std::string(text);
  std::string valid;
  valid.reserve(text.size() + 8);
  while (!text.empty()) {
    const auto length = character_length(text);
    if (length == 0) {
      valid += "\xEF\xBF\xBD";
    } else {
      valid += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return valid;
}

TextPosition position_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto newlines = std::count(before.begin(), before.end(), '\n');
  const auto last = before.rfind('\n');
  const auto column = last == std::string_view::npos ? before.size() : before.size() - last - 1;
  return {static_cast<std::size_t>(newlines) + 1, column + 1};
}

}  // namespace sagad::api
