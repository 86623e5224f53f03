#include "sagabench/installation.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace sagad::bench {

std::string read_text(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf())) {
    throw std::runtime_error("cannot read " + file.string() +
                             ": run scripts/bench, or name the source tree with --project");
  }
  return text.str();
}

Installation::Installation(const Options& options, const std::string& name)
    : project_(options.project) {
  if (options.work.empty()) {
    temporary_.emplace("sagad-bench-");
    folder_ = temporary_->path();
  } else {
    folder_ = std::filesystem::absolute(options.work) / name;
    std::filesystem::create_directories(folder_);
    if (std::filesystem::exists(folder_ / "postgres")) {
      throw std::runtime_error(folder_.string() +
                               " holds the data of an earlier run; figures would depend on it. "
                               "Remove it or name another folder with --work");
    }
  }
  dev::PostgresOptions postgres;
  postgres.folder = folder_ / "postgres";
  postgres.durable = true;
  // Loaded but switched off: it costs nothing until count_statements().
  postgres.settings = {{"shared_preload_libraries", "pg_stat_statements"}};
  postgres_.emplace(std::move(postgres));
  nats_.emplace(dev::NatsOptions{.folder = folder_ / "nats"});

  count_statements(false);
  postgres_->run_sql("CREATE EXTENSION pg_stat_statements");
  for (const char* database : {"engine", "orders", "payments"}) {
    postgres_->create_database(database);
  }
  create_hand_written("floor");
  create_hand_written("recipe");
}

void Installation::create_hand_written(const std::string& name) {
  create_services(name, {"order", "pay"});
  postgres_->run_sql(read_text(project_ / "bench/pgbench" / (name + "_schema.sql")), name);
}

void Installation::create_services(const std::string& database,
                                   const std::vector<std::string>& services) {
  postgres_->create_database(database);
  for (const auto& service : services) {
    postgres_->run_sql(read_text(project_ / "sql" / service / "0001_initial.sql"), database);
    if (service == "pay") create_accounts(database);
  }
}

void Installation::create_accounts(const std::string& database) {
  const auto accounts = [](const char* name, int count, const char* balance) {
    return "INSERT INTO tbl_account (id, balance) SELECT '" + std::string(name) + "-' || n, " +
           balance + " FROM generate_series(1, " + std::to_string(count) + ") AS n;";
  };
  postgres_->run_sql(
      accounts("account", kAccounts, "1000000000000") + accounts("poor", kPoorAccounts, "0"),
      database);
  postgres_->run_sql("VACUUM ANALYZE tbl_account", database);
}

void Installation::checkpoint() { postgres_->run_sql("CHECKPOINT"); }

void Installation::count_statements(bool on) {
  postgres_->run_sql(std::string("ALTER SYSTEM SET pg_stat_statements.track = ") +
                     (on ? "'top'" : "'none'"));
  postgres_->run_sql("SELECT pg_reload_conf()");
}

}  // namespace sagad::bench
