#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/plugin.hpp"

namespace sagad::plugins {

/// Opens plugin files. A library that was opened stays loaded for the life of the process,
/// whatever becomes of the loader and its plugins. Used by one thread.
class Loader {
 public:
  /// Checks and opens one plugin and lets it register its actions. Nothing of the file runs
  /// before check_plugin_file() has passed, and nothing of it is called before its fingerprint
  /// has. `config` is the plugin's section of the daemon's configuration; `expected_name` is the
  /// plugin that the participant asks for, empty if any will do. The same file may be opened
  /// again with another configuration; another file with the same plugin may not.
  /// Throws PluginError.
  std::shared_ptr<const Plugin> open_plugin(const std::filesystem::path& file,
                                            const boost::json::object& config = {},
                                            std::string_view expected_name = {});

  /// Opens every *.so of a folder, by name of file, each with the configuration under its
  /// plugin's name. All or nothing: the first that is refused throws. Throws PluginError.
  std::vector<std::shared_ptr<const Plugin>> load_folder(
      const std::filesystem::path& folder,
      const std::map<std::string, boost::json::object>& configs = {});

 private:
  std::map<std::string, std::filesystem::path> opened_;  // file by name of plugin
};

}  // namespace sagad::plugins
