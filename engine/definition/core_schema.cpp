#include "definition/core_schema.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

namespace sagad::definition {
namespace {

namespace json = boost::json;

constexpr std::string_view kDigits = "0123456789";

std::size_t skip_digits(std::string_view text, std::size_t at) {
  const auto end = text.find_first_not_of(kDigits, at);
  return end == std::string_view::npos ? text.size() : end;
}

bool has_sign(std::string_view text) {
  return !text.empty() && (text.front() == '-' || text.front() == '+');
}

/// [-+]?[0-9]+
bool is_decimal(std::string_view text) {
  if (has_sign(text)) text.remove_prefix(1);
  return !text.empty() && skip_digits(text, 0) == text.size();
}

/// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool is_float(std::string_view text) {
  if (has_sign(text)) text.remove_prefix(1);
  const auto whole = skip_digits(text, 0);
  auto at = whole;
  if (at < text.size() && text[at] == '.') {
    const auto end = skip_digits(text, at + 1);
    if (whole == 0 && end == at + 1) return false;
    at = end;
  } else if (whole == 0) {
    return false;
  }
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  const auto exponent = text.substr(at + 1);
  return is_decimal(exponent);
}

bool is_not_finite(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  if (has_sign(text)) text.remove_prefix(1);
  return text == ".inf" || text == ".Inf" || text == ".INF";
}

ScalarReading refused(std::string_view text, const std::string& why) {
  return {nullptr, "the number " + std::string(text) + " " + why};
}

ScalarReading read_integer(std::string_view text, std::string_view digits, bool negative,
                           int base) {
  std::uint64_t magnitude = 0;
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, magnitude, base);
  constexpr std::uint64_t kLowest = std::uint64_t{1} << 63;
  if (result.ec != std::errc{} || (negative && magnitude > kLowest)) {
    return refused(text, "is outside int64 and uint64: quote it to make it a string");
  }
  if (negative) return {json::value(static_cast<std::int64_t>(0 - magnitude)), {}};
  if (magnitude < kLowest) return {json::value(static_cast<std::int64_t>(magnitude)), {}};
  return {json::value(magnitude), {}};
}

ScalarReading read_float(std::string_view text) {
  auto digits = text;
  if (digits.front() == '+') digits.remove_prefix(1);
  double number = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (result.ec != std::errc{} || !std::isfinite(number)) {
    return refused(text, "is too large or too small for a double: quote it to make it a string");
  }
  return {json::value(number), {}};
}

bool is_radix(std::string_view text, std::string_view prefix, std::string_view digits) {
  return text.size() > prefix.size() && text.substr(0, prefix.size()) == prefix &&
         text.find_first_not_of(digits, prefix.size()) == std::string_view::npos;
}

}  // namespace

ScalarReading read_plain_scalar(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return {nullptr, {}};
  }
  if (text == "true" || text == "True" || text == "TRUE") return {true, {}};
  if (text == "false" || text == "False" || text == "FALSE") return {false, {}};
  if (is_decimal(text)) {
    return read_integer(text, has_sign(text) ? text.substr(1) : text, text.front() == '-', 10);
  }
  if (is_radix(text, "0o", "01234567")) return read_integer(text, text.substr(2), false, 8);
  if (is_radix(text, "0x", "0123456789abcdefABCDEF")) {
    return read_integer(text, text.substr(2), false, 16);
  }
  if (is_float(text)) return read_float(text);
  if (is_not_finite(text)) return refused(text, "is not finite, and JSON has no such number");
  return {json::value(json::string(text.data(), text.size())), {}};
}

}  // namespace sagad::definition
