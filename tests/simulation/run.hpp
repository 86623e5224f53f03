#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sagad::simulation {

struct Outcome {
  std::vector<std::string> violations;
  std::uint64_t trace_hash = 0;   ///< of all that touched the outside
  std::int64_t virtual_time = 0;  ///< microseconds
  std::uint64_t switches = 0;
  std::map<std::string, std::uint64_t> census;  ///< see census()
};

/// One run: everything in it follows from the seed. `trace` prints what
/// happens.
Outcome run(std::uint64_t seed, bool trace);

}  // namespace sagad::simulation
