#pragma once

#include <memory>

#include "ports/step_runner.hpp"
#include "simulation/participant_database.hpp"
#include "simulation/plan.hpp"

namespace sagad::simulation {

/// The plugin of a participant: its actions a0 … a3 and compensations c0 … c3
/// leave effects, and answer as the plan's tempers say.
std::unique_ptr<ports::StepRunner> make_plugin(World& world, const Plan& plan,
                                               ParticipantDatabase& database);

}  // namespace sagad::simulation
