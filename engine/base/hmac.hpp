#pragma once

#include <array>
#include <memory>
#include <string_view>

namespace sagad::base {

/// HMAC-SHA-256 (RFC 2104) under one key, which is prepared once. One thread at a time.
class Hmac {
 public:
  using Code = std::array<unsigned char, 32>;

  /// Throws std::runtime_error if OpenSSL cannot do it.
  explicit Hmac(std::string_view key);
  ~Hmac();
  Hmac(Hmac&&) noexcept;
  Hmac& operator=(Hmac&&) noexcept;
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  Code code(std::string_view data);

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// Compares in a time that depends on the lengths only, not on where the texts differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace sagad::base
