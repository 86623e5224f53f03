#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include <sagad/transaction.hpp>

#include "ports/participant_store.hpp"
#include "postgres/array.hpp"
#include "postgres/compat.hpp"
#include "postgres/errors.hpp"

namespace sagad::postgres {

/// One session of a database. Every member that talks to the server throws Unavailable,
/// Conflict, TransactionEnded or QueryError. Once lost it stays lost: throw it away. Not
/// thread-safe.
class Connection {
 public:
  /// `target`: as connection_string() makes it. Throws Unavailable.
  explicit Connection(const std::string& target);
  ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// False once it is known that the session is gone.
  bool is_open() const { return connection_.is_open(); }

  /// Runs a query of postgres/queries.gen.hpp; it is prepared at its first use. Outside a
  /// transaction it commits by itself.
  template <typename... Args>
  pqxx::result exec(std::string_view query, const Args&... args) {
    const std::string& name = prepare(query);
    try {
      return compat::exec_prepared(session_, name, parameter(args)...);
    } catch (const std::exception&) {
      throw_translated(name, is_open());
    }
  }
  /// Prepares a query of postgres/queries.gen.hpp and returns its name on the server.
  const std::string& prepare(std::string_view query);
  /// `EXECUTE` of a query with these SQL literals: for text that holds several statements.
  std::string execute(std::string_view query, std::initializer_list<std::string> literals);
  /// A text as an SQL literal.
  std::string quote(const std::string& text) { return session_.quote(text); }

  /// Runs SQL text as it is: words of the session, migrations. Returns the last result.
  pqxx::result run(const std::string& sql, std::string_view doing);

  /// Runs `sql`, which ends with COMMIT. Throws CommitUnknown if the connection is lost in it.
  void commit(const std::string& sql);

  /// Plugins write through this.
  sagad::Transaction& business() { return business_; }
  /// This session, as another one sees it.
  const ports::Session& self();

 private:
  template <typename T>
  static decltype(auto) parameter(const T& value) {
    if constexpr (std::is_base_of_v<Array, T>) {
      return compat::binary_parameter(value.bytes());
    } else {
      return (value);
    }
  }

  pqxx::connection connection_;
  // libpqxx wants every statement to belong to a transaction object; this one does nothing of its
  // own, because we send BEGIN and COMMIT together with other statements.
  pqxx::nontransaction session_;
  std::unordered_map<std::string_view, std::string> prepared_;
  sagad::Transaction::Prepared business_prepared_;
  sagad::Transaction business_;
  std::optional<ports::Session> self_;
};

/// Keeps one connection and makes a new one when it is lost. Not thread-safe.
class ConnectionKeeper {
 public:
  explicit ConnectionKeeper(std::string target) : target_(std::move(target)) {}

  /// An open connection, as far as is known; never another one than that of the transaction that
  /// is open. Throws Unavailable.
  Connection& get();
  /// Ends the session; the server rolls back what was open in it.
  void drop() { connection_.reset(); }

  /// SQL text, made for a connection: what it prepares or quotes belongs to that session.
  using Statement = std::function<std::string(Connection&)>;

  /// Begins a transaction (READ COMMITTED) and runs `first`, in one round trip. A connection that
  /// proves lost is replaced once: nothing was begun in it. Throws std::logic_error if the last
  /// transaction has not ended.
  pqxx::result begin(const Statement& first);
  pqxx::result begin(std::string_view first_query);
  /// Commits with `sql`, which ends with COMMIT. The transaction has ended then, also if this
  /// throws (as Connection::commit() does).
  void commit(const std::string& sql = "COMMIT");
  /// Rolls back what is open; a session that cannot is dropped.
  void rollback() noexcept;

 private:
  std::string target_;
  std::unique_ptr<Connection> connection_;
  bool in_transaction_ = false;
};

}  // namespace sagad::postgres
