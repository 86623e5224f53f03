#include "sagabench/cost.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "sagabench/processes.hpp"

namespace sagad::bench {
namespace {

pid_t server(const std::string& name) {
  const auto id = child_named(name);
  if (id < 0) throw std::runtime_error("cannot find the process " + name + " among our own");
  return id;
}

double micros(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
}

/// This process alone: its children are the servers.
double own_cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

double bytes_below(const std::filesystem::path& folder) {
  std::uintmax_t sum = 0;
  std::error_code gone;  // of a file that is deleted meanwhile
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, gone)) {
    if (const auto size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0; !gone) {
      sum += size;
    }
  }
  return static_cast<double>(sum);
}

}  // namespace

Cost Cost::operator-(const Cost& earlier) const {
  Cost spent;
  spent.cpu_postgres_us = cpu_postgres_us - earlier.cpu_postgres_us;
  spent.cpu_nats_us = cpu_nats_us - earlier.cpu_nats_us;
  spent.cpu_sagad_us = cpu_sagad_us - earlier.cpu_sagad_us;
  spent.cpu_load_us = cpu_load_us - earlier.cpu_load_us;
  spent.wal_bytes = wal_bytes - earlier.wal_bytes;
  spent.transactions = transactions - earlier.transactions;
  spent.messages = messages - earlier.messages;
  spent.disk_bytes = disk_bytes - earlier.disk_bytes;
  if (statements && earlier.statements) spent.statements = *statements - *earlier.statements;
  return spent;
}

Cost Cost::operator/(double sagas) const {
  Cost each = *this;
  for (double* figure :
       {&each.cpu_postgres_us, &each.cpu_nats_us, &each.cpu_sagad_us, &each.cpu_load_us,
        &each.wal_bytes, &each.transactions, &each.messages, &each.disk_bytes}) {
    *figure /= sagas;
  }
  if (each.statements) *each.statements /= sagas;
  return each;
}

CostMeter::CostMeter(const Installation& installation, const Daemon& daemon,
                     const JetStreamDoor& streams)
    : installation_(installation),
      daemon_(daemon),
      streams_(streams),
      postgres_(server("postgres")),
      nats_(server("nats-server")),
      connection_(installation.postgres().url()) {}

Cost CostMeter::read(bool with_statements) {
  Cost cost;
  pqxx::nontransaction session(connection_);
  const auto row = session.exec(
      "/* sagabench */ SELECT pg_current_wal_lsn() - '0/0'::pg_lsn, "
      // Ids of transactions, because the statistics of sessions come late. Only those that write.
      "pg_snapshot_xmax(pg_current_snapshot()), "
      "(SELECT sum(pg_database_size(oid)) FROM pg_database "
      " WHERE datname IN ('engine', 'orders', 'payments'))")[0];
  cost.wal_bytes = row[0].as<double>();
  cost.transactions = row[1].as<double>();
  cost.disk_bytes = row[2].as<double>() + bytes_below(installation_.nats().folder() / "store");
  if (with_statements) {
    cost.statements = session
                          .exec(
                              "/* sagabench */ SELECT coalesce(sum(calls), 0) FROM "
                              "pg_stat_statements WHERE query NOT LIKE '%sagabench%'")[0][0]
                          .as<double>();
  }
  cost.messages = static_cast<double>(streams_.messages());
  cost.cpu_postgres_us = static_cast<double>(cpu_micros(postgres_));
  cost.cpu_nats_us = static_cast<double>(cpu_micros(nats_));
  if (daemon_.running()) cost.cpu_sagad_us = static_cast<double>(cpu_micros(daemon_.pid()));
  cost.cpu_load_us = own_cpu();
  return cost;
}

Memory CostMeter::memory() const {
  return {.postgres = memory_kib(postgres_),
          .nats = memory_kib(nats_),
          .sagad = daemon_.running() ? memory_kib(daemon_.pid()) : 0};
}

}  // namespace sagad::bench
