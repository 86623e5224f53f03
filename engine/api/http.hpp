#pragma once

#include <boost/json.hpp>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sagad::api {

namespace json = boost::json;

/// A request as handlers see it. A value.
struct Request {
  std::string method;                             ///< `GET` (also for HEAD), `POST`, …
  std::string path;                               ///< decoded, without the query
  std::vector<std::string> parameters;            ///< what the route's `*` stand for
  std::multimap<std::string, std::string> query;  ///< decoded
  std::map<std::string, std::string> headers;     ///< names in lower case
  std::string body;

  /// The header, by its name in lower case; nothing if it is not there.
  std::optional<std::string> header(const std::string& name) const;
};

/// What is answered. A value.
struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers;
};

/// 200, or another status, with a JSON document.
Response json_response(const json::value& document, int status = 200);

/// An error as RFC 9457 (problem+json) has it. A value.
struct Problem {
  int status = 500;
  std::string code;    ///< stable word: `unknown_saga`; the type is `urn:sagad:problem:<code>`
  std::string title;   ///< the same for every occurrence
  std::string detail;  ///< what is wrong here, and how to mend it
  std::vector<std::string> errors = {};  ///< one sentence each, if there are several
  json::object more = {};                ///< further members
  std::optional<int> retry_after = {};   ///< seconds
};

/// Ends the handling of a request with a problem.
class ProblemError : public std::runtime_error {
 public:
  explicit ProblemError(Problem problem)
      : std::runtime_error(problem.detail), problem_(std::move(problem)) {}
  const Problem& problem() const { return problem_; }

 private:
  Problem problem_;
};

/// `instance` is the path that was asked for; text that is not UTF-8 is made valid.
Response problem_response(const Problem& problem, std::string_view instance);

/// A problem for a bare status, as the HTTP library answers it (400, 413, 414, …).
Problem problem_of_status(int status);

}  // namespace sagad::api
