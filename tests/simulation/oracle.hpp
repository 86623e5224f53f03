#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "simulation/installation.hpp"

namespace sagad::simulation {

/// Nothing is on its way and every saga has ended or is paused.
bool is_quiet(const Plan& plan, const Installation& site);

/// Checks the invariants (docs/correctness.md) of a run that is quiet; tells
/// the world of each violation.
void judge(World& world, const Plan& plan, const Installation& site);

/// What has happened how often: sagas by their status, and the words of their histories.
std::map<std::string, std::uint64_t> census(const Installation& site);

/// What does not come to rest, for a run that never becomes quiet.
std::string unrest(const Plan& plan, const Installation& site);

}  // namespace sagad::simulation
