#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace sagad::base {

/// The names of an enumeration's values, for texts that are stored or sent.
template <typename Enum, std::size_t N>
using EnumNames = std::array<std::pair<Enum, std::string_view>, N>;

/// The name of a value; every value has one.
template <typename Enum, std::size_t N>
std::string_view name_of(const EnumNames<Enum, N>& names, Enum value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  throw std::logic_error("an enumeration value without a name");
}

/// Reads a name. Throws std::invalid_argument that quotes the text and lists what is allowed;
/// `what` is the noun: "kind".
template <typename Enum, std::size_t N>
Enum parse_name(const EnumNames<Enum, N>& names, std::string_view text, std::string_view what) {
  std::string allowed;
  for (const auto& [known, name] : names) {
    if (name == text) return known;
    allowed += allowed.empty() ? "" : ", ";
    allowed += name;
  }
  throw std::invalid_argument("not a " + std::string(what) + ": '" + std::string(text) +
                              "' (expected one of " + allowed + ")");
}

}  // namespace sagad::base
