#include "definition/json_schema.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "definition/schema_keywords.hpp"
#include "definition/text.hpp"

#ifndef VALIJSON_USE_EXCEPTIONS
#error "without VALIJSON_USE_EXCEPTIONS a mistake in a schema aborts the process"
#endif

namespace sagad::definition {
namespace {

constexpr std::size_t kMostErrors = 20;

/// `<root>`, `[lines]`, `[0]` as a JSON Pointer.
std::string pointer_of(const std::vector<std::string>& context) {
  std::string pointer;
  for (std::size_t i = 1; i < context.size(); ++i) {
    pointer += '/';
    for (const char c : context[i].substr(1, context[i].size() - 2)) {
      pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    }
  }
  return pointer;
}

/// Says only that something deeper is wrong, which is reported by itself.
bool only_repeats(const std::string& description) {
  static constexpr std::array<std::string_view, 5> kStarts = {
      "Failed to validate against schema associated with property", "Failed to validate item #",
      "Failed to validate against additional properties",
      "Failed to validate against a conditional schema", "Failed to validate against child schema"};
  return std::any_of(kStarts.begin(), kStarts.end(),
                     [&](auto start) { return description.rfind(start, 0) == 0; });
}

std::string kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
    default:
      return "the number " + json_text(value);
  }
}

std::string sentence(const valijson::ValidationResults::Error& error, const json::value& input) {
  const auto pointer = pointer_of(error.context);
  auto text = error.description;
  // Bounds come as doubles with six decimals.
  constexpr std::string_view kDecimals = ".000000";
  if (const auto at = text.rfind(kDecimals); at != std::string::npos) {
    text.erase(at, kDecimals.size());
  }
  json::error_code code;
  const auto* value = input.find_pointer(pointer, code);
  if (text.find("'type' constraint") != std::string::npos && value != nullptr) {
    text = "Value type not permitted by 'type' constraint: it is " + kind_of(*value);
  }
  return (pointer.empty() ? "the input" : pointer) + ": " + text;
}

/// valijson's adapter knows int64 and double only. Small uint64 are made int64 here; the pointer
/// of one that does not fit is returned.
std::string narrow_integers(json::value& value, const std::string& pointer) {
  if (value.is_uint64()) {
    if (value.get_uint64() > std::numeric_limits<std::int64_t>::max()) return pointer;
    value = static_cast<std::int64_t>(value.get_uint64());
  } else if (value.is_array()) {
    std::size_t i = 0;
    for (auto& item : value.get_array()) {
      auto found = narrow_integers(item, pointer + "/" + std::to_string(i++));
      if (!found.empty()) return found;
    }
  } else if (value.is_object()) {
    for (auto& [key, member] : value.get_object()) {
      auto found = narrow_integers(member, pointer + "/" + std::string(key));
      if (!found.empty()) return found;
    }
  }
  return "";
}

bool has_uint64(const json::value& value) {
  if (value.is_array()) {
    const auto& array = value.get_array();
    return std::any_of(array.begin(), array.end(), has_uint64);
  }
  if (value.is_object()) {
    const auto& object = value.get_object();
    return std::any_of(object.begin(), object.end(),
                       [](const auto& member) { return has_uint64(member.value()); });
  }
  return value.is_uint64();
}

class ValijsonSchema final : public InputSchema {
 public:
  explicit ValijsonSchema(const json::value& document) : document_(document) {
    try {
      valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
      const valijson::adapters::BoostJsonAdapter adapter(document_);
      parser.populateSchema(adapter, schema_);
    } catch (const std::runtime_error& error) {
      throw SchemaError("", error.what());
    }
  }

  std::vector<std::string> check(const json::value& input) const override {
    if (!has_uint64(input)) return validate(input);
    auto narrowed = input;
    const auto pointer = narrow_integers(narrowed, input.is_uint64() ? "the input" : "");
    if (pointer.empty()) return validate(narrowed);
    return {pointer +
            ": an integer above 9223372036854775807 cannot be checked by a schema: "
            "send it as a string"};
  }

 private:
  std::vector<std::string> validate(const json::value& input) const {
    valijson::Validator validator;
    valijson::ValidationResults results;
    const valijson::adapters::BoostJsonAdapter adapter(input);
    if (validator.validate(schema_, adapter, &results)) return {};
    std::vector<std::string> errors;
    std::vector<std::string> repetitions;
    for (const auto& error : results) {
      auto& list = only_repeats(error.description) ? repetitions : errors;
      if (list.size() < kMostErrors) list.push_back(sentence(error, input));
    }
    if (!errors.empty()) return errors;
    if (repetitions.empty()) repetitions.emplace_back("the input: does not match the schema");
    return repetitions;
  }

  json::value document_;  ///< what schema_ was made from
  valijson::Schema schema_;
};

}  // namespace

std::shared_ptr<const InputSchema> compile_schema(const json::value& schema) {
  check_schema_keywords(schema);
  return std::make_shared<const ValijsonSchema>(guard_patterns(schema));
}

}  // namespace sagad::definition
