#include <string>

#include "order.hpp"
#include "order_queries.gen.hpp"

namespace order {

sagad::Answer confirm(sagad::Context& context) {
  sagad::InputReader input(context.input);
  const auto order_id = input.integer("order_id");
  if (!input.ok()) return input.refusal();

  auto confirmed = sagad::done(boost::json::object{{"order_id", order_id}});
  if (context.tx.exec(queries::kConfirmOrder, order_id).affected_rows() == 1) return confirmed;

  // A statement of its own, because it has to see what the update may have waited for.
  const auto rows = context.tx.exec(queries::kReadOrder, order_id);
  const auto name = "order " + std::to_string(order_id);
  if (rows.empty()) return sagad::failed("unknown_order", "there is no " + name);
  if (rows[0]["status"].as<std::string>() == "confirmed") return confirmed;
  return sagad::failed("order_cancelled", name + " is cancelled and cannot be confirmed");
}

}  // namespace order
