#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace sagad::ctl {

/// What the server answered.
struct Reply {
  int status = 0;
  boost::json::value body;
  std::string text;  ///< the body as it came

  bool ok() const { return status >= 200 && status < 300; }
};

/// The server cannot be reached, or what answers is no sagad. what() says which server.
class Unreachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Query = std::vector<std::pair<std::string, std::string>>;

/// Talks to the API of one server. Not thread-safe.
class Client {
 public:
  /// `server`: `http://host:port`. Throws std::invalid_argument.
  explicit Client(const std::string& server);
  ~Client();

  /// `path` segments are percent-encoded, empty query values left out. `wait` is how long the
  /// server may take. Throws Unreachable.
  Reply get(const std::vector<std::string>& path, const Query& query,
            base::Duration wait = base::Duration{0});
  Reply post(const std::vector<std::string>& path, const Query& query, const std::string& body,
             const std::string& key, base::Duration wait = base::Duration{0});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sagad::ctl
