#pragma once

#include <sagad/plugin.hpp>
#include <span>
#include <vector>

/// The actions of the payment service over tbl_account and tbl_pay. Amounts are whole numbers of
/// the smallest unit of the currency.
namespace pay {

/// Input: order_id, account, amount (at least 1). Debits the account and inserts the payment.
/// Output: pay_id. Refuses with unknown_account and insufficient_funds.
sagad::Answer charge(sagad::Context& context);

/// The same answers as charges one after the other: a charge that its account cannot bear any
/// more is refused, a smaller one after it may still fit.
std::vector<sagad::Answer> charge_all(std::span<sagad::Context> contexts);

/// Compensation of charge: credits the account and marks the payment refunded; a payment that is
/// refunded already is done. Refuses with unknown_payment and unknown_account.
sagad::Answer refund(sagad::Context& context);
std::vector<sagad::Answer> refund_all(std::span<sagad::Context> contexts);

}  // namespace pay
