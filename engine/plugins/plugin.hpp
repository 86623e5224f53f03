#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <sagad/plugin.hpp>

namespace sagad::plugins {

/// A plugin that may not be used. what() is for the operator: which file, what is wrong, and what
/// mends it.
class PluginError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An opened plugin, described with one configuration. Immutable, shared by all threads; the code
/// behind it stays loaded for the life of the process.
struct Plugin {
  std::string name;
  std::string version;
  std::filesystem::path path;  ///< of the file itself, symbolic links resolved
  std::vector<Action> actions;
  std::vector<Migration> migrations;

  /// nullptr if there is none.
  const Action* find(std::string_view action) const {
    for (const auto& candidate : actions) {
      if (candidate.name == action) return &candidate;
    }
    return nullptr;
  }
};

}  // namespace sagad::plugins
