#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "definition/definition.hpp"
#include "ports/errors.hpp"
#include "ports/outbox.hpp"
#include "saga/decide.hpp"

namespace sagad::ports {

/// An instance that already has the key of a start.
struct ExistingStart {
  base::SagaId id;
  std::string input;  ///< canonical JSON of its input
};

struct DueTimer {
  base::SagaId saga;
  saga::Timer timer;
  std::int64_t row_id;
};

struct DeadLetter {
  std::optional<base::SagaId> saga;
  std::string participant;  ///< or `coordinator`
  std::string subject;
  std::string reason;   ///< a code: `poison`, `unreadable`, `unknown_saga`, `unpublishable`, …
  std::string message;  ///< for people
  std::string payload;
};

/// What names a saga beside its id.
struct SagaKey {
  std::string definition;
  std::string key;
};

/// What names a signal: its id, or name and key of its sender.
struct SignalKey {
  base::SagaId saga;
  base::SagaId id;
  std::string name;
  std::string key;  ///< may be empty: then only the id counts
};

/// One transaction of the engine's database. Destroyed without commit(), it rolls back.
/// Every member may throw Unavailable or Conflict, and then only the destructor may follow. What
/// is written may be kept until the next member that reads, or commit(): an error comes then.
class EngineTransaction {
 public:
  EngineTransaction() = default;
  EngineTransaction(const EngineTransaction&) = delete;
  EngineTransaction& operator=(const EngineTransaction&) = delete;
  virtual ~EngineTransaction() = default;

  /// The database's clock at the begin of the transaction, which is its first use.
  virtual base::Time now() = 0;

  /// Locks the instances in id order, then reads their outputs in a second statement, and the
  /// signals that are kept for those that say so. Ids that are not there are left out. `ids` are
  /// distinct.
  virtual std::vector<saga::Instance> lock(std::span<const base::SagaId> ids) = 0;

  /// The sagas with these keys, in the order of the keys; nothing where there is none.
  virtual std::vector<std::optional<base::SagaId>> find(std::span<const SagaKey> keys) = 0;
  /// The payloads (canonical JSON) of signals that came before, in the order of the keys. For
  /// sagas that are locked.
  virtual std::vector<std::optional<std::string>> known_signals(
      std::span<const SignalKey> keys) = 0;

  /// Inserts new instances (decided with event::Started). For each: nothing if it was inserted,
  /// or the instance that already has its (definition, key). Two of one key in one call are not
  /// allowed. Waits for a concurrent insert of the same key to end.
  virtual std::vector<std::optional<ExistingStart>> insert(
      std::span<const saga::Instance* const> instances) = 0;

  /// Writes what was decided: the instances' rows (unless `inserted`: just written by insert()),
  /// history, new outputs, timers, signals. Decisions that are not `changed` are skipped.
  virtual void write(std::span<const saga::Decision* const> decisions, bool inserted) = 0;

  virtual void append_outbox(std::span<const OutboxRow> rows) = 0;
  virtual void delete_outbox(std::span<const OutboxId> ids) = 0;
  virtual void append_dead_letters(std::span<const DeadLetter> letters) = 0;

  /// Timers that are due, oldest first, locked (SKIP LOCKED).
  virtual std::vector<DueTimer> due_timers(std::size_t limit) = 0;
  virtual void delete_timers(std::span<const std::int64_t> row_ids) = 0;
  /// Live instances whose deadline has come, oldest first; not locked.
  virtual std::vector<base::SagaId> due_deadlines(std::size_t limit) = 0;
  /// Live instances with an unanswered step sent before `horizon` and no outbox row, by id,
  /// after `after`; not locked.
  virtual std::vector<base::SagaId> silent(base::Time horizon, base::SagaId after,
                                           std::size_t limit) = 0;

  /// Throws Unavailable, Conflict, CommitUnknown.
  virtual void commit() = 0;
};

/// What the coordinator knows of the engine's database. One thread a store; begin() reconnects
/// if the last transaction ended in an error.
class EngineStore {
 public:
  EngineStore() = default;
  EngineStore(const EngineStore&) = delete;
  EngineStore& operator=(const EngineStore&) = delete;
  virtual ~EngineStore() = default;

  /// Throws Unavailable. One transaction at a time.
  virtual std::unique_ptr<EngineTransaction> begin() = 0;
  /// The secret of this installation from which the tokens of final answers are derived:
  /// always the same. Throws Unavailable; std::logic_error if it is gone. Not while a transaction
  /// is open.
  virtual std::string answer_secret() = 0;
};

using EngineStoreFactory = std::function<std::unique_ptr<EngineStore>()>;

/// Another digest is already known under this name and version.
class DefinitionConflict : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class DefinitionState { kActive, kRetired };

struct StoredDefinition {
  std::string name;
  int version;
  std::string digest;
  std::string description;
  std::string canonical;
  DefinitionState state;
  base::Time added_at;
  base::Time state_since = {};
  std::string state_by = {};  ///< who asked for the state; empty if a file brought it
  std::string state_reason = {};
};

/// A wish to make a version of a definition active, or to retire it. A value.
struct StateChange {
  std::string name;
  int version = 1;
  DefinitionState state = DefinitionState::kActive;
  std::string by;
  std::string reason;
};

/// The definitions in the engine's database. One thread at a time.
class DefinitionStore {
 public:
  DefinitionStore() = default;
  DefinitionStore(const DefinitionStore&) = delete;
  DefinitionStore& operator=(const DefinitionStore&) = delete;
  virtual ~DefinitionStore() = default;

  /// Adds what is new, as active. Another digest under a known (name, version) is a
  /// DefinitionConflict, unless `replace` (dev mode): then new starts take the new digest, and
  /// running instances keep theirs. All or nothing.
  virtual void add(std::span<const definition::DefinitionPtr> definitions, bool replace) = 0;
  /// The canonical text of a digest, if it is known.
  virtual std::optional<std::string> find(const std::string& digest) = 0;
  virtual std::vector<StoredDefinition> list() = 0;

  /// Nothing if the version is not known; else whether its state has changed: one that is so
  /// already stays as it is. Of several digests of the version (dev mode) the one that was active
  /// last is made active.
  virtual std::optional<bool> set_state(const StateChange& change) = 0;
  /// How many sagas have not ended, by digest; digests without any are left out.
  virtual std::map<std::string, std::int64_t> live() = 0;
  /// Another text whenever a definition was added or has another state.
  virtual std::string stamp() = 0;
};

struct SagaFilter {
  std::optional<saga::SagaStatus> status;
  std::optional<std::string> definition;
  std::optional<std::string> key;
  bool live = false;      ///< only what has not ended
  bool retrying = false;  ///< only with a step in its back-off
  std::optional<std::string> reason;
  std::optional<std::string> error_code;  ///< of the saga or of one of its steps
  std::optional<base::Duration> older_than;
  std::optional<base::Duration> younger_than;
  std::optional<base::SagaId> parent;  ///< only its children
  int limit = 50;
  std::optional<base::SagaId> before;  ///< the cursor: only ids below it
  /// Names and values: only sagas that have all of them.
  std::vector<std::pair<std::string, std::string>> tags = {};
};

struct HistoryRow {
  std::int64_t sequence;
  base::Time at;
  std::string events;  ///< JSON array of {type, step?, …detail}
};

struct StatusCount {
  std::string definition;
  saga::SagaStatus status;
  std::int64_t count;
};

/// Reads for people: API, metrics. One thread at a time. Throws Unavailable.
class EngineReader {
 public:
  EngineReader() = default;
  EngineReader(const EngineReader&) = delete;
  EngineReader& operator=(const EngineReader&) = delete;
  virtual ~EngineReader() = default;

  virtual std::optional<saga::Instance> get(base::SagaId id) = 0;
  /// Newest first; without inputs, outputs and items.
  virtual std::vector<saga::Instance> list(const SagaFilter& filter) = 0;
  /// How many live sagas it lets pass, whatever its limit.
  virtual std::vector<StatusCount> count_live(const SagaFilter& filter) = 0;
  virtual std::vector<HistoryRow> history(base::SagaId id) = 0;
  /// Instances that are not final, by definition and status; paused ones too.
  virtual std::vector<StatusCount> live_counts() = 0;
  /// Does the database answer?
  virtual bool ping() = 0;
};

using EngineReaderFactory = std::function<std::unique_ptr<EngineReader>()>;

}  // namespace sagad::ports
