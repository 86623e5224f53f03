#include "base/id.hpp"

#include <chrono>
#include <cstring>
#include <stdexcept>

namespace sagad::base {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_hyphen_place(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

[[noreturn]] void refuse(std::string_view text) {
  throw std::invalid_argument("not a UUID: '" + std::string(text.substr(0, 64)) +
                              "' (expected 8-4-4-4-12 hexadecimal digits)");
}

}  // namespace

SagaId SagaId::parse(std::string_view text) {
  if (text.size() != 36) refuse(text);
  Bytes bytes{};
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_hyphen_place(i)) {
      if (text[i] != '-') refuse(text);
      continue;
    }
    const int digit = hex_digit(text[i]);
    if (digit < 0) refuse(text);
    auto& byte = bytes[nibble / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
    ++nibble;
  }
  return SagaId(bytes);
}

std::string SagaId::str() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(36, '-');
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_hyphen_place(i)) continue;
    const auto byte = bytes_[nibble / 2];
    text[i] = kDigits[nibble % 2 == 0 ? byte >> 4 : byte & 0xf];
    ++nibble;
  }
  return text;
}

Time SagaId::made_at() const {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | bytes_[i];
  return Time{std::chrono::milliseconds{ms}};
}

IdGenerator::IdGenerator(std::uint64_t seed) : random_(seed) {}

IdGenerator::IdGenerator() : random_(Random::from_system()) {}

SagaId IdGenerator::next(Time now) {
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  // RFC 9562, section 6.2, method 1: a counter within the millisecond; when it runs over, or when
  // the clock went back, the time of the last id goes on instead.
  if (ms > last_ms_) {
    last_ms_ = ms;
    counter_ = static_cast<std::uint32_t>(random_.next() & 0x7ff);
  } else if (++counter_ > 0xfff) {
    ++last_ms_;
    counter_ = static_cast<std::uint32_t>(random_.next() & 0x7ff);
  }
  SagaId::Bytes bytes{};
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<std::uint8_t>(last_ms_ >> (40 - 8 * i) & 0xff);
  }
  bytes[6] = static_cast<std::uint8_t>(0x70 | counter_ >> 8);
  bytes[7] = static_cast<std::uint8_t>(counter_ & 0xff);
  const auto tail = random_.next();
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[8 + i] = static_cast<std::uint8_t>(tail >> (56 - 8 * i) & 0xff);
  }
  bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3f));
  return SagaId(bytes);
}

}  // namespace sagad::base

std::size_t std::hash<sagad::base::SagaId>::operator()(
    const sagad::base::SagaId& id) const noexcept {
  std::uint64_t tail = 0;  // the random half is hash enough
  std::memcpy(&tail, id.bytes().data() + 8, sizeof tail);
  return static_cast<std::size_t>(tail);
}
