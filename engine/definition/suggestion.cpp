#include "definition/suggestion.hpp"

#include <algorithm>
#include <cstddef>

namespace sagad::definition {
namespace {

/// Levenshtein distance: how many letters to change, add or drop.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string suggest(std::string_view word, const std::vector<std::string>& known) {
  // A word of n letters may have n/3 + 1 of them wrong; longer ones are not compared at all.
  constexpr std::size_t kLongestWord = 64;
  std::size_t best = word.size() / 3 + 2;
  const std::string* nearest = nullptr;
  for (const auto& candidate : known) {
    if (word.size() > kLongestWord) break;
    const auto d = distance(word, candidate);
    if (d < best && d < candidate.size()) {
      best = d;
      nearest = &candidate;
    }
  }
  for (const auto& candidate : known) {
    const bool abbreviated = word.size() >= 3 && candidate.rfind(word, 0) == 0;
    if (nearest == nullptr && abbreviated) nearest = &candidate;
  }
  if (nearest != nullptr) return "did you mean '" + *nearest + "'?";
  if (known.empty()) return "there are none";
  std::string list = "known are ";
  for (std::size_t i = 0; i < known.size(); ++i) {
    list += (i == 0 ? "'" : ", '") + known[i] + "'";
  }
  return list;
}

}  // namespace sagad::definition
