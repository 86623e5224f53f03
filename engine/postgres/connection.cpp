#include "postgres/connection.hpp"

#include <algorithm>
#include <iterator>

#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"

namespace sagad::postgres {

Connection::Connection(const std::string& target) try
    : connection_(target), session_(connection_), business_(session_, business_prepared_) {
  compat::forbid_reconnecting(connection_);
} catch (const std::exception&) {
  throw_translated("connect to the database", false);
}

const std::string& Connection::prepare(std::string_view query) {
  const auto known = prepared_.find(query);
  if (known != prepared_.end()) return known->second;
  const auto* named = std::find_if(std::begin(queries::kAllQueries), std::end(queries::kAllQueries),
                                   [&](const auto& candidate) { return candidate.sql == query; });
  if (named == std::end(queries::kAllQueries)) {
    throw std::logic_error("not a named query: " + std::string(query));
  }
  std::string name(named->name);
  try {
    compat::prepare_now(connection_, name, std::string(query));
  } catch (const std::exception&) {
    throw_translated("prepare " + name, is_open());
  }
  return prepared_.emplace(named->sql, std::move(name)).first->second;
}

std::string Connection::execute(std::string_view query,
                                std::initializer_list<std::string> literals) {
  std::string sql = "EXECUTE \"" + prepare(query) + "\"";
  char before = '(';
  for (const std::string& literal : literals) {
    sql += before;
    sql += literal;
    before = ',';
  }
  if (literals.size() > 0) sql += ')';
  return sql;
}

pqxx::result Connection::run(const std::string& sql, std::string_view doing) {
  try {
    return session_.exec(sql);
  } catch (const std::exception&) {
    throw_translated(doing, is_open());
  }
}

void Connection::commit(const std::string& sql) {
  try {
    run(sql, "commit");
  } catch (const ports::Unavailable& error) {
    if (is_open()) throw;
    throw ports::CommitUnknown(error.what());
  }
}

const ports::Session& Connection::self() {
  if (!self_) {
    const pqxx::result rows = exec(queries::kSessionSelf);
    self_ = ports::Session{static_cast<int>(to_int(rows[0][0])), std::string(text(rows[0][1]))};
  }
  return *self_;
}

Connection& ConnectionKeeper::get() {
  if (!connection_ || !connection_->is_open()) {
    // A COMMIT in a new session would succeed, and commit nothing.
    if (in_transaction_) throw ports::Unavailable("the session of the transaction was lost");
    connection_.reset();
    connection_ = std::make_unique<Connection>(target_);
  }
  return *connection_;
}

pqxx::result ConnectionKeeper::begin(const Statement& first) {
  if (in_transaction_) {
    // BEGIN inside a transaction is no error of the server: the two would become one.
    throw std::logic_error("a transaction was begun before the last one of its store ended");
  }
  const auto attempt = [&] {
    Connection& connection = get();
    // Said in full, because the defaults of a database or a role may be others.
    return connection.run("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; " + first(connection),
                          "begin");
  };
  const bool used_before = connection_ != nullptr;
  pqxx::result result;
  try {
    try {
      result = attempt();
    } catch (const ports::Unavailable&) {
      if (connection_ && connection_->is_open()) throw;
      drop();
      if (!used_before) throw;
      result = attempt();
    }
  } catch (const std::exception&) {
    // BEGIN may have succeeded where the statement behind it failed.
    rollback();
    throw;
  }
  in_transaction_ = true;
  return result;
}

pqxx::result ConnectionKeeper::begin(std::string_view first_query) {
  return begin([first_query](Connection&) { return std::string(first_query); });
}

void ConnectionKeeper::commit(const std::string& sql) {
  try {
    get().commit(sql);
    in_transaction_ = false;
  } catch (const std::exception&) {
    rollback();
    throw;
  }
}

void ConnectionKeeper::rollback() noexcept {
  in_transaction_ = false;
  if (!connection_) return;
  try {
    if (connection_->is_open()) connection_->run("ROLLBACK", "roll back");
  } catch (const std::exception&) {
    // Without its session the transaction ends too.
    drop();
  }
  if (connection_ && !connection_->is_open()) drop();
}

}  // namespace sagad::postgres
