#pragma once

#include <string>
#include <string_view>

#include <sagad/plugin.hpp>

namespace sagad::plugins {

/// Whether it is a name of a plugin or an action: `[a-z][a-z0-9_]*`.
bool is_name(std::string_view name);

/// Checks what a plugin registered: at least one action, names that are right and not twice,
/// every action with its function, lock_key a JSON Pointer, migrations 1, 2, 3, … each with its
/// name and SQL. Throws PluginError without the plugin's name in front.
void check_registry(const Registry& registry);

/// Checks a configuration against a plugin's schema. Throws PluginError.
void check_config(std::string_view schema, const boost::json::object& config);

}  // namespace sagad::plugins
