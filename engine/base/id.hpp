#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/time.hpp"

namespace sagad::base {

/// The identity of a saga instance: a UUID of version 7 (RFC 9562, section 5.7), so that ids
/// sort by the time of their making and keep B-tree inserts at the right edge of the index.
/// A value; the default one is the nil UUID.
class SagaId {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  SagaId() = default;
  explicit SagaId(const Bytes& bytes) : bytes_(bytes) {}

  /// Reads the canonical form of 36 characters, in either case.
  /// Throws std::invalid_argument that quotes the text.
  static SagaId parse(std::string_view text);

  /// The canonical form: 36 characters, lower case.
  std::string str() const;
  const Bytes& bytes() const { return bytes_; }
  /// The milliseconds in the first 48 bits, as a time.
  Time made_at() const;

  auto operator<=>(const SagaId&) const = default;

 private:
  Bytes bytes_{};
};

/// Makes UUIDv7 ids: 48 bits of milliseconds, then a counter of 12 bits that keeps ids of one
/// generator in order within a millisecond, then 62 random bits. Not thread-safe: one a thread.
class IdGenerator {
 public:
  /// `seed` makes the ids repeatable (simulation); without one it is drawn from the system.
  explicit IdGenerator(std::uint64_t seed);
  IdGenerator();

  SagaId next(Time now);

 private:
  Random random_;
  std::int64_t last_ms_ = 0;
  std::uint32_t counter_ = 0;
};

}  // namespace sagad::base

template <>
struct std::hash<sagad::base::SagaId> {
  std::size_t operator()(const sagad::base::SagaId& id) const noexcept;
};
