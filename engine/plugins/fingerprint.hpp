#pragma once

#include <optional>
#include <string>

#include <sagad/abi.hpp>

namespace sagad::plugins {

/// The fingerprint of this engine; the three pointers are null.
sagad_abi_v1 engine_fingerprint();

/// Empty if code with `theirs` may be called from code with `ours`. Else the first part that
/// differs, with both values: `built with libpqxx 7.10, this engine with libpqxx 6.4`.
/// Reads nothing behind struct_size when that differs, and no pointers.
std::optional<std::string> fingerprint_difference(const sagad_abi_v1& theirs,
                                                  const sagad_abi_v1& ours);

}  // namespace sagad::plugins
