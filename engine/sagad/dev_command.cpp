#include <unistd.h>

#include <boost/json.hpp>
#include <iostream>
#include <sstream>

#include "dev/files.hpp"
#include "sagad/commands.hpp"
#include "sagad/databases.hpp"
#include "sagad/dev_servers.hpp"
#include "sagad/loading.hpp"
#include "sagad/logging.hpp"
#include "sagad/serve.hpp"
#include "sagad/version.hpp"

namespace sagad::daemon {
namespace {

std::string url_of(const api::Address& address) { return "http://" + address.str(); }

bool has_payments(const Config& config) {
  for (const auto& participant : config.participants) {
    if (participant.name == "pay") return true;
  }
  return false;
}

/// For scripts: they wait for the file, which is there at once and whole.
void write_ready_file(const std::filesystem::path& file, const Config& config,
                      const DevServers& servers, const Daemon& daemon) {
  boost::json::object databases{{"engine", config.engine->database}};
  for (const auto& participant : config.participants) {
    databases[participant.name] = participant.database;
  }
  const boost::json::object ready{{"api", url_of(*daemon.api_address())},
                                  {"health", url_of(daemon.health_address())},
                                  {"nats", servers.nats().url()},
                                  {"namespace", config.nats.name_space},
                                  {"databases", std::move(databases)},
                                  {"data", servers.data().string()},
                                  {"pid", ::getpid()}};
  const auto unfinished = file.string() + ".tmp";
  dev::write_file(unfinished, boost::json::serialize(ready) + "\n");
  std::filesystem::rename(unfinished, file);
}

void print_welcome(const Config& config, const Loaded& loaded, const DevOptions& options,
                   const DevServers& servers, const Daemon& daemon, std::ostream& out) {
  const auto api = url_of(*daemon.api_address());
  out << "\nsagad " << kVersion << " is ready; Ctrl-C stops it and its servers.\n\n"
      << "  API      " << api << "\n"
      << "  health   " << url_of(daemon.health_address()) << "/readyz and /metrics\n"
      << "  NATS     " << servers.nats().url() << ", namespace " << config.nats.name_space << "\n"
      << "  data     " << servers.data().string() << (options.temporary ? " (goes)" : " (stays)")
      << "\n  sagas   ";
  for (const auto& definition : loaded.definitions) out << ' ' << definition->name;
  out << "  (kill -HUP " << ::getpid() << " loads them again)\n";
  if (has_payments(config)) {
    out << "  accounts alice 1000, bob 500, carol 50, dave 0 (as first made)\n";
  }
  out << "\nLook into the databases:\n  psql " << config.engine->database << "\n";
  for (const auto& participant : config.participants) {
    out << "  psql " << participant.database << "\n";
  }
  out << "\nStart a saga:\n  sagactl --server " << api
      << " start order-pay --wait --input '{\"order_name\": \"book\", \"account\": \"alice\", "
         "\"amount\": 30}'\n"
      << std::endl;
}

}  // namespace

ExitCode dev_command(const DevOptions& options, Signals& signals, std::ostream& out) {
  auto config = dev_config(options);
  const auto loaded = load_all(config);
  DevServers servers(options);
  servers.connect(config);
  std::ostringstream migrated;
  migrate_databases(migration_lines(config, loaded), false, migrated);
  if (has_payments(config)) servers.add_sample_accounts();
  return serve(config, loaded, signals, make_logger(config.log), [&](const Daemon& daemon) {
    print_welcome(config, loaded, options, servers, daemon, out);
    if (!options.ready_file.empty()) {
      write_ready_file(options.ready_file, config, servers, daemon);
    }
  });
}

}  // namespace sagad::daemon
