#include "definition/schema_keywords.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "definition/json_schema.hpp"
#include "definition/suggestion.hpp"
#include "definition/text.hpp"

namespace sagad::definition {
namespace {

constexpr std::int64_t kMaxPatternLength = 1000;
constexpr double kExact = 9007199254740992.0;  // 2^53

/// What a keyword takes.
enum class Takes {
  kAnything,
  kText,
  kBoolean,
  kBound,
  kPositive,
  kCount,
  kType,
  kNames,
  kValues,
  kSchema,
  kItems,
  kSchemas,
  kSchemaMap,
  kDependencies,
  kPattern,
};

const std::map<std::string, Takes, std::less<>>& keywords() {
  static const std::map<std::string, Takes, std::less<>> kKeywords = {
      {"$comment", Takes::kText},
      {"$defs", Takes::kSchemaMap},
      {"$schema", Takes::kText},
      {"additionalItems", Takes::kSchema},
      {"additionalProperties", Takes::kSchema},
      {"allOf", Takes::kSchemas},
      {"anyOf", Takes::kSchemas},
      {"const", Takes::kAnything},
      {"contains", Takes::kSchema},
      {"default", Takes::kAnything},
      {"definitions", Takes::kSchemaMap},
      {"dependencies", Takes::kDependencies},
      {"description", Takes::kText},
      {"else", Takes::kSchema},
      {"enum", Takes::kValues},
      {"examples", Takes::kValues},
      {"exclusiveMaximum", Takes::kBound},
      {"exclusiveMinimum", Takes::kBound},
      {"if", Takes::kSchema},
      {"items", Takes::kItems},
      {"maxItems", Takes::kCount},
      {"maxLength", Takes::kCount},
      {"maxProperties", Takes::kCount},
      {"maximum", Takes::kBound},
      {"minItems", Takes::kCount},
      {"minLength", Takes::kCount},
      {"minProperties", Takes::kCount},
      {"minimum", Takes::kBound},
      {"multipleOf", Takes::kPositive},
      {"not", Takes::kSchema},
      {"oneOf", Takes::kSchemas},
      {"pattern", Takes::kPattern},
      {"properties", Takes::kSchemaMap},
      {"required", Takes::kNames},
      {"then", Takes::kSchema},
      {"title", Takes::kText},
      {"type", Takes::kType},
      {"uniqueItems", Takes::kBoolean},
  };
  return kKeywords;
}

std::string below(const std::string& pointer, std::string_view key) {
  std::string result = pointer + "/";
  for (const char c : key) {
    result += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return result;
}

std::string text_of(const json::value& value) {
  return {value.get_string().data(), value.get_string().size()};
}

class KeywordCheck {
 public:
  explicit KeywordCheck(const json::value& root) : root_(root) {}

  void schema(const json::value& value, const std::string& pointer) {
    if (value.is_bool()) return;
    expect(value.is_object(), pointer, "a schema must be an object, or true or false");
    if (!on_the_way_.insert(pointer).second) return;
    const auto& object = value.get_object();
    if (const auto* reference = object.if_contains("$ref")) {
      follow(*reference, object, pointer);
    } else {
      for (const auto& [key, member] : object) {
        keyword(std::string(key), member, object, below(pointer, key));
      }
    }
    on_the_way_.erase(pointer);
  }

 private:
  static void expect(bool valid, const std::string& pointer, const std::string& message) {
    if (!valid) throw SchemaError(pointer, message);
  }

  void follow(const json::value& reference, const json::object& object,
              const std::string& pointer) {
    const auto here = below(pointer, "$ref");
    expect(object.size() == 1, here,
           "keywords beside '$ref' have no effect: remove them, or put them into an allOf");
    expect(reference.is_string() && text_of(reference).rfind("#/", 0) == 0, here,
           "'$ref' must point into this schema, such as \"#/definitions/money\"");
    const auto target = text_of(reference).substr(1);
    json::error_code error;
    const auto* found = root_.find_pointer(target, error);
    expect(found != nullptr, here, "'$ref' points to nothing: " + in_quotes(text_of(reference)));
    expect(on_the_way_.count(target) == 0, here, "a schema that contains itself is not supported");
    schema(*found, target);
  }

  void keyword(const std::string& key, const json::value& value, const json::object& object,
               const std::string& pointer) {
    if (key == "format") {
      throw SchemaError(pointer, "'format' is not supported: use 'pattern' with 'maxLength'");
    }
    if (key == "patternProperties" || key == "propertyNames" || key == "$id" || key == "id") {
      throw SchemaError(pointer, in_quotes(key) + " is not supported");
    }
    const auto known = keywords().find(key);
    if (known == keywords().end()) {
      std::vector<std::string> names;
      for (const auto& entry : keywords()) names.push_back(entry.first);
      throw SchemaError(pointer, "unknown keyword " + in_quotes(key) + ": " + suggest(key, names));
    }
    check(known->second, in_quotes(key), value, object, pointer);
  }

  void check(Takes takes, const std::string& name, const json::value& value,
             const json::object& object, const std::string& pointer) {
    switch (takes) {
      case Takes::kAnything:
        return;
      case Takes::kText:
        return expect(value.is_string(), pointer, name + " must be a string");
      case Takes::kBoolean:
        return expect(value.is_bool(), pointer, name + " must be true or false");
      case Takes::kBound:
      case Takes::kPositive:
        return bound(takes, name, value, pointer);
      case Takes::kCount:
        return expect(value.is_int64() && value.get_int64() >= 0, pointer,
                      name + " must be a whole number of at least 0");
      case Takes::kType:
        return types(value, pointer);
      case Takes::kNames:
        return names(name, value, pointer);
      case Takes::kValues:
        return expect(value.is_array() && !value.get_array().empty(), pointer,
                      name + " must be a list that is not empty");
      case Takes::kSchema:
        return schema(value, pointer);
      case Takes::kItems:
        return value.is_array() ? schemas(name, value, pointer) : schema(value, pointer);
      case Takes::kSchemas:
        return schemas(name, value, pointer);
      case Takes::kSchemaMap:
        return schema_map(name, value, pointer);
      case Takes::kDependencies:
        return dependencies(name, value, pointer);
      case Takes::kPattern:
        return pattern(value, object, pointer);
    }
  }

  static void bound(Takes takes, const std::string& name, const json::value& value,
                    const std::string& pointer) {
    expect(value.is_number(), pointer, name + " must be a number");
    const double number = value.to_number<double>();
    expect(std::abs(number) < kExact, pointer,
           name + " must be below 2^53, beyond which it would not be exact");
    expect(takes != Takes::kPositive || number > 0, pointer, name + " must be above 0");
  }

  static void types(const json::value& value, const std::string& pointer) {
    static const std::vector<std::string> kTypes = {"array",  "boolean", "integer", "null",
                                                    "number", "object",  "string"};
    const auto check_one = [&](const json::value& type) {
      expect(type.is_string(), pointer, "'type' must be a string or a list of strings");
      const auto text = text_of(type);
      expect(std::find(kTypes.begin(), kTypes.end(), text) != kTypes.end(), pointer,
             "unknown type " + in_quotes(text) + ": " + suggest(text, kTypes));
    };
    if (!value.is_array()) return check_one(value);
    expect(!value.get_array().empty(), pointer, "'type' must not be an empty list");
    for (const auto& type : value.get_array()) check_one(type);
  }

  static void names(const std::string& name, const json::value& value, const std::string& pointer) {
    expect(value.is_array(), pointer, name + " must be a list of strings");
    std::set<std::string> seen;
    for (const auto& item : value.get_array()) {
      expect(item.is_string(), pointer, name + " must be a list of strings");
      expect(seen.insert(text_of(item)).second, pointer,
             name + " has " + in_quotes(text_of(item)) + " twice");
    }
  }

  void schemas(const std::string& name, const json::value& value, const std::string& pointer) {
    expect(value.is_array() && !value.get_array().empty(), pointer,
           name + " must be a list of schemas that is not empty");
    std::size_t i = 0;
    for (const auto& item : value.get_array()) schema(item, below(pointer, std::to_string(i++)));
  }

  void schema_map(const std::string& name, const json::value& value, const std::string& pointer) {
    expect(value.is_object(), pointer, name + " must be an object of schemas");
    for (const auto& [key, member] : value.get_object()) schema(member, below(pointer, key));
  }

  void dependencies(const std::string& name, const json::value& value, const std::string& pointer) {
    expect(value.is_object(), pointer, name + " must be an object");
    for (const auto& [key, member] : value.get_object()) {
      const auto here = below(pointer, key);
      member.is_array() ? names(name, member, here) : schema(member, here);
    }
  }

  static void pattern(const json::value& value, const json::object& object,
                      const std::string& pointer) {
    expect(value.is_string(), pointer, "'pattern' must be a string");
    try {
      const std::regex compiled(text_of(value), std::regex::ECMAScript);
    } catch (const std::regex_error& error) {
      throw SchemaError(pointer, "'pattern' is not a regular expression of ECMAScript: " +
                                     in_quotes(text_of(value)));
    }
    const auto* length = object.if_contains("maxLength");
    expect(length != nullptr && length->is_int64() && length->get_int64() <= kMaxPatternLength,
           pointer,
           "'pattern' needs a 'maxLength' of at most " + std::to_string(kMaxPatternLength) +
               " beside it");
  }

  const json::value& root_;
  std::set<std::string> on_the_way_;  ///< pointers of the schemas that contain this one
};

json::value guarded(const json::value& value, bool is_schema);

/// {pattern, maxLength} becomes: if it is short enough, then the pattern, else the length error.
void guard(json::object& schema) {
  const auto* pattern = schema.if_contains("pattern");
  if (pattern == nullptr) return;
  json::object short_enough;
  short_enough["maxLength"] = schema.at("maxLength");
  json::object condition;
  condition["if"] = short_enough;
  condition["then"] = json::object{{"pattern", *pattern}};
  schema.erase("pattern");
  auto& all = schema["allOf"];
  if (!all.is_array()) all = json::array();
  all.get_array().push_back(std::move(condition));
}

json::value guarded_members(const json::value& value) {
  json::object result;
  for (const auto& [key, member] : value.get_object()) result[key] = guarded(member, true);
  return result;
}

json::value guarded(const json::value& value, bool is_schema) {
  if (value.is_array()) {
    json::array result;
    for (const auto& item : value.get_array()) result.push_back(guarded(item, is_schema));
    return result;
  }
  if (!value.is_object() || !is_schema) return value;
  json::object result;
  for (const auto& [key, member] : value.get_object()) {
    const auto takes = keywords().find(std::string_view(key.data(), key.size()));
    const auto what = takes == keywords().end() ? Takes::kAnything : takes->second;
    if (what == Takes::kSchemaMap || what == Takes::kDependencies) {
      result[key] = guarded_members(member);
    } else {
      result[key] = guarded(
          member, what == Takes::kSchema || what == Takes::kItems || what == Takes::kSchemas);
    }
  }
  guard(result);
  return result;
}

}  // namespace

void check_schema_keywords(const json::value& schema) { KeywordCheck(schema).schema(schema, ""); }

json::value guard_patterns(const json::value& schema) { return guarded(schema, true); }

}  // namespace sagad::definition
