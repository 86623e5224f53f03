#include "base/time.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <limits>
#include <stdexcept>

namespace sagad::base {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 4> kUnits{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};

[[noreturn]] void refuse_duration(std::string_view text) {
  throw std::invalid_argument("not a duration: '" + std::string(text.substr(0, 64)) +
                              "' (expected a whole number and a unit: 500ms, 30s, 15m, 24h)");
}

[[noreturn]] void refuse_time(std::string_view text) {
  throw std::invalid_argument("not a time: '" + std::string(text.substr(0, 64)) +
                              "' (expected RFC 3339: 2026-01-31T08:15:30Z)");
}

/// Reads `count` digits at `at` and moves on.
int digits(std::string_view text, std::size_t& at, std::size_t count) {
  int value = 0;
  for (std::size_t i = 0; i < count; ++i, ++at) {
    if (at >= text.size() || text[at] < '0' || text[at] > '9') refuse_time(text);
    value = value * 10 + (text[at] - '0');
  }
  return value;
}

void expect(std::string_view text, std::size_t& at, std::string_view allowed) {
  if (at >= text.size() || allowed.find(text[at]) == std::string_view::npos) refuse_time(text);
  ++at;
}

std::int64_t fraction_micros(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '.') return 0;
  ++at;
  std::int64_t micros = 0;
  std::int64_t weight = 100'000;
  const auto first = at;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    micros += (text[at] - '0') * weight;
    weight /= 10;
  }
  if (at == first) refuse_time(text);
  return micros;
}

std::chrono::minutes offset(std::string_view text, std::size_t& at) {
  if (at < text.size() && (text[at] == 'Z' || text[at] == 'z')) {
    ++at;
    return std::chrono::minutes{0};
  }
  const bool negative = at < text.size() && text[at] == '-';
  expect(text, at, "+-");
  const int hours = digits(text, at, 2);
  if (at < text.size() && text[at] == ':') ++at;
  const int minutes = at < text.size() ? digits(text, at, 2) : 0;
  const std::chrono::minutes total{hours * 60 + minutes};
  return negative ? -total : total;
}

}  // namespace

std::string format_time(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto micros = (time - seconds).count();
  const std::time_t unix_time = seconds.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&unix_time, &parts);
  std::array<char, 64> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                    parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                    parts.tm_min, parts.tm_sec, static_cast<int>(micros));
  return {text.data(), static_cast<std::size_t>(length)};
}

Time parse_time(std::string_view text) {
  std::size_t at = 0;
  std::tm parts{};
  parts.tm_year = digits(text, at, 4) - 1900;
  expect(text, at, "-");
  parts.tm_mon = digits(text, at, 2) - 1;
  expect(text, at, "-");
  parts.tm_mday = digits(text, at, 2);
  expect(text, at, "Tt ");
  parts.tm_hour = digits(text, at, 2);
  expect(text, at, ":");
  parts.tm_min = digits(text, at, 2);
  expect(text, at, ":");
  parts.tm_sec = digits(text, at, 2);
  const auto micros = fraction_micros(text, at);
  const auto shift = offset(text, at);
  const bool in_range = parts.tm_mon >= 0 && parts.tm_mon < 12 && parts.tm_mday >= 1 &&
                        parts.tm_mday <= 31 && parts.tm_hour < 24 && parts.tm_min < 60 &&
                        parts.tm_sec < 61;
  if (at != text.size() || !in_range) refuse_time(text);
  const auto seconds = timegm(&parts);
  return Time{std::chrono::seconds{seconds}} + std::chrono::microseconds{micros} - shift;
}

Duration parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) refuse_duration(text);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& known : kUnits) {
    if (unit != known.name) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / 1000 / known.milliseconds) {
      refuse_duration(text);  // its microseconds would not fit
    }
    return Duration{number * known.milliseconds};
  }
  refuse_duration(text);
}

std::string format_duration(Duration duration) {
  const auto ms = duration.count();
  if (ms == 0) return "0s";
  std::string shortest;  // the largest unit that divides it: the units rise
  for (const auto& unit : kUnits) {
    if (ms % unit.milliseconds != 0) break;
    shortest = std::to_string(ms / unit.milliseconds) + std::string(unit.name);
  }
  return shortest;
}

}  // namespace sagad::base
