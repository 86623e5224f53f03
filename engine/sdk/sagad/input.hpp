#pragma once

#include <boost/json.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <sagad/answer.hpp>

namespace sagad {

/// Reads the members of an input and gathers all that is wrong with them, so that an action can
/// refuse in one sentence:
///
///     InputReader in(context.input);
///     const auto account = in.text("account");
///     const auto amount = in.integer("amount", 1);
///     if (!in.ok()) return in.refusal();
///
/// What could not be read comes back as an empty or smallest value. Refers to the document.
/// Used by one thread.
class InputReader {
 public:
  static constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

  /// `name` is what the document is called in messages: `input`, `action_output`.
  explicit InputReader(const boost::json::value& document, std::string_view name = "input")
      : object_(document.if_object()), name_(name) {
    if (object_ == nullptr) complain(name_ + " has to be an object");
  }

  /// A string that is not empty.
  std::string text(std::string_view member) {
    const auto* value = find(member);
    if (value != nullptr && value->is_string() && !value->get_string().empty()) {
      return std::string(value->get_string());
    }
    expected(member, "a string that is not empty", value);
    return {};
  }

  /// An integer from `min` to `max`. 100.0 is one, as in JSON Schema.
  std::int64_t integer(std::string_view member, std::int64_t min = kMin, std::int64_t max = kMax) {
    const auto* value = find(member);
    const auto number = value == nullptr ? std::nullopt : to_integer(*value);
    if (number && *number >= min && *number <= max) return *number;
    expected(member, "an integer" + range(min, max), value);
    return min;
  }

  /// The same, where the member may be missing or null.
  std::optional<std::int64_t> optional_integer(std::string_view member, std::int64_t min = kMin,
                                               std::int64_t max = kMax) {
    const auto* value = find(member);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return integer(member, min, max);
  }

  bool ok() const { return problems_.empty(); }
  /// What is wrong, empty if nothing is.
  const std::string& problems() const { return problems_; }
  /// `failed` with the code `invalid_input`.
  Answer refusal() const { return failed("invalid_input", problems_); }

 private:
  const boost::json::value* find(std::string_view member) const {
    return object_ == nullptr ? nullptr : object_->if_contains(member);
  }

  static std::optional<std::int64_t> to_integer(const boost::json::value& value) {
    constexpr double kExact = 9007199254740992.0;  // 2^53: above, a double is not one integer
    if (const auto* number = value.if_int64()) return *number;
    if (const auto* number = value.if_double();
        number != nullptr && std::abs(*number) <= kExact && std::trunc(*number) == *number) {
      return static_cast<std::int64_t>(*number);
    }
    return std::nullopt;
  }

  static std::string range(std::int64_t min, std::int64_t max) {
    std::string text;
    if (min != kMin) text += " of at least " + std::to_string(min);
    if (max != kMax)
      text += (text.empty() ? " of at most " : " and at most ") + std::to_string(max);
    return text;
  }

  void expected(std::string_view member, const std::string& what, const boost::json::value* value) {
    if (object_ == nullptr) return;
    constexpr std::size_t kShown = 60;
    std::string got = "it is missing";
    if (value != nullptr) {
      got = boost::json::serialize(*value);
      got = got.size() <= kShown ? "got " + got : "got something longer";
    }
    complain(name_ + "." + std::string(member) + " has to be " + what + ", " + got);
  }

  void complain(const std::string& problem) {
    if (!problems_.empty()) problems_ += "; ";
    problems_ += problem;
  }

  const boost::json::object* object_;
  std::string name_;
  std::string problems_;
};

}  // namespace sagad
