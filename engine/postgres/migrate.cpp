#include "postgres/migrate.hpp"

#include "base/sha256.hpp"
#include "postgres/connection.hpp"
#include "postgres/engine_migrations.gen.hpp"
#include "postgres/migration_plan.hpp"
#include "postgres/participant_migrations.gen.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"
#include "postgres/settings.hpp"

namespace sagad::postgres {

namespace {

using Files = std::span<const base::MigrationFile>;

/// Long enough for another migration that runs, or for a table that is busy.
constexpr base::Duration kLockTimeout{60'000};

std::string session_target(const std::string& target) {
  SessionSettings settings;
  settings.application_name = "sagad migrate";
  settings.lock_timeout = kLockTimeout;
  settings.own_statements_only = false;
  return connection_string(target, settings);
}

bool has_table(Connection& connection) {
  return to_bool(connection.exec(queries::kMigrationSchemaExists)[0][0]);
}

void ensure_table(Connection& connection) {
  if (has_table(connection)) return;
  connection.exec(queries::kMigrationSchema);
  connection.exec(queries::kMigrationTable);
  connection.exec(queries::kMigrationTableComment);
  connection.exec(queries::kMigrationChecksumComment);
}

std::vector<AppliedMigration> read_applied(Connection& connection, const std::string& line) {
  std::vector<AppliedMigration> applied;
  if (!has_table(connection)) return applied;
  for (const auto& row : connection.exec(queries::kMigrationApplied, line)) {
    applied.push_back({static_cast<int>(to_int(row[0])), std::string(text(row[1])),
                       std::string(text(row[2])), std::string(text(row[3]))});
  }
  return applied;
}

/// The engine and a participant both have a table sagad.outbox, of their own.
void check_other_line(Connection& connection, const std::string& line) {
  const std::string_view other = line == kEngineLine        ? kParticipantLine
                                 : line == kParticipantLine ? kEngineLine
                                                            : std::string_view{};
  if (other.empty() || !has_table(connection)) return;
  if (!to_bool(connection.exec(queries::kMigrationHasLine, std::string(other))[0][0])) return;
  throw MigrationError("this database has the tables of line " + std::string(other) +
                       " already; the engine and the participants have a database each: create "
                       "another one for line " +
                       line + " and name it in the configuration");
}

std::string transaction_id(Connection& connection) {
  return std::string(text(connection.exec(queries::kTransactionId)[0][0]));
}

/// One file and its row, in one transaction.
void apply(Connection& connection, const std::string& line, const base::MigrationFile& file) {
  const std::string name = file_name(file.version, file.name);
  connection.run("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", "begin");
  try {
    const std::string transaction = transaction_id(connection);
    connection.run(std::string(file.sql), "migration " + line + "/" + name);
    if (transaction_id(connection) != transaction) {
      throw MigrationError("migration " + line + "/" + name +
                           " ends its transaction (COMMIT or ROLLBACK); take that out: each "
                           "file runs in a transaction of its own");
    }
    connection.exec(queries::kMigrationInsert, line, file.version, std::string(file.name),
                    base::sha256_hex(file.sql), oldest_release(file));
    connection.commit("COMMIT");
  } catch (const QueryError& error) {
    connection.run("ROLLBACK", "roll back");
    throw MigrationError(error.what());
  }
}

}  // namespace

MigrationReport migrate(const std::string& target, const std::string& line, Files files,
                        std::string_view running, MigrateMode mode) {
  // The lock is the session's: it ends with the connection, whatever happens.
  Connection connection(session_target(target));
  MigrationReport report;
  report.line = line;
  if (mode == MigrateMode::kApply) connection.exec(queries::kMigrationLock);
  check_other_line(connection, line);
  const std::vector<AppliedMigration> applied = read_applied(connection, line);
  if (!applied.empty()) report.before = applied.back().version;
  const Files missing = plan(line, files, applied, running);
  if (mode == MigrateMode::kApply && !missing.empty()) {
    ensure_table(connection);
    for (const base::MigrationFile& file : missing) apply(connection, line, file);
  }
  for (const base::MigrationFile& file : missing) {
    report.applied.push_back(file_name(file.version, file.name));
  }
  return report;
}

void check(const std::string& target, const std::string& line, Files files,
           std::string_view running) {
  const MigrationReport report = migrate(target, line, files, running, MigrateMode::kDryRun);
  if (report.applied.empty()) return;
  throw MigrationError("the database lacks migration " + line + "/" + report.applied.front() +
                       (report.applied.size() > 1 ? " and those after it" : "") +
                       "; run: sagad migrate --config FILE");
}

Files engine_migrations() { return kEngineMigrations; }
Files participant_migrations() { return kParticipantMigrations; }

}  // namespace sagad::postgres
