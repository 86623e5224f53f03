#pragma once

#include <vector>

#include "definition/definition.hpp"
#include "definition/loader.hpp"

namespace sagad::definition {

/// Checks what definitions say about each other: every child is there in its version, none is its
/// own descendant, and a step whose child has a pivot says `pivot: true`, because once the child
/// has passed it, the step cannot be undone. All problems, in the order of the definitions.
std::vector<Problem> check_children(const std::vector<DefinitionPtr>& definitions);

/// The operation of a child step, carried out by the engine itself.
Operation child_operation(const ChildSaga& child);

}  // namespace sagad::definition
