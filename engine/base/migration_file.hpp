#pragma once

#include <string_view>

namespace sagad::base {

/// One numbered migration that was compiled into the program, from a file
/// named NNNN_name.sql. The views point to string literals and stay valid.
struct MigrationFile {
  int version;            ///< NNNN, from 1, without gaps.
  std::string_view name;  ///< The file's name without number and suffix.
  std::string_view sql;   ///< The file, as it is.
};

}  // namespace sagad::base
