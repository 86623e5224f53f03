#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/random.hpp"
#include "ports/engine_store.hpp"
#include "runtime/after_commit.hpp"
#include "runtime/evaluator_cache.hpp"
#include "saga/final_answer.hpp"

namespace sagad::runtime {

/// A final answer from outside, with what says that it is genuine. A value.
struct GivenAnswer {
  std::string step;
  std::string token;
  saga::FinalAnswer answer;
  /// Told what becomes of it if the batch commits; if it is not set, a refused answer becomes a
  /// dead letter.
  std::function<void(saga::FinalVerdict)> tell;
};

/// Something that happened to a saga. Either `event` is set, or `make`, for an event that depends
/// on the locked instance, or `given`.
struct Happening {
  using Make = std::function<saga::Event(const saga::Instance&, const definition::Definition&)>;
  /// Hears what was decided about an event::Operator, before the commit: it is true only if run()
  /// returns, and is told again if the batch begins again.
  using Hear = std::function<void(const saga::Verdict&)>;

  base::SagaId saga;
  std::shared_ptr<const saga::Event> event;
  Make make;
  Hear hear;
  /// Or a final answer, whose token is checked when its instance is locked.
  std::shared_ptr<const GivenAnswer> given;
  std::optional<std::int64_t> timer_row;    ///< deleted with it
  std::optional<ports::DeadLetter> letter;  ///< stored with it
  /// The message that it came with, which becomes a dead letter if the saga is not known. Valid
  /// while the batch runs.
  std::string_view subject;
  std::string_view payload;
};

struct BatchWork {
  std::vector<Happening> happenings;       ///< of one saga: in their order
  std::vector<ports::DeadLetter> letters;  ///< that belong to no saga
  bool empty() const { return happenings.empty() && letters.empty(); }
};

struct BatchReport {
  std::size_t happenings = 0;
  std::size_t changed = 0;  ///< instances
  std::size_t commands = 0;

  BatchReport& operator+=(const BatchReport& other);
};

/// The one piece of code that changes instances: locks them, folds what happened through decide(),
/// writes, commits, then publishes and announces. One thread.
class InstanceBatch {
 public:
  /// Says what is to be done, in the open transaction (where due timers are read). Called again
  /// if the batch begins again.
  using Collect = std::function<BatchWork(ports::EngineTransaction&)>;

  /// `loop` names the user in metrics: `coordinator`, `timers`, …
  InstanceBatch(ports::EngineStoreFactory stores, BatchTools tools, std::string loop);

  /// One transaction. Runs again by itself after a Conflict (a few times) and to load definitions
  /// that were not known. Throws Unavailable, CommitUnknown, Conflict; anything else is the fault
  /// of an instance or a definition: nothing was committed then.
  BatchReport run(const Collect& collect);

  /// The sagas of the last run, in the order of their first happening; empty if it did not get so
  /// far as to know them.
  const std::vector<base::SagaId>& sagas() const { return sagas_; }
  const BatchTools& tools() const { return tools_; }

 private:
  struct Group {
    base::SagaId saga;
    std::vector<const Happening*> happenings;
  };

  /// Nothing if definitions are missing: their digests are in missing_.
  std::optional<BatchReport> run_once(const Collect& collect);
  std::vector<Group> group(const BatchWork& work);
  bool knows_definitions(const std::vector<saga::Instance>& instances);
  void load_missing();
  std::vector<Folded> fold(const std::vector<Group>& groups, std::vector<saga::Instance> instances,
                           base::Time now, std::vector<ports::DeadLetter>& letters);
  Folded fold_saga(const Group& group, saga::Instance instance, base::Time now,
                   std::vector<ports::DeadLetter>& letters);
  void take_given(const Happening& happening, Fold& folding,
                  const definition::Definition& definition,
                  std::vector<ports::DeadLetter>& letters);
  BatchReport write(ports::EngineTransaction& transaction, const BatchWork& work,
                    std::vector<Folded> folded, std::vector<ports::DeadLetter> letters);

  ports::EngineStoreFactory stores_;
  BatchTools tools_;
  std::string loop_;
  std::unique_ptr<ports::EngineStore> store_;
  EvaluatorCache evaluators_;
  std::optional<saga::AnswerTokens> tokens_;
  base::Random random_ = base::Random::from_system();
  base::IdGenerator ids_;
  std::set<std::string> missing_;
  std::vector<base::SagaId> sagas_;
};

/// How often a transaction that met a deadlock is run.
inline constexpr int kConflictTries = 6;
/// Sleeps a few random milliseconds, more with every try, so that those who met do not meet again.
void sleep_after_conflict(int tries, base::Random& random);

}  // namespace sagad::runtime
