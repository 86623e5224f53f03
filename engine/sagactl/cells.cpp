#include "sagactl/cells.hpp"

#include <stdexcept>

#include "sagactl/table.hpp"

namespace sagad::ctl {

namespace json = boost::json;

const json::value& member(const json::object& object, std::string_view name) {
  static const json::value kNull;
  const auto* found = object.if_contains(json::string_view(name.data(), name.size()));
  return found == nullptr ? kNull : *found;
}

std::string cell(const json::value& value) {
  if (value.is_null()) return "-";
  if (const auto* text = value.if_string()) return std::string(text->data(), text->size());
  return json::serialize(value);
}

std::string cell(const json::object& object, std::string_view name) {
  return cell(member(object, name));
}

std::string time_cell(const json::object& object, std::string_view name, base::Time now) {
  auto text = cell(object, name);
  try {
    return human_time(base::parse_time(text), now);
  } catch (const std::invalid_argument&) {
    return text;
  }
}

std::string error_cell(const json::value& error) {
  if (!error.is_object()) return "-";
  return cell(error.get_object(), "code") + ": " + cell(error.get_object(), "message");
}

const json::array& items(const json::object& object, std::string_view name) {
  static const json::array kNone;
  const auto& value = member(object, name);
  return value.is_array() ? value.get_array() : kNone;
}

std::string moment_cell(const json::object& object, std::string_view name, base::Time now) {
  auto text = cell(object, name);
  return text == "-" ? text : text + " (" + time_cell(object, name, now) + ")";
}

}  // namespace sagad::ctl
