#include "sagad/commands.hpp"

#include <set>

#include "definition/lint.hpp"
#include "plugins/fingerprint.hpp"
#include "sagad/config_load.hpp"
#include "sagad/databases.hpp"
#include "sagad/loading.hpp"
#include "sagad/logging.hpp"
#include "sagad/serve.hpp"

namespace sagad::daemon {
namespace {

std::string roles_text(const Roles& roles) {
  std::string text;
  const auto add = [&](bool has, const char* name) {
    if (has) text += (text.empty() ? "" : ", ") + std::string(name);
  };
  add(roles.coordinator, "coordinator");
  add(roles.api, "api");
  add(roles.participants, "participants");
  return text;
}

void print_plugin(const std::string& participant, const plugins::Plugin& plugin,
                  std::ostream& out) {
  out << "participant " << participant << ": ok, plugin " << plugin.name << " " << plugin.version
      << " (" << plugin.path.string() << "), actions";
  for (const auto& action : plugin.actions) out << ' ' << action.name;
  out << ", migrations " << plugin.migrations.size() << '\n';
}

void print_definition(const definition::Definition& definition, std::ostream& out) {
  out << "definition " << definition.name << " v" << definition.version << ": ok, "
      << definition.steps.size() << " steps, digest " << definition.digest.substr(0, 12) << '\n';
  for (const auto& warning : definition::lint(definition)) out << warning.str() << '\n';
}

/// Participants that the definitions want and that other daemons have to run.
void print_elsewhere(const Loaded& loaded, std::ostream& out) {
  std::set<std::string> elsewhere;
  const auto look = [&](const definition::Operation& operation) {
    if (loaded.plugins.count(operation.participant) == 0) elsewhere.insert(operation.participant);
  };
  for (const auto& definition : loaded.definitions) {
    for (const auto& step : definition->steps) {
      look(step.action);
      if (step.compensate) look(*step.compensate);
    }
  }
  for (const auto& name : elsewhere) {
    out << "participant " << name << ": not here; another daemon has to run it\n";
  }
}

}  // namespace

ExitCode run_command(const std::filesystem::path& file, Signals& signals) {
  const auto config = load_config(file);
  const auto loaded = load_all(config);
  return serve(config, loaded, signals, make_logger(config.log), {});
}

ExitCode check_command(const std::filesystem::path& file, std::ostream& out) {
  const auto config = load_config(file);
  out << "config " << file.string() << ": ok, roles " << roles_text(config.roles) << '\n';
  const auto loaded = load_all(config);
  for (const auto& definition : loaded.definitions) print_definition(*definition, out);
  for (const auto& [participant, plugin] : loaded.plugins) print_plugin(participant, *plugin, out);
  print_elsewhere(loaded, out);
  const auto abi = plugins::engine_fingerprint();
  out << "plugin ABI: sdk " << abi.sdk_abi << ", libstdc++ " << abi.libstdcxx << ", libpqxx "
      << abi.pqxx_major << '.' << abi.pqxx_minor << ", boost " << abi.boost_version / 100'000 << '.'
      << abi.boost_version / 100 % 1000 << '\n';
  return ExitCode::kOk;
}

ExitCode migrate_command(const std::filesystem::path& file, bool dry_run, std::ostream& out) {
  const auto config = load_config(file);
  const auto loaded = load_all(config);
  migrate_databases(migration_lines(config, loaded), dry_run, out);
  return ExitCode::kOk;
}

}  // namespace sagad::daemon
