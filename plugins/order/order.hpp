#pragma once

#include <sagad/plugin.hpp>
#include <span>
#include <vector>

/// The actions of the order service over tbl_order. Amounts are whole numbers of the smallest
/// unit of the currency.
namespace order {

/// Input: order_name, account (strings), amount (at least 1), limit (optional, at least 0).
/// Output: order_id. The order begins in the status created.
sagad::Answer create(sagad::Context& context);
std::vector<sagad::Answer> create_all(std::span<sagad::Context> contexts);

/// Input: order_id. Refuses with order_limit_exceeded an order above its limit, with
/// order_not_created one that is confirmed or cancelled already, and with unknown_order.
/// Reads only.
sagad::Answer review(sagad::Context& context);

/// Input: order_id. The status goes to confirmed; an order that is confirmed already is done.
/// Refuses with order_cancelled and unknown_order.
sagad::Answer confirm(sagad::Context& context);

/// Compensation of create: the status of the order that it created goes to cancelled; an order
/// that is cancelled already is done. Refuses with unknown_order.
sagad::Answer cancel(sagad::Context& context);
std::vector<sagad::Answer> cancel_all(std::span<sagad::Context> contexts);

}  // namespace order
