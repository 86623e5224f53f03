#pragma once

#include <map>
#include <pqxx/pqxx>
#include <pqxx/version>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <sagad/array.hpp>
#include <sagad/detail/parameter.hpp>
#include <sagad/detail/transaction_end.hpp>

namespace sagad {

/// SQL of an action that would end the engine's transaction: it was not run. The step is retried
/// with code `ended_transaction`.
class TransactionEndRefused : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// The open transaction of the participant's database: what an action writes through it commits
/// together with the engine's inbox row and the answer, or not at all. It has no commit and no
/// abort, because the engine owns the end of the transaction, and other steps may share it: SQL
/// that would end it (`COMMIT`, `ROLLBACK`, …) is refused with TransactionEndRefused; what gets by
/// is found out before the engine commits. `ROLLBACK TO SAVEPOINT` is allowed. Owned by the engine;
/// used by one thread; not to be kept after the action returns.
///
/// Errors are libpqxx's exceptions (pqxx::sql_error and its children). An action lets them pass:
/// the engine turns them into a retry, or runs the batch again. Catching one inside an action
/// leaves the transaction aborted; only after ROLLBACK TO SAVEPOINT could it go on.
class Transaction {
 public:
  /// For the engine. `prepared` remembers the statements of this connection by their SQL text.
  using Prepared = std::map<std::string, std::string, std::less<>>;
  Transaction(pqxx::transaction_base& tx, Prepared& prepared) : tx_(tx), prepared_(prepared) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Runs one statement with parameters `$1, $2, …`. It is prepared once a connection, by its
  /// text: build the text from constants, never from values.
  /// Parameters: numbers, bool, strings, string views, sagad::Array, std::optional of these, and
  /// `nullptr`; the last two give NULL.
  template <typename... Args>
  pqxx::result exec(std::string_view sql, const Args&... args) {
    const std::string& name = prepare(sql);
    const std::tuple<decltype(detail::store(args))...> stored(detail::store(args)...);
    return std::apply(
        [&](const auto&... values) { return exec_prepared(name, detail::pass(values)...); },
        stored);
  }

  /// Runs SQL without parameters and without preparing it.
  pqxx::result exec_raw(const std::string& sql) {
    refuse_end(sql);
    return tx_.exec(sql);
  }

  /// Quotes a string as an SQL literal, for the rare statement that cannot take a parameter.
  std::string quote(const std::string& text) { return tx_.quote(text); }

 private:
  friend struct TransactionPeer;  // of the engine's own tests

  static void refuse_end(std::string_view sql) {
    if (!detail::ends_transaction(sql)) return;
    throw TransactionEndRefused("an action must not end the engine's transaction: " +
                                std::string(sql.substr(0, 100)));
  }

  template <typename... Values>
  pqxx::result exec_prepared(const std::string& name, const Values&... values) {
#if PQXX_VERSION_MAJOR > 7 || (PQXX_VERSION_MAJOR == 7 && PQXX_VERSION_MINOR >= 10)
    return tx_.exec(pqxx::prepped{name}, pqxx::params{values...});
#else
    return tx_.exec_prepared(name, values...);
#endif
  }

  const std::string& prepare(std::string_view sql) {
    const auto found = prepared_.find(sql);
    if (found != prepared_.end()) return found->second;
    refuse_end(sql);
    std::string name = "sagad_p" + std::to_string(prepared_.size());
    tx_.conn().prepare(name, std::string(sql));
    return prepared_.emplace(std::string(sql), std::move(name)).first->second;
  }

  pqxx::transaction_base& tx_;
  Prepared& prepared_;
};

}  // namespace sagad
