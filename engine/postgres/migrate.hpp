#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/migration_file.hpp"

namespace sagad::postgres {

/// A database that cannot be migrated, or that this release cannot run on. what() says which
/// line and file, why, and how to mend it.
class MigrationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class MigrateMode { kApply, kDryRun };

struct MigrationReport {
  std::string line;
  int before = 0;                    ///< number of the last migration that was there already
  std::vector<std::string> applied;  ///< `0001_initial`, …; in a dry run: what would be applied
};

/// Brings one line of migrations (`engine`, `participant`, the name of a plugin) of a database up
/// to date: each file in a transaction of its own, under a lock that lets only one migrate at a
/// time. Run again after a crash, it goes on where it was. `files`: numbered from 1 without gaps;
/// the first line of each is `-- sagad: oldest=X.Y.Z`, the oldest release that can still run on
/// it. `running`: the version of this release.
/// Throws MigrationError (a file that was applied has changed; a newer release migrated the
/// database and excludes this one; the SQL of a file fails, and then nothing of that file is
/// applied), ports::Unavailable, std::invalid_argument for a target that libpq cannot read.
MigrationReport migrate(const std::string& target, const std::string& line,
                        std::span<const base::MigrationFile> files, std::string_view running,
                        MigrateMode mode = MigrateMode::kApply);

/// For a daemon that starts: everything has to be applied, unchanged, and not exclude this
/// release. Changes nothing. Throws as migrate() does; if only something is missing, what() says
/// to run `sagad migrate --config FILE`.
void check(const std::string& target, const std::string& line,
           std::span<const base::MigrationFile> files, std::string_view running);

/// The migrations of the engine's own tables.
std::span<const base::MigrationFile> engine_migrations();
std::span<const base::MigrationFile> participant_migrations();
inline constexpr std::string_view kEngineLine = "engine";
inline constexpr std::string_view kParticipantLine = "participant";

}  // namespace sagad::postgres
