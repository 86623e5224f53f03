#pragma once

// In place of engine/base/mutant.hpp when the engine is compiled for the simulation.

namespace sagad::simulation {

/// The planted bug; null without one. Set before a run, by the thread that runs it.
extern thread_local const char* active_mutant;
bool is_active_mutant(const char* name);

}  // namespace sagad::simulation

#define SAGAD_MUTANT(name) \
  (::sagad::simulation::active_mutant != nullptr && ::sagad::simulation::is_active_mutant(name))
