#include "plugins/loader.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <exception>
#include <functional>
#include <system_error>

#include "plugins/action_checks.hpp"
#include "plugins/file_checks.hpp"
#include "plugins/fingerprint.hpp"

namespace sagad::plugins {
namespace {

namespace fs = std::filesystem;
namespace dll = boost::dll;

constexpr const char* kSymbol = "sagad_plugin_v1";

// Answers, exceptions and std::functions of a plugin point into its code, so it is never unloaded.
constexpr auto kNeverUnload = static_cast<dll::load_mode::type>(RTLD_NODELETE);

using ConfigFor = std::function<boost::json::object(const std::string& name)>;

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw PluginError("plugin " + file.string() + ": " + why);
}

dll::shared_library open_library(const fs::path& file) {
  try {
    return dll::shared_library(
        file, dll::load_mode::rtld_now | dll::load_mode::rtld_local | kNeverUnload);
  } catch (const std::system_error& error) {
    refuse(file, std::string("it cannot be opened: ") + error.what() +
                     "; a library or symbol that is missing means that it was built for other "
                     "packages than this engine: rebuild it here");
  }
}

const sagad_abi_v1& find_fingerprint(const dll::shared_library& library, const fs::path& file) {
  if (!library.has(kSymbol)) {
    refuse(file, std::string("it is not a sagad plugin: no symbol ") + kSymbol +
                     " (SAGAD_PLUGIN(registry) { … } defines it); build it with sagad_add_plugin");
  }
  const auto& abi = library.get<const sagad_abi_v1>(kSymbol);
  if (const auto difference = fingerprint_difference(abi, engine_fingerprint())) {
    refuse(file, "it was " + *difference +
                     "; rebuild it with the SDK and the packages of this engine: "
                     "find_package(sagad), sagad_add_plugin");
  }
  return abi;
}

std::string checked_name(const sagad_abi_v1& abi, const fs::path& file) {
  if (abi.plugin_name == nullptr || !is_name(abi.plugin_name)) {
    refuse(file, std::string("its name is '") + (abi.plugin_name ? abi.plugin_name : "") +
                     "'; a plugin is named like acme_shipping: [a-z][a-z0-9_]*");
  }
  if (abi.plugin_version == nullptr || *abi.plugin_version == '\0') {
    refuse(file, "it has no version; build it with sagad_add_plugin(… VERSION 1.2.3 …)");
  }
  if (abi.describe == nullptr) {
    refuse(file, "it has nothing to register its actions with; use SAGAD_PLUGIN(registry) { … }");
  }
  return abi.plugin_name;
}

Registry describe(const sagad_abi_v1& abi, const fs::path& file, boost::json::object config) {
  Registry registry(std::move(config), &check_config);
  try {
    abi.describe(&registry);
    check_registry(registry);
  } catch (const PluginError& error) {
    refuse(file, error.what());
  } catch (const std::exception& error) {
    refuse(file, std::string("registering its actions failed: ") + error.what());
  } catch (...) {
    refuse(file, "registering its actions failed with something that is not a std::exception");
  }
  return registry;
}

using Opened = std::map<std::string, fs::path>;

std::shared_ptr<const Plugin> open(Opened& opened, const fs::path& path,
                                   std::string_view expected_name, const ConfigFor& config_for) {
  fs::path file;
  try {
    file = check_plugin_file(path);
  } catch (const PluginError& error) {
    throw PluginError(std::string("plugin ") + error.what());
  }
  const auto library = open_library(file);
  const auto& abi = find_fingerprint(library, file);
  const auto name = checked_name(abi, file);
  if (!expected_name.empty() && name != expected_name) {
    refuse(file, "it is the plugin '" + name + "', but '" + std::string(expected_name) +
                     "' was asked for; correct the participant's `plugin` in the configuration");
  }
  const auto known = opened.emplace(name, file).first;
  if (known->second != file) {
    refuse(file, "there is another plugin '" + name + "' in " + known->second.string() +
                     "; remove one of the two files");
  }
  auto registry = describe(abi, file, config_for(name));
  return std::make_shared<const Plugin>(Plugin{.name = name,
                                               .version = abi.plugin_version,
                                               .path = file,
                                               .actions = registry.actions(),
                                               .migrations = registry.migrations()});
}

}  // namespace

std::shared_ptr<const Plugin> Loader::open_plugin(const fs::path& file,
                                                  const boost::json::object& config,
                                                  std::string_view expected_name) {
  return open(opened_, file, expected_name, [&](const std::string&) { return config; });
}

std::vector<std::shared_ptr<const Plugin>> Loader::load_folder(
    const fs::path& folder, const std::map<std::string, boost::json::object>& configs) {
  check_plugin_folder(folder);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".so") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());

  const auto config_for = [&](const std::string& name) {
    const auto found = configs.find(name);
    return found == configs.end() ? boost::json::object{} : found->second;
  };
  std::vector<std::shared_ptr<const Plugin>> plugins;
  for (const auto& file : files) plugins.push_back(open(opened_, file, {}, config_for));
  return plugins;
}

}  // namespace sagad::plugins
