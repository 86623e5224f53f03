// What comes from the machine: its clock and the seeds of its random numbers. The simulation links
// its own in place of these.

#include <random>

#include "base/random.hpp"
#include "base/time.hpp"

namespace sagad::base {

Random Random::from_system() {
  std::random_device device;
  return Random(static_cast<std::uint64_t>(device()) << 32 | device());
}

Time SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace sagad::base
