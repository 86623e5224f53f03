#pragma once

#include <cstdint>

namespace sagad::base {

/// A small fast generator of random numbers (SplitMix64, Steele, Lea, Flood: "Fast Splittable
/// Pseudorandom Number Generators", OOPSLA 2014): repeatable from its seed, not for secrets.
/// Not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  /// Seeded from the system.
  static Random from_system();

  std::uint64_t next();
  /// Evenly in [0, 1).
  double uniform();

 private:
  std::uint64_t state_;
};

}  // namespace sagad::base
