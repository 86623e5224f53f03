#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sagad/config.hpp"

namespace sagad::daemon {

/// The value of an environment variable, or nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// The environment of this process.
std::optional<std::string> process_environment(const std::string& name);

/// Reads a configuration. `file` is for messages, and relative paths start from its folder.
/// Throws definition::DefinitionError with all that is wrong, each with file:line:column and what
/// would be right.
Config parse_config(std::string_view text, const std::filesystem::path& file,
                    const Environment& environment);

/// Reads the file and calls parse_config.
Config load_config(const std::filesystem::path& file);

}  // namespace sagad::daemon
