#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sagad::definition {

/// What to say about a word that is none of the known ones: `did you mean 'retry'?` if one of
/// them is near, else `known are 'a', 'b'`.
std::string suggest(std::string_view word, const std::vector<std::string>& known);

}  // namespace sagad::definition
