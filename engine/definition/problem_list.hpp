#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "definition/loader.hpp"

namespace sagad::definition {

/// Collects what is wrong in a file, so that all of it can be told at once.
class ProblemList {
 public:
  void add(const Position& position, std::string path, std::string message);
  bool empty() const { return problems_.empty(); }
  std::size_t size() const { return problems_.size(); }
  /// In the order of the file, each once. Leaves the list empty.
  std::vector<Problem> take();

 private:
  std::vector<Problem> problems_;
};

/// `path.key`, or `key` at the top.
std::string join_path(const std::string& path, const std::string& key);

}  // namespace sagad::definition
