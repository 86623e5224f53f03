#include "sagabench/pgbench.hpp"

#include <cmath>
#include <pqxx/pqxx>
#include <stdexcept>
#include <thread>

#include "sagabench/script.hpp"

namespace sagad::bench {
namespace {

using std::chrono::seconds;

/// The number after `label` in pgbench's report.
double number_after(const std::string& report, const std::string& label) {
  const auto at = report.find(label);
  if (at == std::string::npos) {
    throw std::runtime_error("pgbench did not report '" + label + "':\n" + report);
  }
  return std::stod(report.substr(at + label.size()));
}

std::int64_t payments(const Installation& installation, const std::string& database) {
  pqxx::connection connection(installation.postgres().url(database));
  pqxx::nontransaction session(connection);
  return session.exec("/* sagabench */ SELECT count(*) FROM tbl_pay")[0][0].as<std::int64_t>();
}

}  // namespace

PgBench::PgBench(const std::filesystem::path& project, Installation& installation)
    : installation_(installation), program_(dev::find_program("pgbench", {}, "postgresql")) {
  for (const std::string name : {"floor", "recipe"}) {
    dev::write_file(installation_.folder() / (name + ".sql"),
                    expand_script(read_text(project / "bench/pgbench" / (name + ".sql"))));
  }
}

HandWrittenRun PgBench::run(const std::string& name, int clients,
                            std::chrono::duration<double> time) {
  const auto before = payments(installation_, name);
  const auto whole_seconds = std::max(1L, std::lround(time.count()));
  const int threads =
      std::min(clients, std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
  const dev::TempDir scratch("sagad-pgbench-");
  dev::Command command;
  command.argv = {program_.string(),
                  "--no-vacuum",
                  "--protocol=prepared",
                  "--client=" + std::to_string(clients),
                  "--jobs=" + std::to_string(threads),
                  "--time=" + std::to_string(whole_seconds),
                  "--file=" + (installation_.folder() / (name + ".sql")).string(),
                  "--host=127.0.0.1",
                  "--port=" + std::to_string(installation_.postgres().port()),
                  "--username=sagad",
                  name};
  command.output = scratch.path() / "report";
  dev::run_to_end(command, seconds(whole_seconds + 60));
  const auto report = read_text(command.output);
  HandWrittenRun run;
  run.clients = clients;
  run.sagas = std::llround(number_after(report, "number of transactions actually processed: "));
  // Without a single transaction it reports no rate.
  if (run.sagas > 0) run.sagas_per_s = number_after(report, "tps = ");
  const auto made = payments(installation_, name) - before;
  if (made != run.sagas) {
    throw std::runtime_error("pgbench counts " + std::to_string(run.sagas) + " transactions of " +
                             name + ", but there are " + std::to_string(made) + " payments:\n" +
                             report);
  }
  return run;
}

}  // namespace sagad::bench
