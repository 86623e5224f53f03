#pragma once

#include <istream>
#include <ostream>

namespace sagad::ctl {

/// All of sagactl but its streams. Returns the exit code.
int run(int argc, const char* const* argv, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace sagad::ctl
