#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "base/migration_file.hpp"
#include "sagad/config.hpp"
#include "sagad/loading.hpp"

namespace sagad::daemon {

/// One line of migrations of one database. `files` point into `Loaded` and static storage.
struct MigrationLine {
  std::string database;  ///< as the configuration calls it: `engine`, `participants.pay`
  std::string target;    ///< URL or conninfo: secret
  std::string line;
  std::vector<base::MigrationFile> files;
};

/// All that the databases of a configuration need, in the order in which it is applied: the
/// engine's; for each participant the engine's part and the plugin's own.
std::vector<MigrationLine> migration_lines(const Config& config, const Loaded& loaded);

/// Applies what is missing and says on `out` what was done, a line each. Throws
/// postgres::MigrationError, ports::Unavailable, with the name of the database in front.
void migrate_databases(const std::vector<MigrationLine>& lines, bool dry_run, std::ostream& out);

/// For a daemon that starts: refuses databases that are not as this release needs them. Throws
/// as migrate_databases() does.
void check_databases(const std::vector<MigrationLine>& lines);

}  // namespace sagad::daemon
