#include "plugins/action_checks.hpp"

#include <algorithm>
#include <set>

#include "base/json.hpp"
#include "definition/json_schema.hpp"
#include "plugins/plugin.hpp"

namespace sagad::plugins {
namespace {

void check_action(const Action& action) {
  if (!is_name(action.name)) {
    throw PluginError("it registers an action '" + action.name +
                      "'; a name is written like create_order: [a-z][a-z0-9_]*");
  }
  if (!action.function && !action.external) {
    throw PluginError("action " + action.name +
                      " is registered without a function; a batch form alone is not enough, "
                      "because failed batches run again one by one");
  }
  const auto& key = action.options.lock_key;
  if (!key.empty() && key.front() != '/') {
    throw PluginError("action " + action.name + " has the lock_key '" + key +
                      "'; it is a JSON Pointer into the input, like /account");
  }
}

void check_migrations(const std::vector<Migration>& migrations) {
  int expected = 1;
  for (const auto& migration : migrations) {
    if (migration.version != expected) {
      throw PluginError("its migrations are not numbered 1, 2, 3, …: found " +
                        std::to_string(migration.version) + " (" + std::string(migration.name) +
                        ") where " + std::to_string(expected) + " was expected");
    }
    if (migration.name.empty() || migration.sql.empty()) {
      throw PluginError("its migration " + std::to_string(expected) + " has no name or no SQL");
    }
    ++expected;
  }
}

}  // namespace

bool is_name(std::string_view name) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_rest = [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && is_lower(name.front()) && std::all_of(name.begin(), name.end(), is_rest);
}

void check_registry(const Registry& registry) {
  if (registry.actions().empty()) {
    throw PluginError(
        "it registers no action; SAGAD_PLUGIN(registry) has to call "
        "registry.action(name, function)");
  }
  std::set<std::string_view> names;
  for (const auto& action : registry.actions()) {
    check_action(action);
    if (!names.insert(action.name).second) {
      throw PluginError("it registers the action " + action.name + " twice");
    }
  }
  check_migrations(registry.migrations());
  if (registry.config_schema().empty() && !registry.config().empty()) {
    throw PluginError("it takes no configuration, but the daemon's configuration has " +
                      boost::json::serialize(registry.config()) + " for it; remove that");
  }
}

void check_config(std::string_view schema, const boost::json::object& config) {
  std::shared_ptr<const definition::InputSchema> compiled;
  try {
    compiled = definition::compile_schema(base::parse_document(schema));
  } catch (const base::DocumentError& error) {
    throw PluginError(std::string("its config_schema is not JSON: ") + error.what());
  } catch (const definition::SchemaError& error) {
    throw PluginError("its config_schema is wrong at '" + error.pointer() + "': " + error.what());
  }
  std::string problems;
  for (const auto& problem : compiled->check(config)) {
    problems += (problems.empty() ? "" : "; ") + problem;
  }
  if (!problems.empty()) {
    throw PluginError("its configuration is not what the plugin expects: " + problems);
  }
}

}  // namespace sagad::plugins
