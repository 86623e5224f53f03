#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "order.hpp"
#include "order_queries.gen.hpp"

namespace order {
namespace {

sagad::Answer cancelled(std::int64_t order_id) {
  return sagad::done(boost::json::object{{"order_id", order_id}});
}

sagad::Answer unknown(std::int64_t order_id) {
  return sagad::failed("unknown_order", "there is no order " + std::to_string(order_id));
}

}  // namespace

sagad::Answer cancel(sagad::Context& context) {
  sagad::InputReader created(context.action_output, "action_output");
  const auto order_id = created.integer("order_id");
  if (!created.ok()) return created.refusal();

  if (context.tx.exec(queries::kCancelOrder, order_id).affected_rows() == 1) {
    return cancelled(order_id);
  }
  if (context.tx.exec(queries::kReadOrder, order_id).empty()) return unknown(order_id);
  return cancelled(order_id);
}

std::vector<sagad::Answer> cancel_all(std::span<sagad::Context> contexts) {
  std::vector<sagad::Answer> answers(contexts.size());
  std::vector<std::optional<std::int64_t>> orders(contexts.size());
  sagad::Array ids;
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    sagad::InputReader created(contexts[i].action_output, "action_output");
    const auto order_id = created.integer("order_id");
    if (!created.ok()) {
      answers[i] = created.refusal();
      continue;
    }
    orders[i] = order_id;
    ids.add(order_id);
  }
  std::set<std::int64_t> known;
  for (const auto& row : contexts[0].tx.exec(queries::kCancelOrders, ids)) {
    known.insert(row[0].as<std::int64_t>());
  }
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    if (orders[i])
      answers[i] = known.contains(*orders[i]) ? cancelled(*orders[i]) : unknown(*orders[i]);
  }
  return answers;
}

}  // namespace order
