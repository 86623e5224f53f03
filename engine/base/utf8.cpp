#include "base/utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace sagad::base {
namespace {

/// The number of bytes of the well-formed sequence that begins at `at`; 0 if there is none.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> std::uint8_t {
    return at + i < text.size() ? static_cast<std::uint8_t>(text[at + i]) : 0;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const auto lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool second = lead == 0xe0   ? byte(1) >= 0xa0 && byte(1) <= 0xbf
                        : lead == 0xed ? byte(1) >= 0x80 && byte(1) <= 0x9f
                                       : tail(1);
    return second && tail(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool second = lead == 0xf0   ? byte(1) >= 0x90 && byte(1) <= 0xbf
                        : lead == 0xf4 ? byte(1) >= 0x80 && byte(1) <= 0x8f
                                       : tail(1);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = sequence_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace sagad::base
