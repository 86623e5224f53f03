#include "definition/jq_limits.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

namespace sagad::definition {
namespace {

using Kind = JqToken::Kind;

constexpr double kLargestExactInteger = 9007199254740992.0;  // 2^53
constexpr int kLargestRange = 1000;

/// Whole, and small enough for a range; nothing otherwise.
bool is_small_number(const JqToken& token, int& value) {
  const char* end = token.text.data() + token.text.size();
  const auto result = std::from_chars(token.text.data(), end, value);
  return token.kind == Kind::kNumber && result.ec == std::errc{} && result.ptr == end &&
         value <= kLargestRange;
}

bool are_small_arguments(const std::vector<JqToken>& tokens, std::size_t at) {
  std::size_t arguments = 1;
  for (auto i = at + 1; i < tokens.size() && tokens[i].kind != Kind::kClose; ++i) {
    if (tokens[i].is(Kind::kOperator, ";")) ++arguments;
    if (tokens[i].is(Kind::kOperator, ";") || tokens[i].is(Kind::kOperator, "-")) continue;
    const auto before = tokens[i - 1].kind;
    const bool alone = before == Kind::kOpen || before == Kind::kOperator;
    int value = 0;
    if (!alone || !is_small_number(tokens[i], value)) return false;
    // A step of 0 would never arrive.
    if (arguments == 3 && value == 0) return false;
  }
  return true;
}

}  // namespace

void check_number(const JqToken& token) {
  const double value = std::strtod(token.text.c_str(), nullptr);
  if (std::isfinite(value) && value < kLargestExactInteger) return;
  throw ExpressionSyntaxError("the number " + token.text +
                              " is beyond 2^53, where jq is not exact");
}

void check_range(const std::vector<JqToken>& tokens, std::size_t at) {
  if (are_small_arguments(tokens, at)) return;
  throw ExpressionSyntaxError("'range' takes whole numbers up to " + std::to_string(kLargestRange) +
                              " that are written out, and no step of 0");
}

void check_slice(const std::vector<JqToken>& tokens, std::size_t at) {
  const auto is_end = [&](std::size_t index) {
    return tokens[index].kind == Kind::kNumber || tokens[index].is(Kind::kOperator, "-");
  };
  auto first = at;
  while (first > 0 && is_end(first - 1)) --first;
  auto last = at + 1;
  while (last < tokens.size() && is_end(last)) ++last;
  const bool literal = first > 0 && tokens[first - 1].is(Kind::kOpen, "[") &&
                       last < tokens.size() && tokens[last].is(Kind::kClose, "]");
  if (literal) return;
  throw ExpressionSyntaxError(
      "a slice takes only numbers that are written out, such as .lines[0:2]");
}

bool is_literal_index(const std::vector<JqToken>& tokens, std::size_t at) {
  auto i = at + 1;
  if (i < tokens.size() && tokens[i].is(Kind::kOperator, "-")) ++i;
  if (i < tokens.size() && (tokens[i].kind == Kind::kNumber || tokens[i].kind == Kind::kString)) {
    ++i;
  }
  return i < tokens.size() &&
         (tokens[i].is(Kind::kClose, "]") || tokens[i].is(Kind::kOperator, ":"));
}

}  // namespace sagad::definition
