#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/starter.hpp"

namespace sagad::runtime {

/// A start as it comes over the bus or from SQL.
struct StartMessage {
  StartRequest request;   ///< `input` is null if bad_input is set
  std::string bad_input;  ///< why the input cannot even be kept (numbers out of range, …)
};

/// Reads `{"id"?: uuid, "definition"?: name, "version"?: int, "key": string, "input"?: any}`; the
/// definition may be left to the subject `start.<definition>`, and must agree with it. Unknown
/// members are ignored. Throws saga::MessageError that names the member.
StartMessage decode_start(std::string_view subject, std::string_view payload);

/// `{"status": "started|existing|conflict|invalid_input|unknown_definition|
/// retired_definition", "id"?, "errors"?}`.
/// Not for outcomes that only commit nothing (kUnavailable, kOverloaded): they get no answer.
std::string encode_reply(const StartOutcome& outcome);

/// What is wrong with the key of a start; empty if it is in order. An empty key is in order here.
std::string check_key(const std::string& key);

}  // namespace sagad::runtime
