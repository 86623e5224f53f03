#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "api/server.hpp"
#include "sagactl/program.hpp"

namespace sagad::ctl::tests {

/// How sagactl ended, and what it wrote.
struct Ran {
  int code;
  std::string out;
  std::string err;
};

inline Ran sagactl(std::vector<const char*> arguments, const std::string& input = "") {
  arguments.insert(arguments.begin(), "sagactl");
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  const int code = run(static_cast<int>(arguments.size()), arguments.data(), in, out, err);
  return {code, out.str(), err.str()};
}

inline constexpr const char* kId = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A server that answers as the test wants, and remembers what it was asked.
class OnlineTest : public testing::Test {
 protected:
  void SetUp() override {
    server_.start();
    url_ = "http://" + server_.address().str();
  }

  /// Answers with a saga of this status.
  void answer_status(const std::string& status, int code = 200) {
    answer_ = [=](const api::Request&) {
      return api::Response{code,
                           "application/json",
                           std::string("{\"id\":\"") + kId + "\",\"definition\":\"order-pay\"," +
                               "\"version\":1,\"status\":\"" + status + "\"}\n",
                           {}};
    };
  }
  void answer_problem(int status, const std::string& detail) {
    answer_ = [=](const api::Request&) {
      return api::problem_response({status, "code", "Title", detail, {"first", "second"}}, "/x");
    };
  }

  Ran start(std::vector<const char*> more, const std::string& input = "") {
    std::vector<const char*> all{"--server", url_.c_str(), "start", "order-pay"};
    all.insert(all.end(), more.begin(), more.end());
    return sagactl(all, input);
  }

  std::function<api::Response(const api::Request&)> answer_;
  std::vector<api::Request> asked_;
  std::string url_;
  api::HttpServer server_{{{"127.0.0.1", 0}}, [this](api::Request request) {
                            asked_.push_back(request);
                            return answer_(asked_.back());
                          }};
};

}  // namespace sagad::ctl::tests
