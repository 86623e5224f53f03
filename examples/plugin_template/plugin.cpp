#include <cstdint>
#include <sagad/plugin.hpp>

#include "acme_shipping_migrations.gen.hpp"
#include "acme_shipping_queries.gen.hpp"

namespace {

// Reserves a parcel for an order. Input: order_id, weight (grams). Output: parcel_id.
sagad::Answer reserve(sagad::Context& context) {
  sagad::InputReader input(context.input);
  const auto order_id = input.integer("order_id");
  const auto weight = input.integer("weight", 1);
  if (!input.ok()) return input.refusal();

  constexpr std::int64_t kHeaviest = 30'000;
  if (weight > kHeaviest) return sagad::failed("too_heavy", "a parcel has 30 kg at most");

  const auto rows =
      context.tx.exec(queries::kReserveParcel, context.execution.saga_id, order_id, weight);
  context.log.info("parcel reserved");
  return sagad::done(boost::json::object{{"parcel_id", rows[0][0].as<std::int64_t>()}});
}

// Its compensation. A parcel that is released already stays so: to be called twice does no harm.
sagad::Answer release(sagad::Context& context) {
  sagad::InputReader reserved(context.action_output, "action_output");
  const auto parcel_id = reserved.integer("parcel_id");
  if (!reserved.ok()) return reserved.refusal();
  context.tx.exec(queries::kReleaseParcel, parcel_id);
  return sagad::done();
}

}  // namespace

SAGAD_PLUGIN(registry) {
  registry.migrations(kMigrations);
  registry.action("reserve", reserve, {.lock_key = "/order_id", .refuses_before_writing = true});
  registry.action("release", release, {.lock_key = "/order_id", .refuses_before_writing = true});
}
