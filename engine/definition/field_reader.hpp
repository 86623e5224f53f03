#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "definition/problem_list.hpp"
#include "definition/source.hpp"

namespace sagad::definition {

/// Reads the keys of one mapping of a definition. What is wrong goes to the problem list, and
/// then nothing is returned, as for a key that is not there.
class FieldReader {
 public:
  /// `node` and `problems` must outlive it. A node that is no mapping is a problem and reads as
  /// an empty one. Keys that are not known are problems.
  FieldReader(const SourceNode& node, std::string path, ProblemList& problems,
              const std::vector<std::string>& known);

  const SourceNode* find(std::string_view key) const;
  std::string path(std::string_view key) const;
  const Position& position() const { return node_.position; }

  /// Adds a problem that the key is missing, unless it is there. `hint` ends the message.
  void require(std::string_view key, const std::string& hint = "") const;

  std::optional<std::string> string(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  /// A whole number of at least `least` and at most `most`.
  std::optional<int> integer(std::string_view key, int least, int most) const;
  std::optional<double> number(std::string_view key) const;
  /// Longer than nothing.
  std::optional<base::Duration> duration(std::string_view key) const;
  std::optional<std::vector<std::string>> strings(std::string_view key) const;

  /// Adds a problem at the key itself, which is there.
  void refuse_key(std::string_view key, const std::string& message) const;
  /// Adds a problem at the value of the key.
  void problem(std::string_view key, const std::string& message) const;

 private:
  const SourceNode& node_;
  std::string path_;
  ProblemList& problems_;
};

}  // namespace sagad::definition
