#include "definition/jv_json.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "definition/text.hpp"

namespace sagad::definition {
namespace {

constexpr std::int64_t kExact = std::int64_t{1} << 53;

jv text_to_jv(json::string_view text) {
  return jv_string_sized(text.data(), static_cast<int>(text.size()));
}

jv integer_to_jv(std::int64_t number) {
  if (number > kExact || number < -kExact) {
    throw InexactNumberError("the integer " + std::to_string(number) +
                             " is beyond 2^53, where jq is not exact");
  }
  return jv_number(static_cast<double>(number));
}

jv scalar_to_jv(const json::value& value) {
  switch (value.kind()) {
    case json::kind::bool_:
      return jv_bool(value.get_bool() ? 1 : 0);
    case json::kind::int64:
      return integer_to_jv(value.get_int64());
    case json::kind::uint64:
      if (value.get_uint64() > static_cast<std::uint64_t>(kExact)) {
        throw InexactNumberError("the integer " + json_text(value) +
                                 " is beyond 2^53, where jq is not exact");
      }
      return integer_to_jv(static_cast<std::int64_t>(value.get_uint64()));
    case json::kind::double_:
      return jv_number(value.get_double());
    case json::kind::string:
      return text_to_jv(value.get_string());
    default:
      return jv_null();
  }
}

const ReadTree& everything() {
  static const ReadTree kAll{true, {}};
  return kAll;
}

json::value number_from_jv(jv value) {
  const double number = jv_number_value(value);
  if (!std::isfinite(number)) throw InexactNumberError("the result is not a finite number");
  if (number != std::floor(number)) return number;
  if (std::abs(number) >= static_cast<double>(kExact)) {
    throw InexactNumberError("the result " + json_text(json::value(number)) +
                             " is not below 2^53, so it may have been rounded");
  }
  return static_cast<std::int64_t>(number);
}

json::string string_from_jv(jv value) {
  const auto length = static_cast<std::size_t>(jv_string_length_bytes(jv_copy(value)));
  return json::string(jv_string_value(value), length);
}

json::value array_from_jv(jv value) {
  json::array array;
  const int length = jv_array_length(jv_copy(value));
  for (int i = 0; i < length; ++i) {
    const JvValue item(jv_array_get(jv_copy(value), i));
    array.push_back(from_jv(item.borrow()));
  }
  return array;
}

json::value object_from_jv(jv value) {
  json::object object;
  const JvValue keys(jv_keys(jv_copy(value)));
  const int length = jv_array_length(jv_copy(keys.borrow()));
  for (int i = 0; i < length; ++i) {
    const JvValue key(jv_array_get(jv_copy(keys.borrow()), i));
    const JvValue member(jv_object_get(jv_copy(value), jv_copy(key.borrow())));
    object[string_from_jv(key.borrow())] = from_jv(member.borrow());
  }
  return object;
}

}  // namespace

jv JvValue::release() { return std::exchange(value_, jv_null()); }

void JvValue::reset(jv value) { jv_free(std::exchange(value_, value)); }

jv to_jv(const json::value& value, const ReadTree& tree) {
  if (value.is_array()) {
    JvValue array(jv_array());
    for (const auto& item : value.get_array()) {
      const auto converted = to_jv(item, everything());
      array.reset(jv_array_append(array.release(), converted));
    }
    return array.release();
  }
  if (!value.is_object()) return scalar_to_jv(value);
  JvValue object(jv_object());
  const auto& members = value.get_object();
  const auto add = [&](json::string_view key, const json::value& member, const ReadTree& below) {
    const auto converted = to_jv(member, below);
    object.reset(jv_object_set(object.release(), text_to_jv(key), converted));
  };
  if (tree.all) {
    for (const auto& [key, member] : members) add(key, member, tree);
  } else {
    for (const auto& [key, below] : tree.members) {
      const auto* member = members.if_contains(key);
      if (member != nullptr) add(key, *member, below);
    }
  }
  return object.release();
}

json::value from_jv(jv value) {
  switch (jv_get_kind(value)) {
    case JV_KIND_TRUE:
      return true;
    case JV_KIND_FALSE:
      return false;
    case JV_KIND_NUMBER:
      return number_from_jv(value);
    case JV_KIND_STRING:
      return string_from_jv(value);
    case JV_KIND_ARRAY:
      return array_from_jv(value);
    case JV_KIND_OBJECT:
      return object_from_jv(value);
    default:
      return nullptr;
  }
}

}  // namespace sagad::definition
