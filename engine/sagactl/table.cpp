#include "sagactl/table.hpp"

#include <algorithm>
#include <chrono>

namespace sagad::ctl {
namespace {

/// Characters of a UTF-8 text: all bytes but the continuation bytes.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

void Table::add(std::vector<std::string> cells) {
  for (auto& cell : cells) cell = printable(std::move(cell));
  cells.resize(rows_.front().size());
  rows_.push_back(std::move(cells));
}

void Table::print(std::ostream& out) const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - width(row[i]) + 2, ' ');
    }
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

std::string human_time(base::Time time, base::Time now) {
  const auto distance = std::chrono::duration_cast<std::chrono::seconds>(now - time).count();
  const auto seconds = distance < 0 ? -distance : distance;
  std::string amount;
  if (seconds < 1) return "just now";
  if (seconds < 120) {
    amount = std::to_string(seconds) + " s";
  } else if (seconds < 2 * 3600) {
    amount = std::to_string(seconds / 60) + " min";
  } else if (seconds < 2 * 86'400) {
    amount = std::to_string(seconds / 3600) + " h";
  } else {
    amount = std::to_string(seconds / 86'400) + " d";
  }
  return distance < 0 ? "in " + amount : amount + " ago";
}

}  // namespace sagad::ctl
