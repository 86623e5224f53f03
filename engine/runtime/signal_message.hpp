#pragma once

#include <string>
#include <string_view>

#include "runtime/signal_batch.hpp"

namespace sagad::runtime {

/// Reads `{"saga": uuid | "saga_key": string, "signal": name, "key": string, "payload"?: any}` on
/// `signal.<definition>`. Unknown members are ignored. Throws saga::MessageError that names the
/// member.
SignalRequest decode_signal(std::string_view subject, std::string_view payload);

/// `{"status": "accepted|existing|conflict|unknown_saga|unknown_signal|ended|too_many|invalid",
/// "saga"?, "detail"?}`. Not for kUnavailable, which gets no answer.
std::string encode_signal_reply(const SignalOutcome& outcome);

/// The word that names an outcome: of a reply, of a dead letter, of a problem.
std::string_view to_string(SignalOutcome::Kind kind);

}  // namespace sagad::runtime
