#include "saga/decider.hpp"

namespace sagad::saga {
namespace {

constexpr std::size_t kLongestTag = 255;  // bytes: a value is a part of an index

/// Strings as they are, numbers and booleans as JSON. Throws ExpressionError.
std::string tag_text(const json::value& value) {
  if (value.is_object() || value.is_array()) {
    throw definition::ExpressionError("a tag must be a string, a number or a boolean");
  }
  auto text = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
  if (text.size() > kLongestTag) {
    throw definition::ExpressionError("a tag has at most " + std::to_string(kLongestTag) +
                                      " bytes, this one has " + std::to_string(text.size()));
  }
  return text;
}

}  // namespace

/// Tags are for searching only: one that cannot be had stops no saga.
void Decider::set_tags() {
  for (const auto& tag : definition_.tags) {
    try {
      const auto value = evaluate(tag.value);
      if (!value.is_null()) saga().tags[tag.name] = tag_text(value);
    } catch (const definition::ExpressionError& error) {
      note_saga("tag_error",
                {{"tag", tag.name}, {"code", "expression_error"}, {"message", error.what()}});
    }
  }
}

}  // namespace sagad::saga
