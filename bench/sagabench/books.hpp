#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "sagabench/installation.hpp"
#include "sagabench/starts.hpp"

namespace sagad::bench {

/// Where the books stood before something began.
struct BookMark {
  std::int64_t last_order = 0;
  std::int64_t last_payment = 0;
};

/// The books of the two services: what counts as done is read from them, not from the engine.
/// Used by one thread; has sessions of its own.
class Books {
 public:
  explicit Books(const Installation& installation);

  BookMark mark();

  /// Waits until every one of the starts has ended: an order that is paid, or cancelled, in the
  /// services' databases, and no saga of the engine still under way. Returns when it saw that.
  /// Throws std::runtime_error if nothing moves for `patience`.
  std::chrono::steady_clock::time_point wait_for(const BookMark& mark, std::size_t starts,
                                                 std::chrono::seconds patience,
                                                 const SagaKind& kind = {});

  /// Sagas of the engine that have not ended.
  std::size_t under_way();

  /// Waits until no outbox has rows, so that what is still cleaned up is part of the measurement.
  void wait_until_quiet(std::chrono::seconds patience);

  /// Checks that since `mark` every start made exactly one order, that every order is paid exactly
  /// once, in full and by its account, or cancelled with no money moved, that `refused` of them
  /// are cancelled, and that no account lost or won money besides. Throws std::runtime_error that
  /// says which order it is about.
  /// Of a kind that does not pay: that every start made its orders, and none is cancelled.
  void check(const BookMark& mark, const std::vector<Start>& starts, std::size_t refused,
             const SagaKind& kind = {});

 private:
  struct Standing {
    std::size_t ended = 0;  ///< orders that are paid or cancelled
    bool engine_idle = false;
  };
  Standing standing(const BookMark& mark, std::size_t starts, const SagaKind& kind);
  struct Order;
  std::map<std::int64_t, Order> orders_since(const BookMark& mark);
  void check_payments(const BookMark& mark, std::map<std::int64_t, Order> orders);
  [[noreturn]] void fail(const std::string& what);

  pqxx::connection orders_;
  pqxx::connection payments_;
  pqxx::connection engine_;
};

}  // namespace sagad::bench
