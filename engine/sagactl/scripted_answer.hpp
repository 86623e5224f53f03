#pragma once

#include <string>

#include "definition/problem_list.hpp"
#include "definition/source.hpp"
#include "sagactl/script.hpp"

namespace sagad::ctl {

/// Reads the answers of one step. What is wrong goes to `problems`.
StepScript read_step_script(const definition::SourceNode& node, const std::string& path,
                            const definition::Step& step, definition::ProblemList& problems);

}  // namespace sagad::ctl
