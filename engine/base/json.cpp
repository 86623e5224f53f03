#include "base/json.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/utf8.hpp"

namespace sagad::base {
namespace {

/// RFC 6901: `~` and `/` in a key are escaped.
std::string pointer_step(std::string_view key) {
  std::string step = "/";
  for (const char c : key) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step += c;
    }
  }
  return step;
}

[[noreturn]] void refuse(const std::string& pointer, const std::string& why) {
  throw DocumentError((pointer.empty() ? "the document" : "at " + pointer) + " " + why);
}

void check_text(std::string_view text, const std::string& pointer) {
  if (text.find('\0') != std::string_view::npos) {
    refuse(pointer, "has a NUL character, which PostgreSQL cannot store");
  }
  if (!is_utf8(text)) refuse(pointer, "is not valid UTF-8");
}

void check_value(const json::value& value, const std::string& pointer, std::size_t depth,
                 const DocumentLimits& limits) {
  if (depth > limits.max_depth) {
    refuse(pointer, "is nested deeper than " + std::to_string(limits.max_depth) + " levels");
  }
  switch (value.kind()) {
    case json::kind::double_:
      if (!std::isfinite(value.get_double())) refuse(pointer, "is not a finite number");
      break;
    case json::kind::string:
      check_text(value.get_string(), pointer);
      break;
    case json::kind::array: {
      std::size_t i = 0;
      for (const auto& item : value.get_array()) {
        check_value(item, pointer + "/" + std::to_string(i++), depth + 1, limits);
      }
      break;
    }
    case json::kind::object:
      for (const auto& [key, member] : value.get_object()) {
        const auto here = pointer + pointer_step(key);
        check_text(key, here);
        check_value(member, here, depth + 1, limits);
      }
      break;
    default:
      break;
  }
}

void check_size(std::size_t size, const DocumentLimits& limits) {
  if (size > limits.max_bytes) {
    refuse("", "has " + std::to_string(size) + " bytes, more than the allowed " +
                   std::to_string(limits.max_bytes));
  }
}

/// Boost.JSON turns an integer that does not fit into a double without a word, so such tokens are
/// looked for in the text. `text` is valid JSON.
bool has_oversized_integer(std::string_view text) {
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
      continue;
    }
    if (c == '"') {
      in_string = true;
      continue;
    }
    if (c != '-' && (c < '0' || c > '9')) continue;
    const bool negative = c == '-';
    const auto first = negative ? i + 1 : i;
    auto end = first;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    const bool is_integer =
        end == text.size() || (text[end] != '.' && text[end] != 'e' && text[end] != 'E');
    const auto number = text.substr(first, end - first);
    const std::string_view largest = negative ? "9223372036854775808" : "18446744073709551615";
    const bool too_large =
        number.size() > largest.size() || (number.size() == largest.size() && number > largest);
    if (is_integer && too_large) return true;
    while (end < text.size() &&
           std::string_view("0123456789.eE+-").find(text[end]) != std::string_view::npos) {
      ++end;
    }
    i = end - 1;
  }
  return false;
}

void append_canonical(const json::value& value, std::string& out) {
  if (value.is_array()) {
    out += '[';
    bool first = true;
    for (const auto& item : value.get_array()) {
      if (!first) out += ',';
      first = false;
      append_canonical(item, out);
    }
    out += ']';
    return;
  }
  if (!value.is_object()) {
    out += json::serialize(value);
    return;
  }
  std::vector<const json::key_value_pair*> members;
  members.reserve(value.get_object().size());
  for (const auto& member : value.get_object()) members.push_back(&member);
  std::sort(members.begin(), members.end(),
            [](const auto* a, const auto* b) { return a->key() < b->key(); });
  out += '{';
  bool first = true;
  for (const auto* member : members) {
    if (!first) out += ',';
    first = false;
    out += json::serialize(json::value(member->key()));
    out += ':';
    append_canonical(member->value(), out);
  }
  out += '}';
}

}  // namespace

json::value parse_document(std::string_view text, const DocumentLimits& limits) {
  check_size(text.size(), limits);
  if (!is_utf8(text)) refuse("", "is not valid UTF-8");
  json::parse_options options;
  options.max_depth = limits.max_depth;
  json::error_code error;
  auto value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error == json::error::too_deep) {
    refuse("", "is nested deeper than " + std::to_string(limits.max_depth) + " levels");
  }
  if (error) refuse("", "is not valid JSON: " + error.message());
  if (has_oversized_integer(text)) {
    refuse("", "has an integer outside the range of int64 and uint64: send it as a string");
  }
  check_value(value, "", 0, limits);
  return value;
}

void check_document(const json::value& value, const DocumentLimits& limits) {
  check_value(value, "", 0, limits);
  check_size(json::serialize(value).size(), limits);
}

std::string canonical_json(const json::value& value) {
  std::string out;
  append_canonical(value, out);
  return out;
}

}  // namespace sagad::base
