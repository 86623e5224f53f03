#include "plugins/answer_text.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace sagad::plugins {
namespace {

/// The largest length up to `max` that does not cut a character of well-formed UTF-8 in two.
std::size_t cut_at(const std::string& text, std::size_t max) {
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0U) == 0x80U) --max;
  return max;
}

}  // namespace

std::string clean_text(std::string text, std::size_t max_bytes) {
  const bool well_formed = base::is_utf8(text);
  std::replace_if(
      text.begin(), text.end(),
      [&](char c) { return c == '\0' || (!well_formed && static_cast<unsigned char>(c) >= 0x80U); },
      '?');
  if (text.size() > max_bytes) text.resize(cut_at(text, max_bytes));
  return text;
}

}  // namespace sagad::plugins
