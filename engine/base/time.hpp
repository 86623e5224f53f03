#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sagad::base {

/// A point in time, UTC, to the microsecond: what PostgreSQL's timestamptz can hold.
using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
using Duration = std::chrono::milliseconds;

/// RFC 3339 with microseconds and `Z`: `2026-01-31T08:15:30.123456Z`.
std::string format_time(Time time);
/// Reads what format_time writes, and RFC 3339 with an offset or fewer digits.
/// Throws std::invalid_argument that quotes the text.
Time parse_time(std::string_view text);

/// Microseconds since 1970-01-01T00:00:00Z: how times travel in messages.
inline std::int64_t to_micros(Time time) { return time.time_since_epoch().count(); }
inline Time from_micros(std::int64_t micros) { return Time{std::chrono::microseconds{micros}}; }

/// Reads `500ms`, `30s`, `15m`, `24h` (a whole number and one unit).
/// Throws std::invalid_argument that quotes the text and says what is allowed.
Duration parse_duration(std::string_view text);
/// The shortest text that parse_duration reads back: 90000 ms is `90s`.
std::string format_duration(Duration duration);

/// Tells the time. Injected everywhere, so that tests and the simulation own it. Thread-safe.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  Time now() const override;
};

}  // namespace sagad::base
