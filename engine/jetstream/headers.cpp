#include "jetstream/headers.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace sagad::jetstream {
namespace {

std::string_view header(natsMsg& message, const char* name) {
  const char* value = nullptr;
  if (natsMsgHeader_Get(&message, name, &value) != NATS_OK || value == nullptr) return {};
  return value;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc{} && read.ptr == end;
}

}  // namespace

std::optional<base::Time> sent_at_of(natsMsg& message) {
  std::int64_t micros = 0;
  if (!read_number(header(message, kSentAtHeader), micros)) return std::nullopt;
  return base::from_micros(micros);
}

std::string reply_to_of(natsMsg& message) { return std::string(header(message, kReplyToHeader)); }

std::uint64_t deliveries_of(const char* ack_subject) {
  if (ack_subject == nullptr) return 1;
  std::string_view rest = ack_subject;
  // $JS.ACK.<stream>.<consumer>.<delivered>.<sseq>.<cseq>.<time>.<pending> has 8 dots;
  // $JS.ACK.<domain>.<account>.<stream>.… has 10 or more.
  const auto dots = std::count(rest.begin(), rest.end(), '.');
  if (dots < 8) return 1;
  const int before = dots >= 10 ? 6 : 4;
  for (int i = 0; i < before; ++i) rest.remove_prefix(rest.find('.') + 1);
  std::uint64_t delivered = 0;
  return read_number(rest.substr(0, rest.find('.')), delivered) && delivered > 0 ? delivered : 1;
}

}  // namespace sagad::jetstream
