#include "postgres/errors.hpp"

#include <pqxx/pqxx>
#include <sagad/transaction.hpp>

namespace sagad::postgres {

namespace {

using ports::Fault;

/// libpq ends its messages with a newline.
std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

Fault from_sqlstate(std::string sqlstate, const char* message) {
  Fault fault{Fault::Kind::kStep, std::move(sqlstate), trimmed(message)};
  if (is_unavailable(fault.code)) fault.kind = Fault::Kind::kUnavailable;
  if (is_conflict(fault.code)) fault.kind = Fault::Kind::kConflict;
  if (is_transaction_ended(fault.code)) fault.kind = Fault::Kind::kTransactionEnded;
  return fault;
}

}  // namespace

bool is_unavailable(std::string_view sqlstate) {
  const std::string_view group = sqlstate.substr(0, 2);
  return group == "08" || group == "53" || group == "57" || group == "58" || sqlstate == "55P03";
}

bool is_conflict(std::string_view sqlstate) { return sqlstate.substr(0, 2) == "40"; }

bool is_transaction_ended(std::string_view sqlstate) {
  return sqlstate == "SG001" || sqlstate == "25P01";
}

Fault classify(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const ports::Unavailable& e) {
    return {Fault::Kind::kUnavailable, "unavailable", e.what()};
  } catch (const ports::Conflict& e) {
    return {Fault::Kind::kConflict, "40001", e.what()};
  } catch (const ports::CommitUnknown& e) {
    return {Fault::Kind::kCommitUnknown, "08007", e.what()};
  } catch (const ports::TransactionEnded& e) {
    return {Fault::Kind::kTransactionEnded, "ended_transaction", e.what()};
  } catch (const sagad::TransactionEndRefused& e) {
    return {Fault::Kind::kTransactionEnded, "ended_transaction", e.what()};
  } catch (const QueryError& e) {
    return from_sqlstate(e.sqlstate(), e.what());
  } catch (const pqxx::in_doubt_error& e) {
    return {Fault::Kind::kCommitUnknown, "08007", trimmed(e.what())};
  } catch (const pqxx::broken_connection& e) {
    return {Fault::Kind::kUnavailable, "08006", trimmed(e.what())};
  } catch (const pqxx::deadlock_detected& e) {
    return {Fault::Kind::kConflict, "40P01", trimmed(e.what())};
  } catch (const pqxx::transaction_rollback& e) {
    return {Fault::Kind::kConflict, "40001", trimmed(e.what())};
  } catch (const pqxx::sql_error& e) {
    // An error without SQLSTATE comes from libpq itself: the connection went away.
    return from_sqlstate(e.sqlstate().empty() ? "08006" : e.sqlstate(), e.what());
  } catch (const std::exception& e) {
    return {Fault::Kind::kStep, "exception", e.what()};
  } catch (...) {
    return {Fault::Kind::kStep, "exception", "an exception that is no std::exception"};
  }
}

void throw_translated(std::string_view doing, bool connection_open) {
  const Fault fault = classify(std::current_exception());
  const std::string message = std::string(doing) + ": " + fault.message;
  if (!connection_open || fault.kind == Fault::Kind::kUnavailable) {
    throw ports::Unavailable(message);
  }
  switch (fault.kind) {
    case Fault::Kind::kConflict:
      throw ports::Conflict(message);
    case Fault::Kind::kCommitUnknown:
      throw ports::CommitUnknown(message);
    case Fault::Kind::kTransactionEnded:
      throw ports::TransactionEnded(message);
    default:
      throw QueryError(message + " (SQLSTATE " + fault.code + ")", fault.code);
  }
}

}  // namespace sagad::postgres
