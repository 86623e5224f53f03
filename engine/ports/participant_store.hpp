#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "ports/claims.hpp"
#include "ports/errors.hpp"
#include "ports/outbox.hpp"
#include "saga/message.hpp"

namespace sagad {
class Transaction;  // of the plugin SDK; the adapters know it, the runtime only passes it on
}

namespace sagad::ports {

/// The key of an execution (protocol, section 1). `kind` is kDo or kUndo. A value.
struct ExecutionKey {
  base::SagaId saga;
  std::string step;
  int item = 0;
  saga::Kind kind = saga::Kind::kDo;

  auto operator<=>(const ExecutionKey&) const = default;
};

/// A recorded answer: kDone, kFailed, kBarred or kLater; or the claim of an external action, which
/// has no answer yet.
struct InboxRow {
  ExecutionKey key;
  int round = 0;
  saga::Outcome outcome = saga::Outcome::kDone;
  std::string output;  ///< JSON text, of kDone
  std::string code;
  std::string message;  ///< of kFailed, and of kLater: what it waits for
  /// Of an external action: an earlier run ended without an answer, and may have taken effect.
  bool in_doubt = false;
  /// Of a claim, which has no outcome: how long its holder may still be at it; zero: nobody is.
  std::optional<base::Duration> claimed;
};

/// A database session, so that it can be ended from another one.
struct Session {
  int pid = 0;
  std::string backend_start;  ///< as PostgreSQL prints it: pids are used again
};

/// One transaction of a participant's database. Destroyed without commit(), it rolls back. What
/// goes to the outbox may be kept until the next insert() or commit(): an error comes then.
class ParticipantTransaction {
 public:
  ParticipantTransaction() = default;
  ParticipantTransaction(const ParticipantTransaction&) = delete;
  ParticipantTransaction& operator=(const ParticipantTransaction&) = delete;
  virtual ~ParticipantTransaction() = default;

  /// The recorded answers, in one statement: as many as keys, in their order.
  virtual std::vector<std::optional<InboxRow>> find(std::span<const ExecutionKey> keys) = 0;
  /// Inserts rows in one statement, sorted by key; true where the row was inserted, false where
  /// the key is taken (after waiting for a concurrent committer). Read the losers with find().
  virtual std::vector<bool> insert(std::span<const InboxRow> rows) = 0;
  /// Replaces recorded `failed` and `barred` rows by those of a higher round; never `done`.
  virtual void replace(std::span<const InboxRow> rows) = 0;

  /// The rows of external actions.
  virtual Claims& claims() = 0;

  virtual void append_outbox(std::span<const OutboxRow> rows) = 0;
  virtual void delete_outbox(std::span<const OutboxId> ids) = 0;

  /// Forgets the starts of executions that are answered in this transaction.
  virtual void clear_starts(std::span<const ExecutionKey> keys) = 0;

  /// Lets an action say nothing to the database for so long; sessions allow kIdleTimeout.
  virtual void allow_idle(base::Duration duration) = 0;

  /// The advisory lock of an action without lock_key, until the end of the transaction.
  virtual void lock_action(const std::string& action) = 0;
  /// What plugins write through.
  virtual sagad::Transaction& business() = 0;

  virtual void savepoint() = 0;
  /// SET CONSTRAINTS ALL IMMEDIATE, then RELEASE.
  virtual void release() = 0;
  virtual void rollback_to_savepoint() = 0;

  /// Checks that the transaction is still the one that began (TransactionEnded), then commits.
  /// Throws Unavailable, Conflict, CommitUnknown.
  virtual void commit() = 0;
};

/// What an exception out of a transaction means.
struct Fault {
  enum class Kind {
    kStep,             ///< the plugin's own: a retry of its step, if it happens in isolation
    kConflict,         ///< deadlock, serialization: run again
    kUnavailable,      ///< infrastructure: NAK, not an attempt
    kCommitUnknown,    ///< see CommitUnknown
    kTransactionEnded  ///< the plugin ended the transaction: a retry with code `ended_transaction`
  };
  Kind kind;
  std::string code;  ///< SQLSTATE where there is one, else `exception`
  std::string message;
};

/// What a participant worker knows of its database. One thread a store.
class ParticipantStore {
 public:
  ParticipantStore() = default;
  ParticipantStore(const ParticipantStore&) = delete;
  ParticipantStore& operator=(const ParticipantStore&) = delete;
  virtual ~ParticipantStore() = default;

  /// Begins with its first statement, and reconnects then if the last one ended in an error. Throws
  /// Unavailable.
  virtual std::unique_ptr<ParticipantTransaction> begin() = 0;
  /// The current connection's, for the watchdog.
  virtual Session session() = 0;
  /// To be called in a catch block with std::current_exception().
  virtual Fault classify(std::exception_ptr error) const = 0;

  /// Poison (protocol, section 3): commits that these executions begin in a batch, which is no
  /// start yet. True for those that had no start on record: only they may run in a batch, because
  /// one that did not come back from its last is to be counted alone.
  virtual std::vector<bool> mark_starts(std::span<const ExecutionKey> keys) = 0;
  /// Commits starts + 1 for the key and returns the new count.
  virtual int record_start(const ExecutionKey& key) = 0;
  /// The executions came back: forgets their starts.
  virtual void clear_starts(std::span<const ExecutionKey> keys) = 0;
};

/// How long a participant's transaction may be idle unless it asks for more.
inline constexpr base::Duration kIdleTimeout{300'000};

using ParticipantStoreFactory = std::function<std::unique_ptr<ParticipantStore>()>;

/// Ends a hung session from a connection of its own. Thread-safe.
class SessionTerminator {
 public:
  SessionTerminator() = default;
  SessionTerminator(const SessionTerminator&) = delete;
  SessionTerminator& operator=(const SessionTerminator&) = delete;
  virtual ~SessionTerminator() = default;

  /// pg_terminate_backend, if pid and backend_start still match; true when the session is gone.
  virtual bool terminate(const Session& session, base::Duration timeout) = 0;
};

}  // namespace sagad::ports
