#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ports/errors.hpp"
#include "ports/participant_store.hpp"

namespace sagad::postgres {

/// The database refused a statement, and it is neither away nor busy: a broken constraint, a
/// missing table or privilege, a value it cannot take. what() says which query, what the server
/// says, and the SQLSTATE.
class QueryError : public std::runtime_error {
 public:
  QueryError(const std::string& message, std::string sqlstate)
      : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
  const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

/// SQLSTATE classes 08, 53, 57, 58, and 55P03.
bool is_unavailable(std::string_view sqlstate);
/// SQLSTATE class 40.
bool is_conflict(std::string_view sqlstate);
/// The engine's transaction is not there any more: our own SG001, no_active_sql_transaction.
bool is_transaction_ended(std::string_view sqlstate);

/// What an exception of libpqxx, of a port or of anything else means to a participant.
ports::Fault classify(const std::exception_ptr& error);

/// To be called in a catch block: throws what is caught as Unavailable, Conflict,
/// TransactionEnded or QueryError. `doing`: the query's name, or what was tried.
/// `connection_open`: whether the connection has survived; if not, it is Unavailable whatever
/// the server said last.
[[noreturn]] void throw_translated(std::string_view doing, bool connection_open);

}  // namespace sagad::postgres
