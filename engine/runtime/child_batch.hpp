#pragma once

#include <memory>
#include <vector>

#include "base/id.hpp"
#include "definition/definition.hpp"
#include "ports/engine_store.hpp"
#include "runtime/instance_batch.hpp"
#include "runtime/start_batch.hpp"
#include "saga/message.hpp"

namespace sagad::runtime {

/// One command to the engine as the participant `@child`: start, cancel or undo a child saga.
struct ChildItem {
  saga::Command command;
  definition::DefinitionPtr definition;  ///< of the child
};

/// Carries out the commands of child steps, with the barrier that every participant has: the key of
/// the child's start is unique, so a child is started once, a `settle` that comes first takes its
/// place, and a repeated command gets the answer of the child that is there. One thread.
///
/// Two transactions: the first starts children (or takes their places), the second tells those that
/// were there what their parent wants, and has those that have ended answer. Between the two
/// nothing is lost: the command is not acknowledged, and finds what the first has done.
class ChildBatch {
 public:
  ChildBatch(ports::EngineStoreFactory stores, const BatchTools& tools);

  /// Throws Unavailable, CommitUnknown, Conflict, and what is the fault of a single item; running
  /// the same items again is harmless.
  void run(const std::vector<ChildItem>& items);
  /// Stores a letter, and pauses the saga that it is about.
  void give_up(const ports::DeadLetter& letter, const std::string& step);

 private:
  struct Work {
    const ChildItem* item;
    std::unique_ptr<StartItem> start;  ///< none: the child is there
    base::SagaId child;
  };

  std::vector<Work> prepare(const std::vector<ChildItem>& items);
  /// The child of an earlier round, if the command is about it.
  std::optional<base::SagaId> earlier_child(const ChildItem& item);
  void start(std::vector<Work>& work);
  void ask(const std::vector<Work>& work);

  ports::EngineStoreFactory stores_;
  StartBatch starts_;
  InstanceBatch batch_;
};

}  // namespace sagad::runtime
