#include "runtime/evaluator_cache.hpp"

#include <algorithm>
#include <utility>

namespace sagad::runtime {

EvaluatorCache::Entry* EvaluatorCache::find(const std::string& digest) {
  const auto found = entries_.find(digest);
  if (found == entries_.end()) return nullptr;
  found->second.used = ++uses_;
  return &found->second;
}

EvaluatorCache::Entry& EvaluatorCache::put(definition::DefinitionPtr definition) {
  if (auto* known = find(definition->digest)) return *known;
  auto evaluator = definition::make_evaluator(definition);
  const auto digest = definition->digest;
  return entries_.emplace(digest, Entry{std::move(definition), std::move(evaluator), ++uses_})
      .first->second;
}

void EvaluatorCache::trim() {
  while (entries_.size() > capacity_) {
    entries_.erase(std::min_element(
        entries_.begin(), entries_.end(),
        [](const auto& left, const auto& right) { return left.second.used < right.second.used; }));
  }
}

}  // namespace sagad::runtime
