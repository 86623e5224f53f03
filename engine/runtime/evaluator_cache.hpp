#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "definition/definition.hpp"

namespace sagad::runtime {

/// The definitions of one worker thread with their evaluators, which are compiled once (16 ms) and
/// outside transactions. One thread.
class EvaluatorCache {
 public:
  struct Entry {
    definition::DefinitionPtr definition;
    std::unique_ptr<definition::Evaluator> evaluator;
    std::uint64_t used = 0;
  };

  explicit EvaluatorCache(std::size_t capacity = 64) : capacity_(capacity) {}

  /// nullptr if it is not in the cache. Valid until the next trim().
  Entry* find(const std::string& digest);
  /// Compiles it if it is not in the cache. Not to be called inside a transaction. Throws
  /// ExpressionError.
  Entry& put(definition::DefinitionPtr definition);
  /// Forgets what was used least recently, down to the capacity. put() alone forgets nothing, so
  /// that a batch over more definitions than the capacity comes to its end.
  void trim();
  std::size_t size() const { return entries_.size(); }

 private:
  std::size_t capacity_;
  std::uint64_t uses_ = 0;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace sagad::runtime
