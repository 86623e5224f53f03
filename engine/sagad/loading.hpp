#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "definition/definition.hpp"
#include "plugins/plugin.hpp"
#include "sagad/config.hpp"

namespace sagad::daemon {

/// What a configuration names and this process has loaded. A value.
struct Loaded {
  std::vector<definition::DefinitionPtr> definitions;
  std::map<std::string, std::shared_ptr<const plugins::Plugin>> plugins;  ///< by participant
};

/// All that is wrong with definitions and plugins, one sentence each.
class LoadError : public std::runtime_error {
 public:
  explicit LoadError(std::vector<std::string> problems);
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::vector<std::string> problems_;
};

/// Loads the definitions and opens the plugins of a configuration, and checks that the plugins
/// have the actions that the definitions want of them. Throws LoadError: all or nothing.
Loaded load_all(const Config& config);

/// Only the definitions, for a reload. Throws LoadError.
std::vector<definition::DefinitionPtr> load_definitions(const Config& config);

}  // namespace sagad::daemon
