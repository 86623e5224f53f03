#include "api/http.hpp"

#include "api/text.hpp"

namespace sagad::api {

std::optional<std::string> Request::header(const std::string& name) const {
  const auto found = headers.find(name);
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

Response json_response(const json::value& document, int status) {
  return {.status = status, .body = json::serialize(document) + "\n"};
}

Response problem_response(const Problem& problem, std::string_view instance) {
  json::object document{{"type", "urn:sagad:problem:" + problem.code},
                        {"title", problem.title},
                        {"status", problem.status},
                        {"detail", to_valid_utf8(problem.detail)},
                        {"instance", to_valid_utf8(instance)}};
  if (!problem.errors.empty()) {
    json::array errors;
    for (const auto& error : problem.errors) errors.emplace_back(to_valid_utf8(error));
    document["errors"] = std::move(errors);
  }
  for (const auto& [name, value] : problem.more) document[name] = value;
  Response response = json_response(document, problem.status);
  response.content_type = "application/problem+json";
  if (problem.retry_after) response.headers["Retry-After"] = std::to_string(*problem.retry_after);
  return response;
}

Problem problem_of_status(int status) {
  switch (status) {
    case 400:
      return {400, "bad_request", "Bad request", "the request is not well-formed HTTP"};
    case 404:
      return {404, "unknown_path", "Unknown path", "there is nothing at this path"};
    case 413:
      return {413, "too_large", "Body too large", "the body is larger than the server accepts"};
    case 414:
      return {414, "uri_too_long", "URI too long", "the path and query are too long"};
    case 416:
      return {416, "bad_range", "Bad range", "the header Range cannot be read"};
    default:
      return {status, status < 500 ? "bad_request" : "internal", "The request failed",
              "the server could not answer this request"};
  }
}

}  // namespace sagad::api
