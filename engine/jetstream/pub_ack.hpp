#pragma once

#include <string>
#include <string_view>

namespace sagad::jetstream {

/// What JetStream said to a publish. A value.
struct PubAck {
  bool stored = false;
  bool permanent = false;  ///< it can never be stored
  std::string reason;      ///< of what was not stored
};

/// Reads the answer: `{"stream":"S","seq":7}` or `{"error":{"err_code":…,"description":…}}`; and
/// that of a start, `{"status":"started",…}`, in which every status is final.
/// What cannot be read counts as not stored: publishing again costs a duplicate at most.
PubAck read_pub_ack(std::string_view text);

}  // namespace sagad::jetstream
