#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "pay.hpp"
#include "pay_queries.gen.hpp"

namespace pay {
namespace {

struct NewCharge {
  std::int64_t order_id;
  std::string account;
  std::int64_t amount;
};

NewCharge read_charge(sagad::InputReader& input) {
  return {.order_id = input.integer("order_id"),
          .account = input.text("account"),
          .amount = input.integer("amount", 1)};
}

sagad::Answer charged(std::int64_t pay_id) {
  return sagad::done(boost::json::object{{"pay_id", pay_id}});
}

sagad::Answer unknown_account(const NewCharge& charge) {
  return sagad::failed("unknown_account", "there is no account " + charge.account);
}

sagad::Answer insufficient_funds(const NewCharge& charge) {
  return sagad::failed("insufficient_funds", "account " + charge.account + " has less than " +
                                                 std::to_string(charge.amount));
}

using Balances = std::map<std::string, std::int64_t, std::less<>>;

/// The balances of the accounts that exist, locked until the end of the transaction.
Balances lock_accounts(sagad::Transaction& tx, const sagad::Array& accounts) {
  Balances balances;
  for (const auto& row : tx.exec(queries::kLockAccounts, accounts)) {
    balances.emplace(row["id"].as<std::string>(), row["balance"].as<std::int64_t>());
  }
  return balances;
}

/// The charges that the balances can bear, each judged by what those before it left.
class Accepted {
 public:
  void add(std::size_t place, const std::string& saga, const NewCharge& charge) {
    places_.push_back(place);
    sagas_.add(saga);
    orders_.add(charge.order_id);
    accounts_.add(charge.account);
    amounts_.add(charge.amount);
  }

  void write(sagad::Transaction& tx, std::vector<sagad::Answer>& answers) const {
    if (places_.empty()) return;
    const auto rows = tx.exec(queries::kChargeAll, sagas_, orders_, accounts_, amounts_);
    auto place = places_.begin();
    for (const auto& row : rows) answers[*place++] = charged(row[0].as<std::int64_t>());
  }

 private:
  std::vector<std::size_t> places_;
  sagad::Array sagas_, orders_, accounts_, amounts_;
};

}  // namespace

sagad::Answer charge(sagad::Context& context) {
  sagad::InputReader input(context.input);
  const auto charge = read_charge(input);
  if (!input.ok()) return input.refusal();
  const auto row = context.tx.exec(queries::kCharge, context.execution.saga_id, charge.order_id,
                                   charge.account, charge.amount)[0];
  if (!row["pay_id"].is_null()) return charged(row["pay_id"].as<std::int64_t>());
  return row["account_known"].as<bool>() ? insufficient_funds(charge) : unknown_account(charge);
}

std::vector<sagad::Answer> charge_all(std::span<sagad::Context> contexts) {
  std::vector<sagad::Answer> answers(contexts.size());
  std::vector<std::pair<std::size_t, NewCharge>> charges;
  sagad::Array accounts;
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    sagad::InputReader input(contexts[i].input);
    auto charge = read_charge(input);
    if (!input.ok()) {
      answers[i] = input.refusal();
      continue;
    }
    accounts.add(charge.account);
    charges.emplace_back(i, std::move(charge));
  }
  auto& tx = contexts[0].tx;
  auto balances = lock_accounts(tx, accounts);
  Accepted accepted;
  for (const auto& [place, charge] : charges) {
    const auto balance = balances.find(charge.account);
    if (balance == balances.end()) {
      answers[place] = unknown_account(charge);
    } else if (balance->second < charge.amount) {
      answers[place] = insufficient_funds(charge);
    } else {
      balance->second -= charge.amount;
      accepted.add(place, contexts[place].execution.saga_id, charge);
    }
  }
  accepted.write(tx, answers);
  return answers;
}

}  // namespace pay
