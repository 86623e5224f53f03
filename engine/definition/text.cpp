#include "definition/text.hpp"

#include <array>
#include <charconv>

namespace sagad::definition {
namespace {

namespace json = boost::json;

std::string double_text(double number) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), result.ptr};
}

void append(const json::value& value, std::string& out) {
  const char* separator = "";
  if (value.is_double()) {
    out += double_text(value.get_double());
  } else if (value.is_array()) {
    out += '[';
    for (const auto& item : value.get_array()) {
      out += separator;
      append(item, out);
      separator = ",";
    }
    out += ']';
  } else if (value.is_object()) {
    out += '{';
    for (const auto& [key, member] : value.get_object()) {
      out += separator + json::serialize(json::value(key)) + ":";
      append(member, out);
      separator = ",";
    }
    out += '}';
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  if (text.size() <= kLongest) return "'" + std::string(text) + "'";
  std::size_t end = kLongest;
  // Not in the middle of a character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return "'" + std::string(text.substr(0, end)) + "…'";
}

std::string json_text(const json::value& value) {
  std::string out;
  append(value, out);
  return out;
}

bool is_name(std::string_view text, std::string_view others, std::size_t max_length) {
  if (text.empty() || text.size() > max_length) return false;
  if (text.front() < 'a' || text.front() > 'z') return false;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!plain && others.find(c) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace sagad::definition
