#pragma once

#include <string>
#include <vector>

#include "definition/loader.hpp"

namespace sagad::definition {

/// Something that is legal and probably not meant. A value.
struct Warning {
  std::string rule;  ///< stable word: `no-deadline`; docs/definitions.md lists them
  Problem problem;   ///< where, what, and how to mend it

  /// `file:line:column: warning: path: message [rule]`
  std::string str() const;
};

/// What is suspicious in a definition that the loader has accepted, in the order of the file.
/// Pure.
std::vector<Warning> lint(const Definition& definition);

}  // namespace sagad::definition
