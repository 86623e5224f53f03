#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "definition/expression.hpp"
#include "definition/problem_list.hpp"

namespace sagad::definition {

/// A value of a definition file that knows where it stands. Read from YAML, or from the canonical
/// JSON that the database keeps; from here on the two are the same.
struct SourceNode {
  enum class Kind { kScalar, kArray, kObject };
  struct Member;

  Kind kind = Kind::kScalar;
  json::value scalar;
  std::vector<SourceNode> items;
  std::vector<Member> members;
  Position position;

  bool is_string() const { return kind == Kind::kScalar && scalar.is_string(); }
  /// Only if is_string().
  std::string_view text() const { return {scalar.get_string().data(), scalar.get_string().size()}; }
  /// nullptr if this is no object, or has no such key.
  const SourceNode* find(std::string_view key) const;
  /// How it is called in a message: `'many'`, `5`, `a list`.
  std::string describe() const;
};

struct SourceNode::Member {
  std::string key;
  Position key_position;
  SourceNode value;
};

/// The most that a definition file may have; its documents have limits of their own.
inline constexpr std::size_t kMaxSourceBytes = 1024 * 1024;
inline constexpr std::size_t kMaxSourceDepth = 64;

/// Reads one YAML document. Adds what is wrong to `problems`; what is returned then is only as
/// good as it could be made.
SourceNode read_yaml(std::string_view text, const std::string& file, ProblemList& problems);

/// The same for JSON; everything stands at 1:1.
SourceNode source_from_json(const json::value& value, const std::string& file);

/// Without positions.
json::value to_json(const SourceNode& node);

/// The node that a JSON Pointer names, or the last one on the way there.
const SourceNode& find_pointer(const SourceNode& node, std::string_view pointer);

}  // namespace sagad::definition
