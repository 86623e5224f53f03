#pragma once

#include <string_view>

namespace sagad::daemon {

/// `0.1.0`, as CMake has it.
inline constexpr std::string_view kVersion = SAGAD_VERSION;

}  // namespace sagad::daemon
