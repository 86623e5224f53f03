#include "sagad/config_section.hpp"

#include <algorithm>
#include <stdexcept>

#include "definition/core_schema.hpp"
#include "definition/suggestion.hpp"
#include "definition/text.hpp"

namespace sagad::daemon {

using definition::join_path;
using definition::SourceNode;

ConfigSection::ConfigSection(const SourceNode& node, std::string path,
                             definition::ProblemList& problems, const Environment& environment)
    : node_(node), path_(std::move(path)), problems_(problems), environment_(environment) {}

void ConfigSection::allow_only(const std::vector<std::string>& known) {
  for (const auto& member : node_.members) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    problems_.add(member.key_position, join_path(path_, member.key),
                  "unknown key; " + definition::suggest(member.key, known));
  }
}

std::optional<ConfigSection> ConfigSection::section(const std::string& key) {
  const auto* node = node_.find(key);
  if (node == nullptr) return std::nullopt;
  const bool is_null = node->kind == SourceNode::Kind::kScalar && node->scalar.is_null();
  if (node->kind != SourceNode::Kind::kObject && !is_null) {
    problem(key, "must be a mapping, not " + node->describe());
    return std::nullopt;
  }
  return ConfigSection(*node, join_path(path_, key), problems_, environment_);
}

std::vector<std::pair<std::string, ConfigSection>> ConfigSection::sections() {
  std::vector<std::pair<std::string, ConfigSection>> found;
  for (const auto& member : node_.members) {
    if (auto below = section(member.key)) found.emplace_back(member.key, *below);
  }
  return found;
}

std::optional<std::string> ConfigSection::text(const std::string& key) {
  const auto* node = node_.find(key);
  if (node == nullptr) return std::nullopt;
  return expand(*node, join_path(path_, key));
}

std::vector<std::string> ConfigSection::texts(const std::string& key) {
  std::vector<std::string> found;
  const auto* node = node_.find(key);
  if (node == nullptr) return found;
  const auto path = join_path(path_, key);
  if (node->kind != SourceNode::Kind::kArray) {
    if (auto one = expand(*node, path)) found.push_back(std::move(*one));
    return found;
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    auto one = expand(node->items[i], path + "[" + std::to_string(i) + "]");
    if (one) found.push_back(std::move(*one));
  }
  return found;
}

std::optional<std::string> ConfigSection::word(const std::string& key,
                                               const std::vector<std::string>& allowed) {
  auto found = text(key);
  if (!found) return std::nullopt;
  if (std::find(allowed.begin(), allowed.end(), *found) != allowed.end()) return found;
  problem(key, "must not be " + definition::in_quotes(*found) + "; " +
                   definition::suggest(*found, allowed));
  return std::nullopt;
}

std::optional<int> ConfigSection::number(const std::string& key, int least, int most) {
  const auto* node = node_.find(key);
  if (node == nullptr) return std::nullopt;
  json::value value = node->scalar;
  if (node->is_string() && node->text().find("${") != std::string_view::npos) {
    const auto expanded = expand(*node, join_path(path_, key));
    if (!expanded) return std::nullopt;
    value = definition::read_plain_scalar(*expanded).value;
  }
  if (value.is_int64() && value.get_int64() >= least && value.get_int64() <= most) {
    return static_cast<int>(value.get_int64());
  }
  problem(key, "must be a whole number from " + std::to_string(least) + " to " +
                   std::to_string(most) + ", not " + node->describe());
  return std::nullopt;
}

std::optional<bool> ConfigSection::flag(const std::string& key) {
  const auto* node = node_.find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind == SourceNode::Kind::kScalar && node->scalar.is_bool()) {
    return node->scalar.get_bool();
  }
  problem(key, "must be true or false, not " + node->describe());
  return std::nullopt;
}

std::optional<base::Duration> ConfigSection::duration(const std::string& key) {
  const auto found = text(key);
  if (!found) return std::nullopt;
  try {
    return base::parse_duration(*found);
  } catch (const std::invalid_argument& error) {
    problem(key, error.what());
    return std::nullopt;
  }
}

std::optional<api::Address> ConfigSection::address(const std::string& key) {
  const auto found = text(key);
  if (!found) return std::nullopt;
  try {
    return api::parse_address(*found);
  } catch (const std::invalid_argument& error) {
    problem(key, error.what());
    return std::nullopt;
  }
}

json::object ConfigSection::object(const std::string& key) {
  const auto* node = node_.find(key);
  if (node == nullptr) return {};
  if (node->kind != SourceNode::Kind::kObject) {
    problem(key, "must be a mapping, not " + node->describe());
    return {};
  }
  return std::move(expand_all(*node, join_path(path_, key)).as_object());
}

void ConfigSection::problem(const std::string& key, std::string message) {
  const auto* node = key.empty() ? nullptr : node_.find(key);
  problems_.add((node != nullptr ? node : &node_)->position,
                key.empty() ? path_ : join_path(path_, key), std::move(message));
}

std::optional<std::string> ConfigSection::expand(const SourceNode& node, const std::string& path) {
  if (!node.is_string()) {
    problems_.add(node.position, path, "must be a string, not " + node.describe());
    return std::nullopt;
  }
  return expand_text(node.text(), path, node.position);
}

std::optional<std::string> ConfigSection::expand_text(std::string_view text,
                                                      const std::string& path,
                                                      const definition::Position& position) {
  std::string expanded;
  for (;;) {
    const auto start = text.find("${");
    if (start == std::string_view::npos) return expanded.append(text);
    if (start > 0 && text[start - 1] == '$') {  // `$${` is a literal `${`
      expanded.append(text.substr(0, start - 1)).append("${");
      text.remove_prefix(start + 2);
      continue;
    }
    const auto end = text.find('}', start);
    if (end == std::string_view::npos) {
      problems_.add(position, path, "'${' has no '}'; write '$${' for a literal '${'");
      return std::nullopt;
    }
    const std::string name(text.substr(start + 2, end - start - 2));
    const auto value = environment_(name);
    if (!value) {
      problems_.add(position, path, "the environment variable '" + name + "' is not set");
      return std::nullopt;
    }
    expanded.append(text.substr(0, start)).append(*value);
    text.remove_prefix(end + 1);
  }
}

json::value ConfigSection::expand_all(const SourceNode& node, const std::string& path) {
  switch (node.kind) {
    case SourceNode::Kind::kArray: {
      json::array items;
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        items.push_back(expand_all(node.items[i], path + "[" + std::to_string(i) + "]"));
      }
      return items;
    }
    case SourceNode::Kind::kObject: {
      json::object members;
      for (const auto& member : node.members) {
        members[member.key] = expand_all(member.value, join_path(path, member.key));
      }
      return members;
    }
    default:
      if (!node.is_string()) return node.scalar;
      return json::string(expand(node, path).value_or(std::string()));
  }
}

}  // namespace sagad::daemon
