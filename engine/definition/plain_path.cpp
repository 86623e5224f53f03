#include "definition/plain_path.hpp"

#include <string>

#include "base/time.hpp"
#include "definition/text.hpp"

namespace sagad::definition {
namespace {

const json::value& nothing() {
  static const json::value kNull;
  return kNull;
}

const char* kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::bool_:
      return "true or false";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "a list";
    case json::kind::object:
      return "an object";
    default:
      return "a number";
  }
}

const json::value& look_up(const json::value& value, const std::string& key) {
  if (value.is_null()) return nothing();
  if (!value.is_object()) {
    throw PathError("cannot read the key " + in_quotes(key) + " of " + kind_of(value));
  }
  const auto* member = value.get_object().if_contains(key);
  return member == nullptr ? nothing() : *member;
}

const json::value& look_up(const json::value& value, std::int64_t index) {
  if (value.is_null()) return nothing();
  if (!value.is_array()) {
    throw PathError("cannot read the place [" + std::to_string(index) + "] of " + kind_of(value));
  }
  const auto& array = value.get_array();
  const auto size = static_cast<std::int64_t>(array.size());
  const auto place = index < 0 ? index + size : index;
  if (place < 0 || place >= size) return nothing();
  return array[static_cast<std::size_t>(place)];
}

json::value follow(const json::value& start, const std::vector<PathElement>& elements) {
  const json::value* here = &start;
  for (const auto& element : elements) {
    here = std::visit([&](const auto& step) { return &look_up(*here, step); }, element);
  }
  return *here;
}

}  // namespace

const json::value& output_of(const Scope& scope, int step) {
  const auto index = static_cast<std::size_t>(step);
  if (index >= scope.outputs.size() || scope.outputs[index] == nullptr) return nothing();
  return *scope.outputs[index];
}

const json::value& item_of(const Scope& scope) {
  return scope.item == nullptr ? nothing() : *scope.item;
}

json::value saga_document(const Scope::Saga& saga) {
  json::object document;
  document["id"] = saga.id.str();
  document["definition"] = saga.definition;
  document["version"] = saga.version;
  document["key"] = saga.key.empty() ? json::value() : json::value(saga.key);
  document["started_at"] = base::format_time(saga.started_at);
  return document;
}

json::value evaluate_path(const PlainPath& path, const Scope& scope) {
  switch (path.root) {
    case PlainPath::Root::kInput:
      return follow(scope.input, path.elements);
    case PlainPath::Root::kStepOutput:
      return follow(output_of(scope, path.step), path.elements);
    case PlainPath::Root::kItem:
      return follow(item_of(scope), path.elements);
    case PlainPath::Root::kIndex:
      return follow(json::value(scope.index), path.elements);
    case PlainPath::Root::kSaga:
      break;
  }
  return follow(saga_document(scope.saga), path.elements);
}

}  // namespace sagad::definition
