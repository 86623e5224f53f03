#include "base/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace sagad::base {

Duration Backoff::interval(int attempt, double uniform) const {
  const double longest = static_cast<double>(max.count());
  const double grown =
      static_cast<double>(initial.count()) * std::pow(coefficient, std::max(0, attempt - 1));
  const double plain = std::min(grown, longest);  // pow may be infinite: min mends that
  const double spread = plain * (1.0 + jitter * (2.0 * uniform - 1.0));
  return Duration{static_cast<std::int64_t>(std::max(0.0, spread))};
}

}  // namespace sagad::base
