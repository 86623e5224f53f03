#include "fuzz/fuzz_target.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace sagad::fuzz {

void require(bool holds, std::string_view what, std::string_view detail) {
  if (holds) return;
  std::cerr << "does not hold: " << what << (detail.empty() ? "" : ": ") << detail << std::endl;
  std::abort();
}

std::uint8_t Bytes::next() {
  if (rest_.empty()) return 0;
  const auto byte = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return byte;
}

std::string Bytes::text(std::size_t length) {
  const auto piece = rest_.substr(0, std::min(length, rest_.size()));
  rest_.remove_prefix(piece.size());
  return std::string(piece);
}

}  // namespace sagad::fuzz
