#pragma once

#include <string_view>

namespace sagad::base {

/// Whether the bytes are well-formed UTF-8 (Unicode 15, table 3-7): no surrogates, no overlong
/// forms, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace sagad::base
