#pragma once

#include <string>
#include <vector>

#include "definition/problem_list.hpp"

namespace sagad::definition {

/// What the graph of steps needs to know of a step.
struct GraphNode {
  std::string id;
  std::vector<int> needs;  ///< direct; indices of other steps
  bool pivot = false;
  Position position;        ///< of the step
  Position needs_position;  ///< of its `needs`, or of the step
};

/// For every step, which steps are sure to be over before it starts (not itself). Reports a
/// circle; its steps then count as each other's ancestors.
std::vector<std::vector<bool>> find_ancestors(const std::vector<GraphNode>& nodes,
                                              ProblemList& problems);

/// Reports a second pivot, and steps that are neither before nor after the pivot.
void check_pivot(const std::vector<GraphNode>& nodes,
                 const std::vector<std::vector<bool>>& ancestors, ProblemList& problems);

/// `steps[3]`
std::string step_path(std::size_t index);

}  // namespace sagad::definition
