#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace sagad::ctl {

/// Text in aligned columns; widths count characters, not bytes. Not thread-safe.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) { rows_.push_back(std::move(headings)); }
  /// As many cells as there are headings; control characters are shown as `?`.
  void add(std::vector<std::string> cells);
  void print(std::ostream& out) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// `just now`, `12 s ago`, `in 3 min`, `2 h ago`, `5 d ago`.
std::string human_time(base::Time time, base::Time now);

/// The text with control characters replaced by `?`, so that what a server sends cannot steer the
/// terminal.
std::string printable(std::string text);

}  // namespace sagad::ctl
