#pragma once

#include <stdexcept>

#include "definition/expression.hpp"

namespace sagad::definition {

/// A path that leads into a value that has no keys, or no places. Without position.
class PathError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Exact for every JSON value. Throws PathError.
json::value evaluate_path(const PlainPath& path, const Scope& scope);

/// The output of a step, null if there is none.
const json::value& output_of(const Scope& scope, int step);

/// The item of a `foreach`, null outside of one.
const json::value& item_of(const Scope& scope);

/// What `.saga` is. `key` is null without one.
json::value saga_document(const Scope::Saga& saga);

}  // namespace sagad::definition
