#pragma once

namespace sagad::base {

inline constexpr bool kMutant = false;

}  // namespace sagad::base

/// A bug that can be planted here: never is, and is compiled away. The simulation has a header of
/// its own in place of this one, by which scripts/simulate --mutants plants the bugs one by one, to
/// show that it would find them.
#define SAGAD_MUTANT(name) ::sagad::base::kMutant
