#pragma once

#include <ostream>

#include "sagactl/arguments.hpp"
#include "sagactl/exit_code.hpp"

namespace sagad::ctl {

/// The commands that need no server.
ExitCode validate(const ValidateCommand& command, bool as_json, std::ostream& out,
                  std::ostream& err);
/// Plays a definition with each of the scripts; kError if one does not go as it says.
ExitCode test(const TestCommand& command, bool as_json, std::ostream& out, std::ostream& err);
ExitCode graph(const GraphCommand& command, std::ostream& out, std::ostream& err);

}  // namespace sagad::ctl
