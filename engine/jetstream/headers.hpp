#pragma once

#include <optional>
#include <string>

#include "base/time.hpp"
#include "jetstream/native.hpp"

namespace sagad::jetstream {

inline constexpr const char* kSentAtHeader = "Sagad-Sent-At";
inline constexpr const char* kReplyToHeader = "Sagad-Reply-To";
inline constexpr const char* kMessageIdHeader = "Nats-Msg-Id";

/// What goes with a publish; what is empty is left out.
struct PublishHeaders {
  base::Time sent_at;
  std::string reply_to;
  std::string message_id;
};

/// Microseconds since 1970 as decimal digits; none if the header is missing or anything else.
std::optional<base::Time> sent_at_of(natsMsg& message);
/// Empty if the header is missing.
std::string reply_to_of(natsMsg& message);

/// How often a message was delivered, from the subject that its acks go to
/// (`$JS.ACK.<stream>.<consumer>.<delivered>.…`, or with domain and account before the stream);
/// 1 if it cannot be read.
std::uint64_t deliveries_of(const char* ack_subject);

}  // namespace sagad::jetstream
