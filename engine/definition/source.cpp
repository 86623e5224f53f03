#include "definition/source.hpp"

#include <charconv>

#include "definition/text.hpp"

namespace sagad::definition {
namespace {

/// One reference token of a JSON Pointer, without its escapes.
std::string unescape(std::string_view token) {
  std::string key;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    if (escape) ++i;
    key += escape ? (token[i] == '0' ? '~' : '/') : token[i];
  }
  return key;
}

const SourceNode* child(const SourceNode& node, const std::string& key) {
  if (node.kind == SourceNode::Kind::kObject) return node.find(key);
  if (node.kind != SourceNode::Kind::kArray) return nullptr;
  std::size_t index = 0;
  const char* end = key.data() + key.size();
  const auto result = std::from_chars(key.data(), end, index);
  const bool valid = result.ec == std::errc{} && result.ptr == end && index < node.items.size();
  return valid ? &node.items[index] : nullptr;
}

}  // namespace

const SourceNode* SourceNode::find(std::string_view key) const {
  for (const auto& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::string SourceNode::describe() const {
  switch (kind) {
    case Kind::kArray:
      return "a list";
    case Kind::kObject:
      return "a mapping";
    case Kind::kScalar:
      break;
  }
  if (scalar.is_string()) return in_quotes(text());
  if (scalar.is_null()) return "nothing";
  return json_text(scalar);
}

SourceNode source_from_json(const json::value& value, const std::string& file) {
  SourceNode node;
  node.position = {file, 1, 1};
  if (value.is_array()) {
    node.kind = SourceNode::Kind::kArray;
    for (const auto& item : value.get_array()) node.items.push_back(source_from_json(item, file));
  } else if (value.is_object()) {
    node.kind = SourceNode::Kind::kObject;
    for (const auto& [key, member] : value.get_object()) {
      node.members.push_back({key, node.position, source_from_json(member, file)});
    }
  } else {
    node.scalar = value;
  }
  return node;
}

json::value to_json(const SourceNode& node) {
  switch (node.kind) {
    case SourceNode::Kind::kArray: {
      json::array array;
      for (const auto& item : node.items) array.push_back(to_json(item));
      return array;
    }
    case SourceNode::Kind::kObject: {
      json::object object;
      for (const auto& member : node.members) object[member.key] = to_json(member.value);
      return object;
    }
    case SourceNode::Kind::kScalar:
      break;
  }
  return node.scalar;
}

const SourceNode& find_pointer(const SourceNode& node, std::string_view pointer) {
  const SourceNode* here = &node;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);  // the slash
    const auto end = std::min(pointer.find('/'), pointer.size());
    const auto* next = child(*here, unescape(pointer.substr(0, end)));
    if (next == nullptr) break;
    here = next;
    pointer.remove_prefix(end);
  }
  return *here;
}

}  // namespace sagad::definition
