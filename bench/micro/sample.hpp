#pragma once

#include <string>

#include "definition/loader.hpp"

namespace sagad::bench {

/// Create an order, charge for it: the two steps of sagas/order-pay.yaml.
inline const std::string& order_pay_yaml() {
  static const std::string text = R"(name: order-pay
version: 1
input_schema:
  type: object
  required: [order_name, account, amount]
  properties:
    order_name: { type: string, minLength: 1, maxLength: 200 }
    account: { type: string, minLength: 1, maxLength: 100 }
    amount: { type: integer, minimum: 1 }
deadline: 15m
steps:
  - id: create_order
    action: order.create
    input:
      order_name: "${ .input.order_name }"
      account: "${ .input.account }"
      amount: "${ .input.amount }"
    compensate: order.cancel
  - id: pay
    action: pay.charge
    input:
      order_id: "${ .steps.create_order.output.order_id }"
      account: "${ .input.account }"
      amount: "${ .input.amount }"
    compensate: pay.refund
output:
  order_id: "${ .steps.create_order.output.order_id }"
)";
  return text;
}

/// A chain of so many steps, each of which reads the one before; with `computed`, by jq.
inline std::string chain_yaml(int steps, bool computed) {
  std::string text = "name: chain\nversion: 1\nsteps:\n";
  for (int i = 0; i < steps; ++i) {
    const std::string before = "s" + std::to_string(i - 1);
    const std::string value = i == 0 ? ".input.amount" : ".steps." + before + ".output.amount";
    text += "  - id: s" + std::to_string(i) +
            "\n    action: pay.charge\n    input: { amount: \"${ " + value +
            (computed ? " + 1" : "") + " }\" }\n    compensate: pay.refund\n";
  }
  return text;
}

inline definition::DefinitionPtr load(const std::string& yaml) {
  return definition::load_yaml(yaml, "bench.yaml");
}

inline boost::json::value sample_input() {
  return {{"order_name", "bench-123456"}, {"account", "account-4711"}, {"amount", 42}};
}

}  // namespace sagad::bench
