#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "sagabench/http_wire.hpp"

namespace sagad::bench {

/// A request and when it is due.
struct HttpRequest {
  std::string text;
  std::chrono::nanoseconds due{0};  ///< after the begin of the run; 0: as soon as it can be sent
};

/// What became of it; times are after the begin of the run.
struct HttpOutcome {
  int status = 0;
  std::string body;
  std::chrono::nanoseconds due{0};
  std::chrono::nanoseconds sent{0};
  std::chrono::nanoseconds answered{0};

  /// From the moment when it was due, whether a connection was free then or not: a server that
  /// stalls does not hide the requests that would have come (no coordinated omission).
  double millis_since_due() const { return millis(answered - due); }
  double millis_since_sent() const { return millis(answered - sent); }

 private:
  static double millis(std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::milli>(time).count();
  }
};

/// Sends the requests in their order over at most `connections` connections that stay open, one
/// request at a time on each, and returns when all are answered. One thread, epoll: it has to
/// cost little, because it shares the machine with what is measured. Throws std::runtime_error if
/// a connection breaks or an answer takes longer than a minute.
std::vector<HttpOutcome> run_http_load(std::uint16_t port, int connections,
                                       const std::vector<HttpRequest>& requests,
                                       bool keep_bodies = false);

}  // namespace sagad::bench
