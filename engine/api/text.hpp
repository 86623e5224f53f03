#pragma once

#include <string>
#include <string_view>

namespace sagad::api {

/// The text with every byte that is not part of well-formed UTF-8 replaced by U+FFFD: what a
/// client sent may be shown in an error, and the error must be valid JSON.
std::string to_valid_utf8(std::string_view text);

/// Where a JSON text stops being JSON; line and column count from 1, columns in bytes.
struct TextPosition {
  std::size_t line = 1;
  std::size_t column = 1;
};
TextPosition position_of(std::string_view text, std::size_t offset);

}  // namespace sagad::api
