#pragma once

#include <map>
#include <pqxx/pqxx>
#include <pqxx/version>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <sagad/array.hpp>
#include <sagad/detail/parameter.hpp>

namespace sagad {

/// The open transaction of the participant's database: what an action writes through it commits
/// together with the engine's inbox row and the answer, or not at all. It has no commit and no
/// abort, because the engine owns the end of the transaction; SQL that ends it (`COMMIT`,
/// `ROLLBACK`) is found out and rolled back. Owned by the engine; used by one thread; not to be
/// kept after the action returns.
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
  pqxx::result exec_raw(const std::string& sql) { return tx_.exec(sql); }

  /// Quotes a string as an SQL literal, for the rare statement that cannot take a parameter.
  std::string quote(const std::string& text) { return tx_.quote(text); }

 private:
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
    std::string name = "sagad_p" + std::to_string(prepared_.size());
    tx_.conn().prepare(name, std::string(sql));
    return prepared_.emplace(std::string(sql), std::move(name)).first->second;
  }

  pqxx::transaction_base& tx_;
  Prepared& prepared_;
};

}  // namespace sagad
