#include "saga/answer_token.hpp"

#include <charconv>
#include <cstdint>

namespace sagad::saga {
namespace {

constexpr std::size_t kBytes = 16;
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// base64url (RFC 4648) without padding.
void append_base64(std::string& text, const base::Hmac::Code& code) {
  std::uint32_t bits = 0;
  int count = 0;
  for (std::size_t i = 0; i < kBytes; ++i) {
    bits = bits << 8 | code.at(i);
    for (count += 8; count >= 6; count -= 6) text += kDigits[bits >> (count - 6) & 63];
  }
  if (count > 0) text += kDigits[bits << (6 - count) & 63];
}

/// The number before the next dot, which is taken off.
std::optional<int> take_number(std::string_view& text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  int number = 0;
  const auto* end = text.data() + dot;
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < 0) return std::nullopt;
  text.remove_prefix(dot + 1);
  return number;
}

}  // namespace

std::string AnswerTokens::make(base::SagaId saga, std::string_view step, int item, int round) {
  auto token = std::to_string(item) + '.' + std::to_string(round) + '.';
  std::string named = saga.str();
  named.append("/").append(step).append("/").append(token);
  append_base64(token, hmac_.code(named));
  return token;
}

std::optional<AnswerTokens::Claim> AnswerTokens::check(base::SagaId saga, std::string_view step,
                                                       std::string_view token) {
  auto rest = token;
  const auto item = take_number(rest);
  const auto round = item ? take_number(rest) : std::nullopt;
  if (!round) return std::nullopt;
  if (!base::equal_in_constant_time(make(saga, step, *item, *round), token)) return std::nullopt;
  return Claim{*item, *round};
}

}  // namespace sagad::saga
