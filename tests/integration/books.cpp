#include "integration/books.hpp"

#include <gtest/gtest.h>

#include <map>
#include <pqxx/pqxx>
#include <thread>
#include <vector>

namespace sagad::tests {
namespace {

struct Payment {
  std::int64_t amount;
  bool standing;
};

template <typename T>
T one(pqxx::work& tx, const std::string& sql) {
  return tx.exec(sql)[0][0].as<T>();
}

std::multimap<std::int64_t, Payment> payments_by_order(pqxx::work& tx) {
  std::multimap<std::int64_t, Payment> payments;
  for (const auto& row : tx.exec("SELECT order_id, amount, status FROM tbl_pay")) {
    payments.emplace(row[0].as<std::int64_t>(),
                     Payment{row[1].as<std::int64_t>(), row[2].as<std::string>() == "paid"});
  }
  return payments;
}

void check_orders(pqxx::work& orders, std::multimap<std::int64_t, Payment> payments) {
  for (const auto& row : orders.exec("SELECT id, amount, status FROM tbl_order")) {
    const auto id = row[0].as<std::int64_t>();
    const auto status = row[2].as<std::string>();
    int standing = 0;
    const auto [begin, end] = payments.equal_range(id);
    for (auto payment = begin; payment != end; ++payment) {
      EXPECT_EQ(payment->second.amount, row[1].as<std::int64_t>()) << "order " << id;
      standing += payment->second.standing ? 1 : 0;
    }
    EXPECT_LE(std::distance(begin, end), 1) << "order " << id << " was charged more than once";
    EXPECT_EQ(standing, status == "cancelled" ? 0 : 1) << "order " << id << " is " << status;
    payments.erase(begin, end);
  }
  EXPECT_TRUE(payments.empty()) << payments.size() << " payments without an order";
}

/// Confirmed rows are deleted a moment after the confirmation; a start whose answer was lost asks
/// for it again after ten seconds.
void expect_empty_outbox(const std::string& database) {
  pqxx::connection connection(database);
  std::int64_t rows = -1;
  for (int tries = 0; tries < 400 && rows != 0; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    pqxx::work tx(connection);
    rows = one<std::int64_t>(tx, "SELECT count(*) FROM sagad.outbox");
  }
  EXPECT_EQ(rows, 0) << "outbox rows are left in " << database;
}

}  // namespace

void check_books(const std::string& engine, const std::string& order, const std::string& pay,
                 std::int64_t total) {
  pqxx::connection order_connection(order);
  pqxx::connection pay_connection(pay);
  pqxx::connection engine_connection(engine);
  pqxx::work orders(order_connection);
  pqxx::work pays(pay_connection);
  pqxx::work sagas(engine_connection);

  check_orders(orders, payments_by_order(pays));
  const auto balances =
      one<std::int64_t>(pays, "SELECT coalesce(sum(balance), 0)::bigint FROM tbl_account");
  const auto paid = one<std::int64_t>(
      pays, "SELECT coalesce(sum(amount), 0)::bigint FROM tbl_pay WHERE status = 'paid'");
  EXPECT_EQ(balances + paid, total) << "money was made or lost";
  EXPECT_EQ(one<std::int64_t>(sagas,
                              "SELECT count(*) FROM sagad.saga WHERE status IN "
                              "('running', 'compensating')"),
            0)
      << "sagas still run";
  for (const auto& database : {engine, order, pay}) expect_empty_outbox(database);
}

}  // namespace sagad::tests
