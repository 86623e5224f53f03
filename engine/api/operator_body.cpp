#include "api/operator_body.hpp"

#include <algorithm>

#include "api/parameters.hpp"
#include "base/id.hpp"

namespace sagad::api {
namespace {

using saga::Verb;

constexpr std::size_t kLongestName = 200;
constexpr std::size_t kLongestReason = 2000;

const json::value* find(const json::object& body, std::string_view name) {
  const auto* value = body.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_null() ? nullptr : value;
}

bool may_force(Verb verb) { return verb != Verb::kPause && verb != Verb::kResume; }

/// What the verb takes beside `by` and `reason`.
std::vector<std::string_view> members_of(Verb verb) {
  std::vector<std::string_view> names{"by", "reason"};
  if (may_force(verb) && verb != Verb::kRetry) names.emplace_back("force");
  if (verb == Verb::kComplete) names.emplace_back("output");
  if (verb == Verb::kEdit) names.emplace_back("input");
  return names;
}

std::string list(const std::vector<std::string_view>& names) {
  std::string text;
  for (const auto name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

void check_members(const json::object& body, const std::vector<std::string_view>& known) {
  for (const auto& [name, value] : body) {
    const std::string_view text(name.data(), name.size());
    if (std::find(known.begin(), known.end(), text) == known.end()) {
      refuse_order("unknown member '" + std::string(text) + "'; known here: " + list(known));
    }
  }
}

saga::Document document(const json::object& body, std::string_view name) {
  const auto* value = body.if_contains({name.data(), name.size()});
  if (value == nullptr) return nullptr;
  return std::make_shared<const json::value>(*value);
}

std::string new_id() {
  base::IdGenerator ids;
  return ids.next(base::SystemClock{}.now()).str();
}

}  // namespace

void refuse_order(const std::string& detail) {
  throw ProblemError({422, "bad_order", "Bad order", detail});
}

json::object object_body(const Request& request) {
  auto body = json_body(request);
  if (!body.is_object()) refuse_order("the body must be a JSON object; `{}` will do");
  return std::move(body.get_object());
}

std::optional<std::string> member_text(const json::object& body, std::string_view name,
                                       std::size_t longest) {
  const auto* value = find(body, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string() || value->get_string().size() > longest) {
    refuse_order("'" + std::string(name) + "' must be a string of at most " +
                 std::to_string(longest) + " bytes");
  }
  return std::string(value->get_string());
}

std::optional<bool> member_flag(const json::object& body, std::string_view name) {
  const auto* value = find(body, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) refuse_order("'" + std::string(name) + "' must be true or false");
  return value->get_bool();
}

std::optional<int> member_number(const json::object& body, std::string_view name, int least,
                                 int most) {
  const auto* value = find(body, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_int64() || value->get_int64() < least || value->get_int64() > most) {
    refuse_order("'" + std::string(name) + "' must be a whole number from " +
                 std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<int>(value->get_int64());
}

saga::Intervention read_order(const json::object& body, Verb verb,
                              std::initializer_list<std::string_view> also) {
  auto known = members_of(verb);
  known.insert(known.end(), also.begin(), also.end());
  check_members(body, known);
  saga::Intervention order;
  order.verb = verb;
  order.id = new_id();
  order.by = member_text(body, "by", kLongestName).value_or("");
  order.reason = member_text(body, "reason", kLongestReason).value_or("");
  order.force = member_flag(body, "force").value_or(false);
  if (verb == Verb::kComplete) order.value = document(body, "output");
  if (verb == Verb::kEdit) {
    order.value = document(body, "input");
    if (!order.value) refuse_order("'input' is missing: the new input of the step");
  }
  if (verb == Verb::kSkip && order.reason.empty()) {
    refuse_order("'reason' is missing: why the step is skipped, for the history");
  }
  return order;
}

}  // namespace sagad::api
