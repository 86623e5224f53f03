#include <charconv>
#include <cstdint>
#include <utility>

#include "definition/jq_analysis.hpp"
#include "definition/suggestion.hpp"

namespace sagad::definition {
namespace {

using Kind = JqToken::Kind;

/// `[0]`, `[-1]`, `["name"]` at `at`, which is moved behind it; nothing if it is something else.
std::optional<PathElement> read_index(const std::vector<JqToken>& tokens, std::size_t& at) {
  auto i = at + 1;
  const bool negative = i < tokens.size() && tokens[i].is(Kind::kOperator, "-");
  if (negative) ++i;
  if (i + 1 >= tokens.size() || !tokens[i + 1].is(Kind::kClose, "]")) return std::nullopt;
  const auto& token = tokens[i];
  at = i + 2;
  if (token.kind == Kind::kString && !negative) return token.text;
  if (token.kind != Kind::kNumber) return std::nullopt;
  std::int64_t index = 0;
  const char* end = token.text.data() + token.text.size();
  const auto result = std::from_chars(token.text.data(), end, index);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return negative ? -index : index;
}

}  // namespace

std::optional<std::vector<PathElement>> read_plain_path(const std::vector<JqToken>& tokens) {
  if (tokens.empty() || tokens.front().kind != Kind::kField) return std::nullopt;
  std::vector<PathElement> elements;
  for (std::size_t at = 0; at < tokens.size();) {
    const auto& token = tokens[at];
    if (token.kind == Kind::kField) {
      elements.emplace_back(token.text);
      ++at;
    } else if (token.kind == Kind::kDot && at + 1 < tokens.size() &&
               tokens[at + 1].kind == Kind::kString) {
      elements.emplace_back(tokens[at + 1].text);
      at += 2;
    } else if (token.is(Kind::kOpen, "[")) {
      auto element = read_index(tokens, at);
      if (!element) return std::nullopt;
      elements.push_back(std::move(*element));
    } else {
      return std::nullopt;
    }
  }
  return elements;
}

void ReadTree::add(const std::vector<std::string>& path) {
  auto* node = this;
  for (const auto& name : path) node = &node->members[name];
  node->all = true;
}

void check_root_path(const std::vector<std::string>& names) {
  static const std::vector<std::string> kRoots = {"input", "steps", "saga", "item", "index"};
  static const std::vector<std::string> kSaga = {"id", "definition", "version", "key",
                                                 "started_at"};
  const auto& root = names.front();
  if (root == "input" || root == "item" || root == "index") return;
  if (root == "saga") {
    if (names.size() < 2) return;
    for (const auto& known : kSaga) {
      if (known == names[1]) return;
    }
    throw ExpressionSyntaxError(".saga has no '" + names[1] + "': " + suggest(names[1], kSaga));
  }
  if (root != "steps") {
    throw ExpressionSyntaxError(
        "'." + root + "' is not there: an expression reads .input, .steps.<id>.output and " +
        ".saga, and in a foreach .item and .index; " + suggest(root, kRoots));
  }
  if (names.size() < 2) {
    throw ExpressionSyntaxError(
        "'.steps' can only be read as .steps.<id>.output with the step's id written out");
  }
  if (names.size() < 3 || names[2] != "output") {
    throw ExpressionSyntaxError("of a step only the output can be read: write .steps." + names[1] +
                                ".output");
  }
}

}  // namespace sagad::definition
