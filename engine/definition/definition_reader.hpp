#pragma once

#include "definition/definition.hpp"
#include "definition/problem_list.hpp"
#include "definition/source.hpp"

namespace sagad::definition {

/// Turns a file's values into a definition, without digest and canonical text. What is wrong goes
/// to `problems`; then the result is not for use.
Definition read_definition(const SourceNode& root, ProblemList& problems);

}  // namespace sagad::definition
