#include "sagad/databases.hpp"

#include "ports/errors.hpp"
#include "postgres/migrate.hpp"
#include "sagad/version.hpp"

namespace sagad::daemon {
namespace {

std::vector<base::MigrationFile> copy(std::span<const base::MigrationFile> files) {
  return {files.begin(), files.end()};
}

std::vector<base::MigrationFile> files_of(const plugins::Plugin& plugin) {
  std::vector<base::MigrationFile> files;
  for (const auto& migration : plugin.migrations) {
    files.push_back({migration.version, migration.name, migration.sql});
  }
  return files;
}

/// Runs `work` and puts the name of the database in front of what it throws.
template <typename Work>
void named(const std::string& database, Work work) {
  try {
    work();
  } catch (const postgres::MigrationError& error) {
    throw postgres::MigrationError(database + ": " + error.what());
  } catch (const ports::Unavailable& error) {
    throw ports::Unavailable(database + ": " + error.what());
  }
}

void report(const MigrationLine& line, const postgres::MigrationReport& report, bool dry_run,
            std::ostream& out) {
  const std::string where = line.database + " (" + line.line + "): ";
  if (report.applied.empty()) {
    out << where << "up to date at " << report.before << '\n';
  }
  for (const auto& file : report.applied) {
    out << where << (dry_run ? "would apply " : "applied ") << file << '\n';
  }
}

}  // namespace

std::vector<MigrationLine> migration_lines(const Config& config, const Loaded& loaded) {
  std::vector<MigrationLine> lines;
  if (config.engine) {
    lines.push_back({"engine", config.engine->database, std::string(postgres::kEngineLine),
                     copy(postgres::engine_migrations())});
  }
  for (const auto& participant : config.participants) {
    const std::string database = "participants." + participant.name;
    lines.push_back({database, participant.database, std::string(postgres::kParticipantLine),
                     copy(postgres::participant_migrations())});
    const auto& plugin = *loaded.plugins.at(participant.name);
    if (plugin.migrations.empty()) continue;
    lines.push_back({database, participant.database, plugin.name, files_of(plugin)});
  }
  return lines;
}

void migrate_databases(const std::vector<MigrationLine>& lines, bool dry_run, std::ostream& out) {
  const auto mode = dry_run ? postgres::MigrateMode::kDryRun : postgres::MigrateMode::kApply;
  for (const auto& line : lines) {
    named(line.database, [&] {
      report(line, postgres::migrate(line.target, line.line, line.files, kVersion, mode), dry_run,
             out);
    });
  }
}

void check_databases(const std::vector<MigrationLine>& lines) {
  for (const auto& line : lines) {
    named(line.database, [&] { postgres::check(line.target, line.line, line.files, kVersion); });
  }
}

}  // namespace sagad::daemon
