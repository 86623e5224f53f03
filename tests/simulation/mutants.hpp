#pragma once

#include <vector>

namespace sagad::simulation {

/// A bug that SAGAD_MUTANT plants.
struct Mutant {
  const char* name;
  const char* what;  ///< for people
};

/// All of them; docs/correctness.md has the same list.
const std::vector<Mutant>& mutants();

}  // namespace sagad::simulation
