#include "sagad/dev_servers.hpp"

#include <algorithm>
#include <stdexcept>

#include "sagad/dev_queries.gen.hpp"
#include "sagad/loading.hpp"

namespace sagad::daemon {
namespace {

dev::PostgresOptions postgres_options(const std::filesystem::path& data) {
  dev::PostgresOptions options;
  options.folder = data / "postgres";
  return options;
}

dev::NatsOptions nats_options(const std::filesystem::path& data) { return {data / "nats"}; }

std::filesystem::path make_data_folder(const DevOptions& options,
                                       std::optional<dev::TempDir>& temporary) {
  if (options.temporary) return temporary.emplace("sagad-dev-").path();
  std::filesystem::create_directories(options.data);
  return std::filesystem::canonical(options.data);
}

/// Where the plugins are: beside the program in a build, or where the package puts them.
std::filesystem::path find_plugins(const std::filesystem::path& asked) {
  if (!asked.empty()) return asked;
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const auto beside = program.parent_path() / "plugins";
  return std::filesystem::is_directory(beside) ? beside : std::filesystem::path(SAGAD_PLUGIN_DIR);
}

std::vector<std::filesystem::path> plugin_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    if (entry.path().extension() == ".so") files.push_back(entry.path());
  }
  if (files.empty()) {
    throw LoadError({"there is no plugin (*.so) in " + folder.string() +
                     "; build them, or name their folder with --plugins"});
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Config dev_config(const DevOptions& options) {
  Config config;
  config.engine.emplace();
  config.nats.name_space = "dev";
  for (const auto& file : plugin_files(find_plugins(options.plugins))) {
    ParticipantConfig participant;
    participant.name = file.stem().string();
    participant.plugin = file;
    config.participants.push_back(std::move(participant));
  }
  config.definitions = {options.sagas};
  config.roles = {true, true, true};
  config.api.listen = options.listen;
  config.api.health_listen = {"127.0.0.1", 0};
  config.log.level = options.log_level;
  config.replace_definitions = true;
  return config;
}

DevServers::DevServers(const DevOptions& options)
    : data_(make_data_folder(options, temporary_)),
      postgres_(postgres_options(data_)),
      nats_(nats_options(data_)) {}

DevServers::~DevServers() {
  // Nobody will read the data again: an orderly stop would sync a thousand files first.
  if (temporary_) postgres_.kill();
}

std::string DevServers::make_database(const std::string& name) {
  try {
    postgres_.run_sql("SELECT", name);
  } catch (const std::runtime_error&) {
    // Not there, most likely; if it is something else, this says what.
    postgres_.create_database(name);
  }
  return postgres_.url(name);
}

void DevServers::connect(Config& config) {
  config.nats.url = nats_.url();
  config.engine->database = make_database("engine");
  for (auto& participant : config.participants) {
    participant.database = make_database(participant.name);
  }
}

void DevServers::add_sample_accounts() {
  postgres_.run_sql(std::string(queries::kSampleAccounts), "pay");
}

}  // namespace sagad::daemon
