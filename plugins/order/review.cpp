#include <cstdint>
#include <optional>
#include <string>

#include "order.hpp"
#include "order_queries.gen.hpp"

namespace order {

sagad::Answer review(sagad::Context& context) {
  sagad::InputReader input(context.input);
  const auto order_id = input.integer("order_id");
  if (!input.ok()) return input.refusal();

  const auto name = "order " + std::to_string(order_id);
  const auto rows = context.tx.exec(queries::kReadOrder, order_id);
  if (rows.empty()) return sagad::failed("unknown_order", "there is no " + name);

  const auto status = rows[0]["status"].as<std::string>();
  if (status != "created") {
    return sagad::failed("order_not_created", name + " is " + status + " already");
  }
  const auto amount = rows[0]["amount"].as<std::int64_t>();
  if (!rows[0]["limit_amount"].is_null()) {
    const auto limit = rows[0]["limit_amount"].as<std::int64_t>();
    if (amount > limit) {
      return sagad::failed("order_limit_exceeded", name + " is over " + std::to_string(amount) +
                                                       ", its limit is " + std::to_string(limit));
    }
  }
  return sagad::done(boost::json::object{{"order_id", order_id}});
}

}  // namespace order
