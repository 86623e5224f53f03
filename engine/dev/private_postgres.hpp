#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dev/child_process.hpp"
#include "dev/files.hpp"

namespace sagad::dev {

struct PostgresOptions {
  /// Where data, socket and log are kept, and found again by the next start;
  /// empty: a temporary folder that goes with the object.
  std::filesystem::path folder;
  /// False turns fsync off: a crash of the *machine* loses data. Only for tests
  /// that do not test durability; the demo and the bench keep it on.
  bool durable = true;
  /// A data folder made by initialize_data(), copied if there is none yet:
  /// quicker than initdb, for tests. Empty: run initdb.
  std::filesystem::path template_data;
  /// Who may log in, from 127.0.0.1 and without a password; `sagad` is the superuser.
  std::vector<std::string> users = {"sagad"};
  /// More settings of the server, for example {"deadlock_timeout", "100ms"}.
  std::vector<std::pair<std::string, std::string>> settings;
};

/// A PostgreSQL server of our own, which listens on 127.0.0.1 only. It ends
/// with this object, and also when our process is killed. If we are root it
/// runs as the user `postgres`. Not safe to use from several threads, apart
/// from url() and connection_string().
class PrivatePostgres {
 public:
  /// Creates the data folder if need be and starts the server; returns when it
  /// accepts connections. Throws std::runtime_error that says what is missing
  /// or quotes the server's log.
  explicit PrivatePostgres(PostgresOptions options = {});
  /// Stops the server.
  ~PrivatePostgres();
  PrivatePostgres(const PrivatePostgres&) = delete;
  PrivatePostgres& operator=(const PrivatePostgres&) = delete;
  PrivatePostgres(PrivatePostgres&&) = delete;
  PrivatePostgres& operator=(PrivatePostgres&&) = delete;

  /// Starts it again after stop() or kill(), on the same port and with the same
  /// data. Does nothing if it runs.
  void start();
  /// Shuts it down in order: sessions are ended, open transactions rolled back.
  void stop();
  /// Makes it crash: all server processes end at once, the next start recovers.
  void kill();
  bool running() const;

  std::uint16_t port() const { return port_; }
  /// "postgresql://sagad@127.0.0.1:20815/<database>".
  std::string url(const std::string& database = "postgres") const;
  /// The same as keywords: "host=127.0.0.1 port=20815 user=sagad dbname=<database>".
  std::string connection_string(const std::string& database = "postgres") const;
  /// Creates a database, as a copy of `source` if one is named.
  void create_database(const std::string& name, const std::string& source = "");
  /// Runs statements with psql. Throws std::runtime_error with psql's output.
  void run_sql(const std::string& sql, const std::string& database = "postgres");

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path log_file() const { return folder_ / "postgres.log"; }

  /// Runs initdb for the new folder `data`. For templates, see PostgresOptions.
  static void initialize_data(const std::filesystem::path& data, bool durable);
  /// What `postgres --version` says, for example "15.8". For naming a template.
  static std::string version();

 private:
  void prepare_data();
  void write_access_rules();
  bool try_start();
  bool is_ready() const;
  std::vector<std::string> server_arguments() const;

  PostgresOptions options_;
  std::optional<TempDir> temporary_;
  std::filesystem::path folder_;
  std::filesystem::path data_;
  std::optional<SystemUser> user_;
  std::uint16_t port_ = 0;
  bool port_is_settled_ = false;
  std::unique_ptr<ChildProcess> server_;
};

}  // namespace sagad::dev
