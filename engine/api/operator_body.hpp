#pragma once

#include <optional>
#include <string>

#include "api/http.hpp"
#include "saga/intervention.hpp"

namespace sagad::api {

/// Reads what the body of an order may have for this verb: `by`, `reason`, `force`, `output` (of
/// complete), `input` (of edit). Members that are in `also` are left to the caller. The order gets
/// an id of its own. Throws ProblemError (400, 422).
saga::Intervention read_order(const json::object& body, saga::Verb verb,
                              std::initializer_list<std::string_view> also = {});

/// The body as an object. Throws ProblemError.
json::object object_body(const Request& request);

/// A member of this type, or nothing. Throw ProblemError that names it.
std::optional<std::string> member_text(const json::object& body, std::string_view name,
                                       std::size_t longest);
std::optional<bool> member_flag(const json::object& body, std::string_view name);
std::optional<int> member_number(const json::object& body, std::string_view name, int least,
                                 int most);

/// Ends the handling with 422, `bad_order`.
[[noreturn]] void refuse_order(const std::string& detail);

}  // namespace sagad::api
