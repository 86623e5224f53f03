#pragma once

#include "simulation/installation.hpp"

namespace sagad::simulation {

/// What goes wrong at some time, whatever is being done then: kills, freezes,
/// restarts of the servers, the loss of the bus, jumps of the clock. Ends with
/// the faults.
void torment(World& world, const Plan& plan, Installation& site);

}  // namespace sagad::simulation
