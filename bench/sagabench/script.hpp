#pragma once

#include <string>
#include <string_view>

namespace sagad::bench {

/// The plugin's own statement of this name, with its parameters as they are. Throws
/// std::runtime_error if the service has none.
std::string business_statement(const std::string& service, const std::string& name);

/// The script with every line `{service.Query: a | b} rest` replaced by the plugin's own
/// statement of that name, its parameters put in. Throws std::runtime_error with the line.
std::string expand_script(std::string_view text);

}  // namespace sagad::bench
