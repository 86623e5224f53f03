#pragma once

#include <cstdint>
#include <optional>
#include <pqxx/pqxx>

#include "sagabench/daemon.hpp"
#include "sagabench/doors.hpp"
#include "sagabench/installation.hpp"

namespace sagad::bench {

/// What was spent, in all or for one saga. A value.
struct Cost {
  double cpu_postgres_us = 0;
  double cpu_nats_us = 0;
  double cpu_sagad_us = 0;
  double cpu_load_us = 0;  ///< this program, or pgbench: what made the load
  double wal_bytes = 0;
  double transactions = 0;  ///< that wrote; subtransactions too
  double messages = 0;
  double disk_bytes = 0;             ///< of the three databases and of JetStream's store
  std::optional<double> statements;  ///< if they were counted

  double cpu_us() const { return cpu_postgres_us + cpu_nats_us + cpu_sagad_us; }
  Cost operator-(const Cost& earlier) const;
  Cost operator/(double sagas) const;
};

/// Resident memory of the processes, in KiB.
struct Memory {
  std::int64_t postgres = 0;
  std::int64_t nats = 0;
  std::int64_t sagad = 0;
};

/// Reads the meters of the machine and of the servers. Used by one thread.
class CostMeter {
 public:
  CostMeter(const Installation& installation, const Daemon& daemon, const JetStreamDoor& streams);

  /// All that was spent until now.
  Cost read(bool with_statements = false);
  Memory memory() const;

 private:
  const Installation& installation_;
  const Daemon& daemon_;
  const JetStreamDoor& streams_;
  pid_t postgres_;
  pid_t nats_;
  pqxx::connection connection_;
};

}  // namespace sagad::bench
