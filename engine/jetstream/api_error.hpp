#pragma once

#include <string>

#include "jetstream/native.hpp"

namespace sagad::jetstream {

/// How a question to the JetStream API ended: what the client says, and the server's error code
/// (0 without one). A value.
struct ApiStatus {
  natsStatus status = NATS_OK;
  jsErrCode code = static_cast<jsErrCode>(0);
  std::string text = {};  ///< of a failure

  bool ok() const { return status == NATS_OK; }
  bool not_found() const;
  /// Nobody answered, or the cluster is about to elect: asking again later is right.
  bool is_passing() const;
};

/// Takes the client's error text: to be called at once, in the thread that asked.
ApiStatus api_status(natsStatus status, jsErrCode code);

/// Calls `question(jsErrCode*)`, which returns a natsStatus.
template <class Question>
ApiStatus ask(const Question& question) {
  auto code = static_cast<jsErrCode>(0);
  const natsStatus status = question(&code);
  return api_status(status, code);
}

/// Throws ports::Unavailable for a passing failure, else std::runtime_error with how to mend it.
/// `doing`: "create stream SAGAD_RES".
[[noreturn]] void throw_api_error(const std::string& doing, const ApiStatus& failure);

}  // namespace sagad::jetstream
