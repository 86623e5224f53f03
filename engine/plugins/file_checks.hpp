#pragma once

#include <filesystem>

namespace sagad::plugins {

/// Whoever can write a plugin runs code in the daemon. So the file, its folder and, for a symbolic
/// link, the file it leads to and that folder have to belong to root or to the user of this
/// process, and nobody else may write them: not everybody, and no group but root's and the
/// process' own. Of the path only these folders are looked at, not those above. The file has to be
/// a regular one that begins like an ELF file.
///
/// Returns the path with links resolved, which is the one to open. Throws PluginError.
std::filesystem::path check_plugin_file(const std::filesystem::path& file);

/// The same for a folder of plugins.
void check_plugin_folder(const std::filesystem::path& folder);

}  // namespace sagad::plugins
