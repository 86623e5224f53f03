#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/id.hpp"
#include "base/random.hpp"
#include "ports/engine_store.hpp"
#include "runtime/after_commit.hpp"
#include "runtime/evaluator_cache.hpp"
#include "runtime/starter.hpp"

namespace sagad::runtime {

/// One start in a batch: checked before, answered after the commit.
struct StartItem {
  definition::DefinitionPtr definition;
  std::string key;
  saga::Document input;
  std::string canonical;            ///< canonical_json of the input
  std::optional<base::SagaId> id;   ///< drawn by the batch if there is none
  std::vector<std::string> errors;  ///< not empty: kept as a `failed` saga, no step run
  /// Of a child: not to be started, its place is taken by a saga that is over.
  std::optional<saga::Kind> barred_by;
  StartOutcome outcome{StartOutcome::Kind::kUnavailable, {}, {}};
};

/// Starts sagas, many in one transaction (group commit). Of several with the same definition and
/// key the first is started and the others are answered from it. One thread.
class StartBatch {
 public:
  StartBatch(ports::EngineStoreFactory stores, BatchTools tools);

  /// One transaction; runs again by itself after a Conflict. Sets every outcome; throws
  /// Unavailable, CommitUnknown, Conflict, and what is the fault of a single start: then nothing
  /// was committed (or it is not known), and the ids that were drawn stay, so that running the
  /// same items again finds what the first run has committed.
  void run(const std::vector<StartItem*>& items, std::vector<ports::DeadLetter> letters);

 private:
  /// Those that share a definition and a key; the first is the one that is inserted.
  using Rivals = std::vector<StartItem*>;

  std::vector<Rivals> rivals(const std::vector<StartItem*>& items) const;
  void run_once(const std::vector<Rivals>& all, const std::vector<ports::DeadLetter>& letters);
  Folded decide(StartItem& item, base::Time now);
  void commit(ports::EngineTransaction& transaction, std::vector<Folded> inserted,
              const std::vector<ports::DeadLetter>& letters);

  ports::EngineStoreFactory stores_;
  BatchTools tools_;
  std::unique_ptr<ports::EngineStore> store_;
  EvaluatorCache evaluators_;
  std::optional<saga::AnswerTokens> tokens_;
  base::Random random_ = base::Random::from_system();
  base::IdGenerator ids_;
};

}  // namespace sagad::runtime
