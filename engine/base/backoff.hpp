#pragma once

#include "base/time.hpp"

namespace sagad::base {

/// Exponential back-off: interval(n) = min(max, initial * coefficient^(n-1)), n counted from 1,
/// then spread by ±jitter (0.2 = between 80 % and 120 %) with `uniform` in [0, 1).
struct Backoff {
  Duration initial{200};
  double coefficient = 2.0;
  Duration max{30'000};
  double jitter = 0.2;

  Duration interval(int attempt, double uniform) const;

  bool operator==(const Backoff&) const = default;
};

}  // namespace sagad::base
