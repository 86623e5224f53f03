#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "pay.hpp"
#include "pay_queries.gen.hpp"

namespace pay {
namespace {

sagad::Answer refunded(std::int64_t pay_id) {
  return sagad::done(boost::json::object{{"pay_id", pay_id}});
}

sagad::Answer unknown_payment(std::int64_t pay_id) {
  return sagad::failed("unknown_payment", "there is no payment " + std::to_string(pay_id));
}

sagad::Answer unknown_account(std::int64_t pay_id) {
  return sagad::failed("unknown_account",
                       "the account of payment " + std::to_string(pay_id) + " is gone");
}

/// What is to be answered for a payment.
enum class Fate { kRefunded, kRefund, kAccountGone };

std::map<std::int64_t, Fate> lock_payments(sagad::Transaction& tx, const sagad::Array& pay_ids) {
  tx.exec(queries::kLockAccountsOfPayments, pay_ids);
  std::map<std::int64_t, Fate> fates;
  for (const auto& row : tx.exec(queries::kLockPayments, pay_ids)) {
    const bool paid = row["status"].as<std::string>() == "paid";
    const bool known = row["account_known"].as<bool>();
    fates.emplace(row["id"].as<std::int64_t>(), !paid   ? Fate::kRefunded
                                                : known ? Fate::kRefund
                                                        : Fate::kAccountGone);
  }
  return fates;
}

}  // namespace

sagad::Answer refund(sagad::Context& context) {
  sagad::InputReader charged(context.action_output, "action_output");
  const auto pay_id = charged.integer("pay_id");
  if (!charged.ok()) return charged.refusal();

  const auto rows = context.tx.exec(queries::kRefund, pay_id);
  if (!rows.empty()) {
    if (rows[0]["credited"].as<bool>()) return refunded(pay_id);
    return sagad::retry("account_vanished", "the account of payment " + std::to_string(pay_id) +
                                                " was deleted in this very moment");
  }
  // A statement of its own, because it has to see what the update may have waited for.
  const auto found = context.tx.exec(queries::kPayStatus, pay_id);
  if (found.empty()) return unknown_payment(pay_id);
  return found[0][0].as<std::string>() == "paid" ? unknown_account(pay_id) : refunded(pay_id);
}

std::vector<sagad::Answer> refund_all(std::span<sagad::Context> contexts) {
  std::vector<sagad::Answer> answers(contexts.size());
  std::vector<std::optional<std::int64_t>> payments(contexts.size());
  sagad::Array pay_ids;
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    sagad::InputReader charged(contexts[i].action_output, "action_output");
    const auto pay_id = charged.integer("pay_id");
    if (!charged.ok()) {
      answers[i] = charged.refusal();
      continue;
    }
    payments[i] = pay_id;
    pay_ids.add(pay_id);
  }
  auto& tx = contexts[0].tx;
  const auto fates = lock_payments(tx, pay_ids);
  sagad::Array to_refund;
  for (const auto& [pay_id, fate] : fates) {
    if (fate == Fate::kRefund) to_refund.add(pay_id);
  }
  tx.exec(queries::kRefundAll, to_refund);
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    if (!payments[i]) continue;
    const auto fate = fates.find(*payments[i]);
    answers[i] = fate == fates.end()                  ? unknown_payment(*payments[i])
                 : fate->second == Fate::kAccountGone ? unknown_account(*payments[i])
                                                      : refunded(*payments[i]);
  }
  return answers;
}

}  // namespace pay
