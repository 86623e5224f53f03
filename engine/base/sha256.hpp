#pragma once

#include <string>
#include <string_view>

namespace sagad::base {

/// SHA-256 (FIPS 180-4) in lower-case hexadecimal digits.
std::string sha256_hex(std::string_view data);

}  // namespace sagad::base
