#include "api/fields.hpp"

#include <algorithm>
#include <utility>

namespace sagad::api {
namespace {

constexpr std::size_t kLongestText = 1000;

[[noreturn]] void refuse_body(const std::string& detail) {
  throw ProblemError({400, "bad_parameter", "Bad parameter", detail});
}

std::string_view view(json::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Fields::Fields(json::value body, std::initializer_list<std::string_view> allowed, std::string path)
    : path_(std::move(path)) {
  if (!body.is_object()) {
    refuse_body((path_.empty() ? std::string("the body") : "'" + path_ + "'") +
                " must be an object");
  }
  members_ = std::move(body.get_object());
  for (const auto& member : members_) {
    const auto name = view(member.key());
    if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
    std::string names;
    for (const auto known : allowed) names += (names.empty() ? "" : ", ") + std::string(known);
    refuse_body("unknown member '" + std::string(name) + "'; known here: " + names);
  }
}

const json::value* Fields::find(std::string_view name) const {
  const auto* value = members_.if_contains(json::string_view(name.data(), name.size()));
  return value == nullptr || value->is_null() ? nullptr : value;
}

void Fields::refuse(std::string_view name, const std::string& expected) const {
  const auto place = (path_.empty() ? "" : path_ + ".") + std::string(name);
  refuse_body("'" + place + "' must be " + expected);
}

std::optional<std::string> Fields::text(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string() || value->get_string().size() > kLongestText) {
    refuse(name, "a string of at most " + std::to_string(kLongestText) + " bytes");
  }
  return std::string(view(value->get_string()));
}

std::optional<int> Fields::number(std::string_view name, int least, int most) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto* number = value->if_int64();
  if (number == nullptr || *number < least || *number > most) {
    refuse(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<int>(*number);
}

std::optional<bool> Fields::boolean(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) refuse(name, "true or false");
  return value->get_bool();
}

Fields Fields::object(std::string_view name,
                      std::initializer_list<std::string_view> allowed) const {
  const auto* value = find(name);
  return Fields(value == nullptr ? json::value(json::object()) : *value, allowed,
                (path_.empty() ? "" : path_ + ".") + std::string(name));
}

}  // namespace sagad::api
