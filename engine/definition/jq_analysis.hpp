#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "definition/expression.hpp"
#include "definition/jq_tokens.hpp"

namespace sagad::definition {

/// Which part of a document is read: all of it, or only what is below some keys.
struct ReadTree {
  bool all = false;
  std::map<std::string, ReadTree> members;

  void add(const std::vector<std::string>& path);
};

/// What an expression looks at. The whole of its scope is never a value in it: it is reached
/// only by `.input`, `.steps.<id>.output`, `.saga`, `.item` and `.index`, each written out.
struct JqReads {
  std::optional<ReadTree> input;
  std::map<std::string, ReadTree> steps;  ///< by id
  bool saga = false;
  std::optional<ReadTree> item;
  bool index = false;
  /// Uses `*`, `%` or tonumber, which jq 1.6 lets do harm unless they are guarded.
  bool needs_guards = false;
};

/// Checks that the tokens use only what expressions may use, and finds what they read.
/// Throws ExpressionSyntaxError.
JqReads analyse_jq(const std::vector<JqToken>& tokens);

/// The elements of a plain path with its root (`input`, `steps`, `saga`, …) first, or nothing if
/// the tokens are more than a path.
std::optional<std::vector<PathElement>> read_plain_path(const std::vector<JqToken>& tokens);

/// The names at the beginning of a path that starts at the scope: throws ExpressionSyntaxError if
/// it names what is not there, or `.steps` without an id and `.output`.
void check_root_path(const std::vector<std::string>& names);

}  // namespace sagad::definition
