#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "ports/engine_store.hpp"
#include "runtime/after_commit.hpp"
#include "saga/intervention.hpp"

namespace sagad::runtime {

/// What became of one saga of an order.
struct Ordered {
  base::SagaId saga;
  std::optional<saga::Verdict> verdict;  ///< nothing if there is no such saga, or `error` is set
  std::string error;                     ///< why it could not be had; ask again
};

/// Carries out what operators order of sagas, on the threads of the callers. Thread-safe.
class Operators {
 public:
  struct Options {
    std::size_t connections = 4;  ///< transactions at once; further callers wait
    base::Duration patience{5000};
  };

  Operators(Options options, ports::EngineStoreFactory stores, BatchTools tools);
  ~Operators();

  /// The same order to all of them, in one transaction; if one of them cannot be had, in one
  /// each. The ids are distinct; the answers are in their order. Returns after the commit. Throws
  /// ports::Unavailable: then it is not known of any whether it was done, and to order it again
  /// does no harm.
  std::vector<Ordered> order(std::span<const base::SagaId> sagas, const saga::Intervention& order);
  Ordered order(base::SagaId saga, const saga::Intervention& order) {
    return this->order({&saga, 1}, order).front();
  }

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sagad::runtime
