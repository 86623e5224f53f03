#pragma once

#include "api/http.hpp"
#include "runtime/final_answers.hpp"

namespace sagad::api {

/// Whether the body of `POST /v1/sagas/{id}/steps/{step}/complete` is a final answer with a token.
bool has_token(const json::value& body);

/// Gives the step its final answer: `body` is {token, output} or {token, code, message?}. Throws
/// ProblemError, and ports::Unavailable.
Response complete_with_token(const Request& request, const json::value& body,
                             runtime::FinalAnswers& answers);

}  // namespace sagad::api
