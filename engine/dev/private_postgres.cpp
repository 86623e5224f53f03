#include "dev/private_postgres.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "dev/network.hpp"

namespace sagad::dev {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kSuperuser = "sagad";
constexpr seconds kStartLimit{60};
constexpr seconds kStopLimit{15};
/// The kernel's limit for the path of a unix socket, and what PostgreSQL adds.
constexpr std::size_t kLongestSocketFolder = 107 - sizeof("/.s.PGSQL.65535.lock");

/// Debian keeps the server's programs outside PATH, one folder a version.
std::vector<std::filesystem::path> program_folders() {
  const std::filesystem::path root = "/usr/lib/postgresql";
  std::vector<std::pair<int, std::filesystem::path>> versions;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(root, missing)) {
    versions.emplace_back(std::atoi(entry.path().filename().c_str()), entry.path() / "bin");
  }
  std::sort(versions.rbegin(), versions.rend());
  std::vector<std::filesystem::path> folders;
  for (const auto& [version, folder] : versions) {
    folders.push_back(folder);
  }
  return folders;
}

std::string program(const std::string& name) {
  return find_program(name, program_folders(), "postgresql").string();
}

std::string join(const std::vector<std::string>& parts, const char* separator) {
  std::string text;
  for (const auto& part : parts) {
    text += (text.empty() ? "" : separator) + part;
  }
  return text;
}

/// `name` as an SQL identifier.
std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char letter : name) {
    text += letter == '"' ? "\"\"" : std::string(1, letter);
  }
  return text + "\"";
}

}  // namespace

PrivatePostgres::PrivatePostgres(PostgresOptions options)
    : options_(std::move(options)), user_(user_to_run_as("postgres")) {
  if (options_.folder.empty()) {
    temporary_.emplace("sagad-postgres-");
    folder_ = temporary_->path() / "postgres";
  } else {
    folder_ = std::filesystem::absolute(options_.folder);
  }
  data_ = folder_ / "data";
  make_folder_for(folder_, user_);
  make_folder_for(folder_ / "socket", user_);
  prepare_data();
  start();
}

PrivatePostgres::~PrivatePostgres() {
  try {
    stop();
  } catch (...) {  // NOLINT(bugprone-empty-catch): the child is killed below in any case.
  }
}

void PrivatePostgres::initialize_data(const std::filesystem::path& data, bool durable) {
  const TempDir scratch("sagad-initdb-");
  Command command;
  command.argv = {program("initdb"),  "--pgdata=" + data.string(), "--username=sagad",
                  "--auth=trust",     "--encoding=UTF8",           "--locale=C.UTF-8",
                  "--no-instructions"};
  if (!durable) {
    command.argv.insert(command.argv.end(), {"--no-sync", "--wal-segsize=1"});
  }
  command.output = scratch.path() / "initdb.log";
  command.user = user_to_run_as("postgres");
  run_to_end(command, seconds(120));
}

std::string PrivatePostgres::version() {
  const TempDir scratch("sagad-version-");
  Command command;
  command.argv = {program("postgres"), "--version"};
  command.output = scratch.path() / "version";
  run_to_end(command, seconds(30));
  // "postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)"
  std::ifstream words(command.output);
  std::string word;
  words >> word >> word >> word;
  return word;
}

void PrivatePostgres::prepare_data() {
  if (!std::filesystem::exists(data_ / "PG_VERSION")) {
    if (options_.template_data.empty()) {
      initialize_data(data_, options_.durable);
    } else {
      Command copy;
      // By cp, because it keeps owners and modes and can share blocks.
      copy.argv = {"/bin/cp", "--archive", "--reflink=auto", options_.template_data.string(),
                   data_.string()};
      copy.output = folder_ / "cp.log";
      run_to_end(copy, seconds(60));
    }
  }
  write_access_rules();
}

void PrivatePostgres::write_access_rules() {
  const std::string users = join(options_.users, ",");
  write_file(data_ / "pg_hba.conf", "# Written at every start.\nlocal all " + users +
                                        " trust\nhost all " + users + " 127.0.0.1/32 trust\n");
}

std::vector<std::string> PrivatePostgres::server_arguments() const {
  const std::string socket = (folder_ / "socket").string();
  std::vector<std::pair<std::string, std::string>> settings = {
      {"listen_addresses", "127.0.0.1"},
      {"port", std::to_string(port_)},
      {"unix_socket_directories", socket.size() <= kLongestSocketFolder ? socket : ""},
      {"max_connections", "200"},
      {"log_destination", "stderr"},
      {"logging_collector", "off"}};
  if (!options_.durable) {
    settings.insert(settings.end(), {{"fsync", "off"}, {"full_page_writes", "off"}});
  }
  settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());

  std::vector<std::string> arguments = {program("postgres"), "-D", data_.string()};
  for (const auto& [name, value] : settings) {
    std::string setting = name;
    setting.append("=").append(value);
    arguments.insert(arguments.end(), {"-c", std::move(setting)});
  }
  return arguments;
}

bool PrivatePostgres::is_ready() const {
  // The server itself says so, in line 8 of this file; pg_ctl looks there too.
  std::ifstream lines(data_ / "postmaster.pid");
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (number == 1 && line != std::to_string(server_->pid())) {
      return false;  // Left behind by an earlier one.
    }
    if (number == 8) {
      return line.starts_with("ready");
    }
  }
  return false;
}

bool PrivatePostgres::try_start() {
  Command command;
  command.argv = server_arguments();
  command.output = log_file();
  command.folder = folder_;
  command.user = user_;
  command.death_signal = SIGQUIT;  // It ends its own children then.
  server_ = std::make_unique<ChildProcess>(command);
  const auto limit = std::chrono::steady_clock::now() + kStartLimit;
  while (!is_ready()) {
    if (server_->wait_for(milliseconds(4))) {
      return false;
    }
    if (std::chrono::steady_clock::now() > limit) {
      throw std::runtime_error("PostgreSQL in " + folder_.string() +
                               " did not accept connections within a minute:\n" +
                               tail_of(log_file()));
    }
  }
  return true;
}

void PrivatePostgres::start() {
  if (running()) {
    return;
  }
  // Another process may take the port before the server does. Once one was
  // handed out by port() or url(), though, only that one will do.
  const int attempts = port_is_settled_ ? 20 : 5;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (!port_is_settled_) {
      port_ = free_port();
    }
    if (try_start()) {
      port_is_settled_ = true;
      return;
    }
    if (tail_of(log_file()).find("could not bind") == std::string::npos) {
      break;
    }
    std::this_thread::sleep_for(milliseconds(100));
  }
  throw std::runtime_error("PostgreSQL in " + folder_.string() + " did not start:\n" +
                           tail_of(log_file()));
}

void PrivatePostgres::stop() {
  if (running()) {
    server_->stop(SIGINT, kStopLimit);
  }
  server_.reset();
}

void PrivatePostgres::kill() {
  if (running()) {
    server_->stop(SIGQUIT, kStopLimit);
  }
  server_.reset();
}

bool PrivatePostgres::running() const { return server_ && server_->running(); }

std::string PrivatePostgres::url(const std::string& database) const {
  return std::string("postgresql://") + kSuperuser + "@127.0.0.1:" + std::to_string(port_) + "/" +
         database;
}

std::string PrivatePostgres::connection_string(const std::string& database) const {
  return "host=127.0.0.1 port=" + std::to_string(port_) + " user=" + kSuperuser +
         " dbname=" + database;
}

void PrivatePostgres::create_database(const std::string& name, const std::string& source) {
  run_sql("CREATE DATABASE " + quoted(name) +
          (source.empty() ? "" : " TEMPLATE " + quoted(source)));
}

void PrivatePostgres::run_sql(const std::string& sql, const std::string& database) {
  const TempDir scratch("sagad-psql-");
  Command command;
  command.argv = {program("psql"),
                  "--no-psqlrc",
                  "--quiet",
                  "--set=ON_ERROR_STOP=1",
                  "--dbname=" + url(database),
                  "--command=" + sql};
  command.output = scratch.path() / "psql.log";
  run_to_end(command, seconds(60));
}

}  // namespace sagad::dev
