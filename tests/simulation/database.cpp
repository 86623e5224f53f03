#include "simulation/database.hpp"

namespace sagad::simulation {
namespace {

constexpr Micros kLockTimeout = 2 * kSecond;
constexpr double kStatement = 1.0;  ///< milliseconds, at most
constexpr double kSlowStatement = 6000.0;

}  // namespace

void Database::restart(Micros until) {
  down_until_ = until;
  const auto open = open_;
  for (auto* transaction : open) {
    transaction->lost_ = true;
    transaction->end();
  }
}

bool Database::terminate(int session) {
  const auto open = open_;
  for (auto* transaction : open) {
    if (transaction->session_.pid() != session) continue;
    transaction->lost_ = true;
    transaction->end();
  }
  return true;
}

Transaction::Transaction(Session& session) : session_(session) {
  auto& database = session.database_;
  // A destructor may run this while its process is being unwound.
  if (database.world_.scheduler.check_alive()) throw ports::Unavailable("the process is dead");
  database.world_.touch("begin", kStatement);
  if (database.down()) throw ports::Unavailable(database.name_ + " is down");
  if (session.pid_ == 0) session.pid_ = ++database.sessions_;
  now_ = database.world_.database_now();
  database.open_.push_back(this);
}

Transaction::~Transaction() {
  if (open_) end();
}

void Transaction::end() {
  auto& database = session_.database_;
  open_ = false;
  std::erase(database.open_, this);
  if (locked_.empty()) return;
  for (const auto& row : locked_) database.locks_.erase(row);
  locked_.clear();
  database.unlocked_.wake_all();
}

void Transaction::fail_if_lost() {
  if (!lost_) return;
  session_.pid_ = 0;
  throw ports::Unavailable("the session was terminated");
}

void Transaction::statement(const char* what) {
  auto& w = world();
  if (w.scheduler.check_alive()) throw ports::Unavailable("the process is dead");
  w.touch(what, w.strikes(w.faults.slow_statement) ? kSlowStatement : kStatement);
  fail_if_lost();
  if (w.strikes(w.faults.lost_statement)) {
    w.trace("loses its session");
    end();
    lost_ = true;
    fail_if_lost();
  }
  if (w.strikes(w.faults.conflict)) {
    w.trace("is the victim of a deadlock");
    end();
    throw ports::Conflict("deadlock detected");
  }
}

bool Transaction::try_lock(const std::string& row) {
  const auto [place, is_new] = session_.database_.locks_.try_emplace(row, this);
  if (is_new) locked_.push_back(row);
  return place->second == this;
}

void Transaction::lock(const std::string& row) {
  auto& w = world();
  const Micros deadline = w.scheduler.now() + kLockTimeout;
  while (!try_lock(row)) {
    if (w.scheduler.now() >= deadline) {
      w.trace("cannot lock " + row);
      end();
      throw LockTimeout("canceling statement due to lock timeout");
    }
    session_.database_.unlocked_.wait(deadline);
    fail_if_lost();
  }
}

void Transaction::commit(const std::function<void()>& apply) {
  auto& w = world();
  if (w.scheduler.check_alive()) throw ports::Unavailable("the process is dead");
  w.touch("commit", kStatement);
  const bool unknown = w.strikes(w.faults.unknown_commit);
  const bool applied = !lost_ && !(unknown && w.one_in(2));
  if (applied) apply();
  end();
  if (unknown || lost_) {
    session_.pid_ = 0;
    w.trace(applied ? "commit applied, not answered" : "commit lost");
    throw ports::CommitUnknown("the connection was lost during COMMIT");
  }
  w.touch("committed", kStatement);
}

}  // namespace sagad::simulation
