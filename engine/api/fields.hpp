#pragma once

#include <boost/json.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "api/http.hpp"

namespace sagad::api {

/// The members of an object that a client sent. A member that is null counts as not there. All
/// throw ProblemError (400, `bad_parameter`) that names the member.
class Fields {
 public:
  /// Refuses what is no object, and members that are not `allowed`.
  Fields(json::value body, std::initializer_list<std::string_view> allowed, std::string path = {});

  /// At most 1,000 bytes.
  std::optional<std::string> text(std::string_view name) const;
  std::optional<int> number(std::string_view name, int least, int most) const;
  std::optional<bool> boolean(std::string_view name) const;
  /// An object in it; an empty one if it is not there.
  Fields object(std::string_view name, std::initializer_list<std::string_view> allowed) const;

 private:
  const json::value* find(std::string_view name) const;
  [[noreturn]] void refuse(std::string_view name, const std::string& expected) const;

  json::object members_;
  std::string path_;
};

}  // namespace sagad::api
