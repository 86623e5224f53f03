#include "sagad/loading.hpp"

#include <set>

#include "definition/children.hpp"
#include "definition/loader.hpp"
#include "definition/suggestion.hpp"
#include "plugins/loader.hpp"

namespace sagad::daemon {
namespace {

using Problems = std::vector<std::string>;

std::string joined(const Problems& problems) {
  std::string text;
  for (const auto& problem : problems) text += (text.empty() ? "" : "\n") + problem;
  return text;
}

using Definitions = std::vector<definition::DefinitionPtr>;

/// Those of one folder; what is wrong with it goes to `problems`.
Definitions read_folder(const std::filesystem::path& folder, Problems& problems) {
  try {
    return definition::load_folder(folder);
  } catch (const definition::DefinitionError& error) {
    for (const auto& problem : error.problems()) problems.push_back(problem.str());
    return {};
  }
}

/// The definitions of all folders; of one name and version there may be only one.
Definitions read_definitions(const Config& config, Problems& problems) {
  Definitions all;
  std::set<std::pair<std::string, int>> known;
  for (const auto& folder : config.definitions) {
    for (auto& definition : read_folder(folder, problems)) {
      if (!known.emplace(definition->name, definition->version).second) {
        problems.push_back(folder.string() + ": '" + definition->name + "' in version " +
                           std::to_string(definition->version) +
                           " is in another folder of 'definitions' too: keep one of them");
      }
      all.push_back(std::move(definition));
    }
  }
  if (problems.empty()) {
    for (const auto& problem : definition::check_children(all)) problems.push_back(problem.str());
  }
  return all;
}

void check_action(const definition::Step& step, const definition::Operation& operation,
                  const Loaded& loaded, Problems& problems) {
  const auto found = loaded.plugins.find(operation.participant);
  if (found == loaded.plugins.end()) return;  // runs in another daemon
  const auto& plugin = *found->second;
  if (plugin.find(operation.action) != nullptr) return;
  std::vector<std::string> names;
  for (const auto& action : plugin.actions) names.push_back(action.name);
  problems.push_back(step.position.str() + ": step '" + step.id + "': the plugin " + plugin.name +
                     " " + plugin.version + " (" + plugin.path.string() + ") has no action '" +
                     operation.action + "'; " + definition::suggest(operation.action, names));
}

void check_actions(const Loaded& loaded, Problems& problems) {
  for (const auto& definition : loaded.definitions) {
    for (const auto& step : definition->steps) {
      check_action(step, step.action, loaded, problems);
      if (step.compensate) check_action(step, *step.compensate, loaded, problems);
    }
  }
}

}  // namespace

LoadError::LoadError(std::vector<std::string> problems)
    : std::runtime_error(joined(problems)), problems_(std::move(problems)) {}

Loaded load_all(const Config& config) {
  Problems problems;
  Loaded loaded;
  loaded.definitions = read_definitions(config, problems);
  plugins::Loader loader;
  for (const auto& participant : config.participants) {
    try {
      loaded.plugins[participant.name] =
          loader.open_plugin(participant.plugin, participant.config, participant.name);
    } catch (const plugins::PluginError& error) {
      problems.push_back("participants." + participant.name + ": " + error.what());
    }
  }
  check_actions(loaded, problems);
  if (!problems.empty()) throw LoadError(std::move(problems));
  return loaded;
}

std::vector<definition::DefinitionPtr> load_definitions(const Config& config) {
  Problems problems;
  auto definitions = read_definitions(config, problems);
  if (!problems.empty()) throw LoadError(std::move(problems));
  return definitions;
}

}  // namespace sagad::daemon
