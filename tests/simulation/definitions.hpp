#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "definition/definition.hpp"

namespace sagad::simulation {

/// How many different definitions there are, and how many participants they
/// speak of.
constexpr std::uint64_t kDefinitions = 400;
/// Those below this number may be the children of the others.
constexpr std::uint64_t kChildren = 120;
/// No definition has more; step i is called step_id(i).
constexpr std::uint64_t kMostSteps = 8;
constexpr int kParticipants = 3;

std::string step_id(std::uint64_t step);

/// The random definition of this number (below kDefinitions), through the real
/// loader; made when it is first asked for. One thread of the machine.
definition::DefinitionPtr definition_number(std::uint64_t number);

/// The definition of this name, which is one of those.
definition::DefinitionPtr definition_named(const std::string& name);
/// A definition and those of its children.
std::vector<definition::DefinitionPtr> with_children(const definition::DefinitionPtr& definition);

/// Its YAML, for the trace.
std::string definition_text(std::uint64_t number);

}  // namespace sagad::simulation
