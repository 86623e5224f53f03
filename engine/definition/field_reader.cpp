#include "definition/field_reader.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "definition/suggestion.hpp"
#include "definition/text.hpp"

namespace sagad::definition {
namespace {

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// Ten years: far beyond use, and far from where sums of times would overflow.
constexpr base::Duration kLongest = std::chrono::hours{24 * 3653};

}  // namespace

FieldReader::FieldReader(const SourceNode& node, std::string path, ProblemList& problems,
                         const std::vector<std::string>& known)
    : node_(node), path_(std::move(path)), problems_(problems) {
  if (node.kind != SourceNode::Kind::kObject) {
    problems_.add(node.position, path_, "must be a mapping, not " + node.describe());
    return;
  }
  for (const auto& member : node.members) {
    if (has(known, member.key)) continue;
    problems_.add(member.key_position, path_,
                  "unknown key " + in_quotes(member.key) + ": " + suggest(member.key, known));
  }
}

const SourceNode* FieldReader::find(std::string_view key) const { return node_.find(key); }

std::string FieldReader::path(std::string_view key) const {
  return join_path(path_, std::string(key));
}

void FieldReader::require(std::string_view key, const std::string& hint) const {
  if (node_.kind != SourceNode::Kind::kObject || find(key) != nullptr) return;
  problems_.add(node_.position, path_, "the key " + in_quotes(key) + " is missing" + hint);
}

void FieldReader::refuse_key(std::string_view key, const std::string& message) const {
  for (const auto& member : node_.members) {
    if (member.key == key) problems_.add(member.key_position, path_, message);
  }
}

void FieldReader::problem(std::string_view key, const std::string& message) const {
  const auto* node = find(key);
  problems_.add(node == nullptr ? node_.position : node->position, path(key), message);
}

std::optional<std::string> FieldReader::string(std::string_view key) const {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->is_string()) return std::string(node->text());
  problem(key, "must be a string, not " + node->describe());
  return std::nullopt;
}

std::optional<bool> FieldReader::boolean(std::string_view key) const {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->scalar.is_bool()) return node->scalar.get_bool();
  problem(key, "must be true or false, not " + node->describe());
  return std::nullopt;
}

std::optional<int> FieldReader::integer(std::string_view key, int least, int most) const {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto* number = node->scalar.if_int64();
  if (number == nullptr || *number < least) {
    problem(key, "must be a whole number of at least " + std::to_string(least) + ", not " +
                     node->describe());
    return std::nullopt;
  }
  if (*number > most) {
    problem(key, "must be at most " + std::to_string(most) + ", not " + node->describe());
    return std::nullopt;
  }
  return static_cast<int>(*number);
}

std::optional<double> FieldReader::number(std::string_view key) const {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->scalar.is_number()) return node->scalar.to_number<double>();
  problem(key, "must be a number, not " + node->describe());
  return std::nullopt;
}

std::optional<base::Duration> FieldReader::duration(std::string_view key) const {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  try {
    if (node->is_string()) {
      const auto duration = base::parse_duration(node->text());
      if (duration > base::Duration::zero() && duration <= kLongest) return duration;
    }
  } catch (const std::invalid_argument&) {
    // Reported below, in the words of a definition.
  }
  problem(key,
          "must be a duration such as 500ms, 30s, 15m or 24h (more than 0, at most 10 "
          "years), not " +
              node->describe());
  return std::nullopt;
}

std::optional<std::vector<std::string>> FieldReader::strings(std::string_view key) const {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  const bool list = node->kind == SourceNode::Kind::kArray;
  std::vector<std::string> result;
  for (const auto& item : node->items) {
    if (item.is_string()) result.emplace_back(item.text());
  }
  if (list && result.size() == node->items.size()) return result;
  problem(key, "must be a list of strings, such as [one, two], not " +
                   (list ? "one with other values" : node->describe()));
  return std::nullopt;
}

}  // namespace sagad::definition
