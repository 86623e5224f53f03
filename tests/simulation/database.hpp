#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "ports/errors.hpp"
#include "simulation/world.hpp"

namespace sagad::simulation {

/// What could not be locked in time: SQLSTATE 55P03.
class LockTimeout : public ports::Unavailable {
 public:
  using Unavailable::Unavailable;
};

class Transaction;

/// What all databases have in common: sessions, row locks, and how they fail.
/// The server outlives all processes; what is committed is never lost.
class Database {
 public:
  Database(World& world, std::string name) : world_(world), name_(std::move(name)) {}
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  World& world() { return world_; }
  const std::string& name() const { return name_; }
  /// All sessions end; nobody can connect until `until`.
  void restart(Micros until);
  bool down() const { return world_.scheduler.now() < down_until_; }
  /// Ends the session's transaction. True: it is gone.
  bool terminate(int session);

 private:
  friend class Transaction;
  World& world_;
  const std::string name_;
  Micros down_until_ = 0;
  int sessions_ = 0;
  std::unordered_map<std::string, Transaction*> locks_;
  std::vector<Transaction*> open_;  ///< in the order in which they began
  WaitList unlocked_;
};

/// A client's connection: made anew after an error.
class Session {
 public:
  explicit Session(Database& database) : database_(database) {}
  Database& database() { return database_; }
  int pid() const { return pid_; }

 private:
  friend class Transaction;
  Database& database_;
  int pid_ = 0;  ///< 0: not connected
};

/// READ COMMITTED: what a transaction writes is staged by its owner and applied
/// at its commit; rows that it has locked stay locked until it ends, and who
/// wants them waits for at most two seconds. Destroyed without a commit, it has
/// never been.
class Transaction {
 public:
  explicit Transaction(Session& session);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  World& world() const { return session_.database_.world_; }
  base::Time now() const { return now_; }
  /// To be called before each statement: gives way, and throws what may happen
  /// to a statement.
  void statement(const char* what);
  /// Waits for whoever has it. Throws LockTimeout.
  void lock(const std::string& row);
  /// False if somebody else has it.
  bool try_lock(const std::string& row);
  /// COMMIT: `apply` is called unless the commit fails before it. Throws
  /// CommitUnknown.
  void commit(const std::function<void()>& apply);

 private:
  friend class Database;
  void fail_if_lost();
  void end();

  Session& session_;
  base::Time now_;
  std::vector<std::string> locked_;
  bool open_ = true;
  bool lost_ = false;  ///< the session was ended from outside
};

}  // namespace sagad::simulation
