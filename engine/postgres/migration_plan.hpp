#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/migration_file.hpp"

namespace sagad::postgres {

/// A row of sagad.migration.
struct AppliedMigration {
  int version = 0;
  std::string name;
  std::string checksum;
  std::string oldest;
};

/// `0001_initial`
std::string file_name(int version, std::string_view name);

/// X.Y.Z out of the first line, `-- sagad: oldest=X.Y.Z`. Throws MigrationError.
std::string oldest_release(const base::MigrationFile& file);

/// Whether release `version` is at least `oldest`: by the three numbers, whatever follows them.
/// Throws MigrationError for something that does not begin like X.Y.Z.
bool is_at_least(std::string_view version, std::string_view oldest);

/// Which of `files` are still to be applied to a database that has `applied` (by version).
/// Throws MigrationError if it must not be done, or if `running` must not run on what is there.
/// Pure.
std::span<const base::MigrationFile> plan(std::string_view line,
                                          std::span<const base::MigrationFile> files,
                                          const std::vector<AppliedMigration>& applied,
                                          std::string_view running);

}  // namespace sagad::postgres
