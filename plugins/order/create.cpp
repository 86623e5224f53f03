#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "order.hpp"
#include "order_queries.gen.hpp"

namespace order {
namespace {

struct NewOrder {
  std::string order_name;
  std::string account;
  std::int64_t amount;
  std::optional<std::int64_t> limit;
};

NewOrder read_order(sagad::InputReader& input) {
  return {.order_name = input.text("order_name"),
          .account = input.text("account"),
          .amount = input.integer("amount", 1),
          .limit = input.optional_integer("limit", 0)};
}

sagad::Answer created(std::int64_t order_id) {
  return sagad::done(boost::json::object{{"order_id", order_id}});
}

}  // namespace

sagad::Answer create(sagad::Context& context) {
  sagad::InputReader input(context.input);
  const auto order = read_order(input);
  if (!input.ok()) return input.refusal();
  const auto rows = context.tx.exec(queries::kCreateOrder, context.execution.saga_id,
                                    order.order_name, order.account, order.amount, order.limit);
  return created(rows[0][0].as<std::int64_t>());
}

std::vector<sagad::Answer> create_all(std::span<sagad::Context> contexts) {
  std::vector<sagad::Answer> answers(contexts.size());
  std::vector<std::size_t> valid;
  sagad::Array sagas, names, accounts, amounts, limits;
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    sagad::InputReader input(contexts[i].input);
    const auto order = read_order(input);
    if (!input.ok()) {
      answers[i] = input.refusal();
      continue;
    }
    valid.push_back(i);
    sagas.add(contexts[i].execution.saga_id);
    names.add(order.order_name);
    accounts.add(order.account);
    amounts.add(order.amount);
    limits.add(order.limit);
  }
  if (valid.empty()) return answers;
  const auto rows =
      contexts[0].tx.exec(queries::kCreateOrders, sagas, names, accounts, amounts, limits);
  auto next = valid.begin();
  for (const auto& row : rows) answers[*next++] = created(row[0].as<std::int64_t>());
  return answers;
}

}  // namespace order
