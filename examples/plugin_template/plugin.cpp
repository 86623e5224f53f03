#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sagad/plugin.hpp>
#include <string>

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

// Prints the label of a parcel into a folder, where the label printer takes it. An external action:
// what it does outside knows no transaction, and after a crash it runs again with the same
// idempotency key. So that names the file, and a label is there once, however often it is printed.
// Input: parcel_id. Output: file.
sagad::Answer print_label(sagad::ExternalContext& context, const std::filesystem::path& folder) {
  sagad::InputReader input(context.input);
  const auto parcel_id = input.integer("parcel_id");
  if (!input.ok()) return input.refusal();

  std::string name = context.execution.idempotency_key + ".label";
  std::replace(name.begin(), name.end(), '/', '-');
  std::ofstream label(folder / name);
  label << "parcel " << parcel_id << '\n' << std::flush;
  if (!label) return sagad::retry("no_printer", "the label cannot be written to the folder");
  return sagad::done(boost::json::object{{"file", name}});
}

constexpr std::string_view kConfigSchema = R"({
  "type": "object",
  "properties": { "labels": { "type": "string", "minLength": 1 } },
  "additionalProperties": false
})";

}  // namespace

SAGAD_PLUGIN(registry) {
  registry.config_schema(kConfigSchema);
  const auto* labels = registry.config().if_contains("labels");
  const std::filesystem::path folder =
      labels == nullptr ? std::filesystem::temp_directory_path()
                        : std::filesystem::path(boost::json::value_to<std::string>(*labels));
  registry.migrations(kMigrations);
  registry.action("reserve", reserve, {.lock_key = "/order_id", .refuses_before_writing = true});
  registry.external_action("print_label", [folder](sagad::ExternalContext& context) {
    return print_label(context, folder);
  });
  registry.action("release", release, {.lock_key = "/order_id", .refuses_before_writing = true});
}
