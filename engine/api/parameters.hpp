#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "api/http.hpp"
#include "base/id.hpp"
#include "base/time.hpp"

namespace sagad::api {

/// Reading what a client sent. Each throws ProblemError (400, unless said otherwise).

/// Refuses parameters of the query that are not `allowed`, and those given twice. `tag.*` allows
/// all that begin with `tag.`.
void check_query(const Request& request, std::initializer_list<std::string_view> allowed);
std::optional<std::string> query_text(const Request& request, const std::string& name);
/// A whole number between the bounds.
std::optional<int> query_number(const Request& request, const std::string& name, int least,
                                int most);
/// `wait=5s`; at most `most`.
std::optional<base::Duration> query_wait(const Request& request, base::Duration most);

/// The id of a saga in the path; 404 if it is not one.
base::SagaId saga_id(const std::string& text);

/// The version of a definition in the path; 404 if it is not one.
int version_number(const std::string& text);

/// The header Idempotency-Key; empty without one.
std::string idempotency_key(const Request& request);

/// The body, which must be JSON and say so. 415, 413, and 400 with line and column.
json::value json_body(const Request& request);

}  // namespace sagad::api
