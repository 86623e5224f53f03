#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dev/files.hpp"
#include "dev/private_nats.hpp"
#include "dev/private_postgres.hpp"
#include "sagabench/options.hpp"

namespace sagad::bench {

inline constexpr int kAccounts = 10'000;     ///< account-1, …: with more than will ever be spent
inline constexpr int kPoorAccounts = 1'000;  ///< poor-1, …: with nothing
inline constexpr const char* kNamespace = "bench";

/// PostgreSQL and nats-server for one run of the bench, durable as they are shipped, and the
/// databases in them: engine, orders, payments; floor and recipe for the hand-written
/// transactions. Used by one thread.
class Installation {
 public:
  /// Starts the servers and makes the databases; those of sagad are empty until it migrates them.
  /// `name` is that of its folder, where a folder was asked for.
  Installation(const Options& options, const std::string& name);

  const dev::PrivatePostgres& postgres() const { return *postgres_; }
  const dev::PrivateNats& nats() const { return *nats_; }
  const std::filesystem::path& folder() const { return folder_; }

  /// Makes a database with the tables of these of our services (`order`, `pay`), as their own
  /// migrations make them, with accounts if `pay` is among them.
  void create_services(const std::string& database, const std::vector<std::string>& services);
  /// Makes the accounts of the database; they have to be made once.
  void create_accounts(const std::string& database);
  /// Writes all dirty pages, so that what was measured before is not paid for by what comes next.
  void checkpoint();
  /// Counts statements (pg_stat_statements) from now on, or no more. While it counts, every
  /// statement costs a little more.
  void count_statements(bool on);

 private:
  void create_hand_written(const std::string& name);

  std::filesystem::path project_;
  std::optional<dev::TempDir> temporary_;
  std::filesystem::path folder_;
  std::optional<dev::PrivatePostgres> postgres_;
  std::optional<dev::PrivateNats> nats_;
};

/// The text of a file. Throws std::runtime_error that names it.
std::string read_text(const std::filesystem::path& file);

}  // namespace sagad::bench
