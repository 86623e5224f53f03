#include "sagabench/books.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace sagad::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Not counted as a statement of what is measured (cost.cpp).
constexpr const char* kOurs = "/* sagabench */ ";

pqxx::result ask(pqxx::connection& connection, const std::string& sql) {
  pqxx::nontransaction session(connection);
  return session.exec(kOurs + sql);
}

std::int64_t ask_number(pqxx::connection& connection, const std::string& sql) {
  return ask(connection, sql)[0][0].as<std::int64_t>();
}

std::size_t ask_count(pqxx::connection& connection, const std::string& table,
                      std::int64_t above_id) {
  return static_cast<std::size_t>(
      ask_number(connection, "SELECT count(*) FROM " + table +
                                 (table.find("WHERE") == std::string::npos ? " WHERE" : " AND") +
                                 " id > " + std::to_string(above_id)));
}

constexpr std::int64_t kAllMoney = 1'000'000'000'000LL * kAccounts;

}  // namespace

struct Books::Order {
  std::string name;
  std::string account;
  std::int64_t amount = 0;
  bool cancelled = false;
};

Books::Books(const Installation& installation)
    : orders_(installation.postgres().url("orders")),
      payments_(installation.postgres().url("payments")),
      engine_(installation.postgres().url("engine")) {}

void Books::fail(const std::string& what) {
  throw std::runtime_error("the books are wrong: " + what);
}

BookMark Books::mark() {
  return {.last_order = ask_number(orders_, "SELECT coalesce(max(id), 0) FROM tbl_order"),
          .last_payment = ask_number(payments_, "SELECT coalesce(max(id), 0) FROM tbl_pay")};
}

std::size_t Books::under_way() {
  return static_cast<std::size_t>(
      ask_number(engine_,
                 "SELECT count(*) FROM sagad.saga_instance "
                 "WHERE status IN ('running', 'compensating', 'paused')"));
}

Books::Standing Books::standing(const BookMark& mark, std::size_t starts, const SagaKind& kind) {
  Standing standing;
  if (kind.pays) {
    // The cheapest first: the last payment is the last thing that the services write.
    standing.ended = ask_count(payments_, "tbl_pay WHERE status = 'paid'", mark.last_payment);
    if (standing.ended < starts) {
      standing.ended += ask_count(orders_, "tbl_order WHERE status = 'cancelled'", mark.last_order);
    }
  } else {
    standing.ended = ask_count(orders_, "tbl_order", mark.last_order) / kind.orders;
  }
  if (standing.ended >= starts) {
    standing.engine_idle = ask(engine_,
                               "SELECT NOT EXISTS (SELECT FROM sagad.saga_instance "
                               "WHERE status IN ('running', 'compensating', 'paused'))")[0][0]
                               .as<bool>();
  }
  return standing;
}

steady_clock::time_point Books::wait_for(const BookMark& mark, std::size_t starts,
                                         std::chrono::seconds patience, const SagaKind& kind) {
  const auto begin = steady_clock::now();
  auto moved_at = begin;
  std::size_t before = 0;
  for (;;) {
    const auto asked_at = steady_clock::now();
    const auto stand = standing(mark, starts, kind);
    // What was true was true at the latest now, and that is what counts against us.
    const auto now = steady_clock::now();
    if (stand.engine_idle) return now;
    if (stand.ended > before) moved_at = now;
    before = stand.ended;
    if (now - moved_at > patience) {
      fail("nothing has moved for " + std::to_string(patience.count()) + " s; " +
           std::to_string(before) + " of " + std::to_string(starts) + " sagas have ended, " +
           std::to_string(under_way()) + " are under way in the engine");
    }
    // Rarely while much is missing, so that the questions cost nothing, and often at the end.
    const double done = static_cast<double>(before) / static_cast<double>(starts);
    const auto spent = std::chrono::duration<double>(asked_at - begin);
    const auto pause = std::chrono::duration_cast<milliseconds>(
        done > 0 ? spent * ((1 - done) / done) / 2 : spent / 4);
    std::this_thread::sleep_for(std::clamp(pause, milliseconds(4), milliseconds(250)));
  }
}

void Books::wait_until_quiet(std::chrono::seconds patience) {
  const auto limit = steady_clock::now() + patience;
  for (auto* connection : {&orders_, &payments_, &engine_}) {
    while (!ask(*connection, "SELECT NOT EXISTS (SELECT FROM sagad.outbox)")[0][0].as<bool>()) {
      if (steady_clock::now() > limit) {
        fail("an outbox has not become empty within " + std::to_string(patience.count()) + " s");
      }
      std::this_thread::sleep_for(milliseconds(20));
    }
  }
}

std::map<std::int64_t, Books::Order> Books::orders_since(const BookMark& mark) {
  std::map<std::int64_t, Order> orders;
  for (const auto& row :
       ask(orders_, "SELECT id, order_name, account, amount, status FROM tbl_order WHERE id > " +
                        std::to_string(mark.last_order))) {
    orders[row[0].as<std::int64_t>()] = {row[1].as<std::string>(), row[2].as<std::string>(),
                                         row[3].as<std::int64_t>(),
                                         row[4].as<std::string>() == "cancelled"};
  }
  return orders;
}

void Books::check(const BookMark& mark, const std::vector<Start>& starts, std::size_t refused,
                  const SagaKind& kind) {
  auto orders = orders_since(mark);
  std::map<std::string, std::size_t> by_name;
  std::size_t cancelled = 0;
  for (const auto& [id, order] : orders) {
    ++by_name[order.name];
    cancelled += order.cancelled ? 1U : 0U;
  }
  for (const auto& start : starts) {
    const auto found = by_name.find(start.key);
    if (found == by_name.end()) fail("the start " + start.key + " made no order");
    if (found->second != kind.orders) {
      fail("the start " + start.key + " made " + std::to_string(found->second) +
           " orders and not " + std::to_string(kind.orders));
    }
  }
  if (orders.size() != starts.size() * kind.orders) fail("there are orders that nobody asked for");
  if (cancelled != refused) {
    fail(std::to_string(cancelled) + " orders are cancelled, of " + std::to_string(refused) +
         " that have to be");
  }
  if (kind.pays) check_payments(mark, std::move(orders));
}

void Books::check_payments(const BookMark& mark, std::map<std::int64_t, Order> orders) {
  for (const auto& row :
       ask(payments_,
           "SELECT order_id, account, amount FROM tbl_pay WHERE status = 'paid' AND "
           "id > " +
               std::to_string(mark.last_payment))) {
    const auto id = row[0].as<std::int64_t>();
    const auto found = orders.find(id);
    const std::string name = "order " + std::to_string(id);
    if (found == orders.end()) fail(name + " is paid twice, or is not one of these");
    const auto& order = found->second;
    if (order.cancelled) fail(name + " is cancelled and paid");
    if (order.account != row[1].as<std::string>() || order.amount != row[2].as<std::int64_t>()) {
      fail(name + " is paid by another account or with another amount");
    }
    orders.erase(found);
  }
  for (const auto& [id, order] : orders) {
    if (!order.cancelled) fail("order " + std::to_string(id) + " is neither paid nor cancelled");
  }
  const auto money =
      ask_number(payments_,
                 "SELECT ((SELECT sum(balance) FROM tbl_account) + (SELECT coalesce(sum(amount), 0)"
                 " FROM tbl_pay WHERE status = 'paid'))::bigint");
  if (money != kAllMoney) {
    fail("balances and payments together are " + std::to_string(money) + " and not " +
         std::to_string(kAllMoney));
  }
}

}  // namespace sagad::bench
