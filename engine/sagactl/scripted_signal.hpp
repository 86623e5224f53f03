#pragma once

#include <vector>

#include "definition/problem_list.hpp"
#include "definition/source.hpp"
#include "sagactl/script.hpp"

namespace sagad::ctl {

/// Reads the list `signals`. What is wrong goes to `problems`.
std::vector<ScriptedSignal> read_signals(const definition::SourceNode& node,
                                         const definition::Definition& definition,
                                         definition::ProblemList& problems);

}  // namespace sagad::ctl
