#include "jetstream/pub_ack.hpp"

#include <cstdint>

#include "base/json.hpp"

namespace sagad::jetstream {
namespace {

namespace json = base::json;

/// JSStreamMessageExceedsMaximumErr of the server: larger than the stream's max_msg_size.
constexpr std::int64_t kMessageTooLarge = 10'054;

PubAck refusal(const json::object& error) {
  PubAck ack;
  const json::value* code = error.if_contains("err_code");
  const json::value* description = error.if_contains("description");
  ack.permanent = code != nullptr && code->is_int64() && code->get_int64() == kMessageTooLarge;
  ack.reason = "JetStream refused it: ";
  if (description != nullptr && description->is_string()) {
    ack.reason.append(description->get_string().c_str());
  } else {
    ack.reason.append(json::serialize(error));
  }
  return ack;
}

}  // namespace

PubAck read_pub_ack(std::string_view text) {
  // What every server writes for a stored message; parsing it would cost more than publishing.
  constexpr std::string_view kStored = R"({"stream":)";
  if (text.substr(0, kStored.size()) == kStored) return PubAck{.stored = true};

  boost::system::error_code failure;
  const json::value answer = json::parse({text.data(), text.size()}, failure);
  if (failure || !answer.is_object()) {
    return PubAck{.reason = "JetStream's answer to it cannot be read"};
  }
  const json::object& object = answer.get_object();
  if (const json::value* error = object.if_contains("error"); error && error->is_object()) {
    return refusal(error->get_object());
  }
  if (object.contains("seq") || object.contains("status")) return PubAck{.stored = true};
  return PubAck{.reason = "JetStream's answer to it names no sequence"};
}

}  // namespace sagad::jetstream
