#pragma once

#include <memory>
#include <string>

#include "ports/engine_store.hpp"

namespace sagad::tests {

/// A database in which every transaction is the victim of a deadlock.
class DeadlockedStore final : public ports::EngineStore {
 public:
  std::unique_ptr<ports::EngineTransaction> begin() override {
    throw ports::Conflict("deadlock detected");
  }
  std::string answer_secret() override { return "secret"; }
};

}  // namespace sagad::tests
