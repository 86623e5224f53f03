#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace sagad::jetstream {

/// What the server says on the inbox of a pull instead of a message.
enum class PullStatus {
  kMessage,    ///< none of these: a message of the stream
  kHeartbeat,  ///< 100: the pull is open
  kOver,       ///< 404, 408, 409: the pull is answered or has expired
  kGone,       ///< 409 of a consumer that was deleted, or is not a pull consumer
  kFailed,     ///< anything else
};

/// `status` is the header's value, empty without one; `description` its text.
PullStatus read_pull_status(std::string_view status, std::string_view description);

/// The body of a request for the next messages: at most `batch`; the server answers with the
/// first message and all that wait then, and ends the pull. Waits `expires` for the first one,
/// with a heartbeat every `heartbeat` (zero: none).
std::string pull_request(std::size_t batch, base::Duration expires, base::Duration heartbeat);

}  // namespace sagad::jetstream
