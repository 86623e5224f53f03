#include "postgres/migration_plan.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "base/sha256.hpp"
#include "postgres/migrate.hpp"

namespace sagad::postgres {

namespace {

using Release = std::array<int, 3>;

Release parse_release(std::string_view text) {
  Release release{};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (std::size_t part = 0; part < release.size(); ++part) {
    const auto [next, error] = std::from_chars(at, end, release[part]);
    const bool last = part + 1 == release.size();
    if (error != std::errc{} || (!last && (next == end || *next != '.'))) {
      throw MigrationError("'" + std::string(text) + "' is not a release like 0.1.0");
    }
    at = last ? next : next + 1;
  }
  return release;
}

std::string where(std::string_view line, int version, std::string_view name) {
  return "migration " + std::string(line) + "/" + file_name(version, name);
}

void check_numbers(std::string_view line, std::span<const base::MigrationFile> files,
                   const std::vector<AppliedMigration>& applied) {
  int expected = 1;
  for (const base::MigrationFile& file : files) {
    if (file.version != expected) {
      throw MigrationError(where(line, file.version, file.name) + ": expected number " +
                           std::to_string(expected) +
                           "; migrations are numbered from 0001 without gaps");
    }
    ++expected;
  }
  expected = 1;
  for (const AppliedMigration& row : applied) {
    if (row.version != expected) {
      throw MigrationError("sagad.migration has no row of number " + std::to_string(expected) +
                           " of line " + std::string(line) + " but one of number " +
                           std::to_string(row.version) +
                           "; somebody changed the table by hand: restore the row");
    }
    ++expected;
  }
}

void check_known(std::string_view line, const base::MigrationFile& file,
                 const AppliedMigration& row) {
  if (base::sha256_hex(file.sql) == row.checksum && file.name == row.name) return;
  throw MigrationError(where(line, file.version, file.name) +
                       ": the file is not the one that was applied to this database (" +
                       file_name(row.version, row.name) +
                       "); an applied migration must not change: restore the file, and put the "
                       "change into a new one");
}

void check_newer(std::string_view line, const AppliedMigration& row, std::string_view running) {
  if (is_at_least(running, row.oldest)) return;
  throw MigrationError(where(line, row.version, row.name) +
                       " was applied to this database by a newer release; release " +
                       std::string(running) + " cannot run on it, " + row.oldest +
                       " is the oldest that can: install " + row.oldest + " or later");
}

}  // namespace

std::string file_name(int version, std::string_view name) {
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), "%04d_", version);
  return number.data() + std::string(name);
}

std::string oldest_release(const base::MigrationFile& file) {
  constexpr std::string_view kStart = "-- sagad: oldest=";
  const std::string_view line = file.sql.substr(0, file.sql.find('\n'));
  if (line.substr(0, kStart.size()) != kStart) {
    throw MigrationError("migration " + file_name(file.version, file.name) +
                         ": its first line must be `-- sagad: oldest=X.Y.Z`, with the oldest "
                         "release that can still run on it");
  }
  std::string_view release = line.substr(kStart.size());
  while (!release.empty() && (release.back() == '\r' || release.back() == ' ')) {
    release.remove_suffix(1);
  }
  parse_release(release);
  return std::string(release);
}

bool is_at_least(std::string_view version, std::string_view oldest) {
  return parse_release(version) >= parse_release(oldest);
}

std::span<const base::MigrationFile> plan(std::string_view line,
                                          std::span<const base::MigrationFile> files,
                                          const std::vector<AppliedMigration>& applied,
                                          std::string_view running) {
  check_numbers(line, files, applied);
  const std::size_t common = std::min(files.size(), applied.size());
  for (std::size_t i = 0; i < common; ++i) check_known(line, files[i], applied[i]);
  for (std::size_t i = common; i < applied.size(); ++i) check_newer(line, applied[i], running);
  const auto missing = files.subspan(common);
  for (const base::MigrationFile& file : missing) {
    if (!is_at_least(running, oldest_release(file))) {
      throw MigrationError(where(line, file.version, file.name) + " excludes release " +
                           std::string(running) + ", which brings it: its first line is wrong");
    }
  }
  return missing;
}

}  // namespace sagad::postgres
