#include "definition/jq_builtins.hpp"

#include <algorithm>
#include <array>

namespace sagad::definition {
namespace {

// What is not here is left out for a reason: it reads the world (env, now, input), it may not end
// (repeat, until, recurse(f)), it may ask for more memory than there is (setpath, combinations),
// it aborts or overruns in jq 1.6 (implode, indices, @base64d), it makes a NaN, which other parts
// of jq 1.6 loop or abort on (fromjson, sqrt, delpaths; measured), it runs regular expressions,
// or it differs between jq 1.6 and 1.7 (dates, abs, splits).
constexpr std::array kBuiltins = {
    JqBuiltin{"add", "0", true},
    JqBuiltin{"all", "012", true},
    JqBuiltin{"any", "012", true},
    JqBuiltin{"arrays", "0", true},
    JqBuiltin{"ascii_downcase", "0", true},
    JqBuiltin{"ascii_upcase", "0", true},
    JqBuiltin{"booleans", "0", true},
    JqBuiltin{"ceil", "0", true},
    JqBuiltin{"contains", "1", true},
    JqBuiltin{"del", "1", true},
    JqBuiltin{"empty", "0", false},
    JqBuiltin{"endswith", "1", true},
    JqBuiltin{"error", "01", true},
    JqBuiltin{"fabs", "0", true},
    JqBuiltin{"false", "0", false},
    JqBuiltin{"first", "01", true},
    JqBuiltin{"flatten", "01", true},
    JqBuiltin{"floor", "0", true},
    JqBuiltin{"from_entries", "0", true},
    JqBuiltin{"getpath", "1", true},
    JqBuiltin{"group_by", "1", true},
    JqBuiltin{"has", "1", true},
    JqBuiltin{"in", "1", true},
    JqBuiltin{"inside", "1", true},
    JqBuiltin{"iterables", "0", true},
    JqBuiltin{"join", "1", true},
    JqBuiltin{"keys", "0", true},
    JqBuiltin{"last", "01", true},
    JqBuiltin{"leaf_paths", "0", true},
    JqBuiltin{"length", "0", true},
    JqBuiltin{"limit", "2", false},
    JqBuiltin{"ltrimstr", "1", true},
    JqBuiltin{"map", "1", true},
    JqBuiltin{"map_values", "1", true},
    JqBuiltin{"max", "0", true},
    JqBuiltin{"max_by", "1", true},
    JqBuiltin{"min", "0", true},
    JqBuiltin{"min_by", "1", true},
    JqBuiltin{"not", "0", true},
    JqBuiltin{"nth", "12", true},
    JqBuiltin{"null", "0", false},
    JqBuiltin{"nulls", "0", true},
    JqBuiltin{"numbers", "0", true},
    JqBuiltin{"objects", "0", true},
    JqBuiltin{"path", "1", true},
    JqBuiltin{"paths", "01", true},
    JqBuiltin{"range", "123", false},
    JqBuiltin{"recurse", "0", true},
    JqBuiltin{"reverse", "0", true},
    JqBuiltin{"round", "0", true},
    JqBuiltin{"rtrimstr", "1", true},
    JqBuiltin{"scalars", "0", true},
    JqBuiltin{"select", "1", true},
    JqBuiltin{"sort", "0", true},
    JqBuiltin{"sort_by", "1", true},
    JqBuiltin{"split", "1", true},
    JqBuiltin{"startswith", "1", true},
    JqBuiltin{"strings", "0", true},
    JqBuiltin{"to_entries", "0", true},
    JqBuiltin{"tojson", "0", true},
    JqBuiltin{"tonumber", "0", true},
    JqBuiltin{"tostring", "0", true},
    JqBuiltin{"transpose", "0", true},
    JqBuiltin{"true", "0", false},
    JqBuiltin{"type", "0", true},
    JqBuiltin{"unique", "0", true},
    JqBuiltin{"unique_by", "1", true},
    JqBuiltin{"utf8bytelength", "0", true},
    JqBuiltin{"values", "0", true},
    JqBuiltin{"walk", "1", true},
    JqBuiltin{"with_entries", "1", true},
};

constexpr std::array<std::string_view, 7> kFormats = {"text", "json", "csv",   "tsv",
                                                      "html", "uri",  "base64"};
constexpr std::array<std::string_view, 12> kKeywords = {
    "if", "then", "elif", "else", "end", "as", "try", "catch", "reduce", "foreach", "and", "or"};

}  // namespace

const JqBuiltin* find_jq_builtin(std::string_view name) {
  const auto* found = std::find_if(kBuiltins.begin(), kBuiltins.end(),
                                   [&](const JqBuiltin& builtin) { return builtin.name == name; });
  return found == kBuiltins.end() ? nullptr : found;
}

std::string list_jq_builtins() {
  std::string list;
  for (const auto& builtin : kBuiltins) {
    if (!list.empty()) list += ", ";
    list += builtin.name;
  }
  return list;
}

bool is_jq_format(std::string_view name) {
  return std::find(kFormats.begin(), kFormats.end(), name) != kFormats.end();
}

bool is_jq_keyword(std::string_view name) {
  return std::find(kKeywords.begin(), kKeywords.end(), name) != kKeywords.end();
}

}  // namespace sagad::definition
