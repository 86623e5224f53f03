#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What libFuzzer calls, and what replay.cpp calls for every file of a corpus: one run of the
// target over some bytes. Returns 0; ends the process if what has to hold does not.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace sagad::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Ends the process with `what` on stderr unless `holds`: libFuzzer then keeps the bytes.
void require(bool holds, std::string_view what, std::string_view detail = {});

/// Takes a stream of bytes apart; zeros follow the last one. A value over the caller's bytes.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : rest_(text_of(data, size)) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t next();
  /// 0 … `count` - 1.
  int below(int count) { return next() % count; }
  bool flip() { return next() % 2 == 1; }
  /// Up to `length` bytes.
  std::string text(std::size_t length);

 private:
  std::string_view rest_;
};

}  // namespace sagad::fuzz
