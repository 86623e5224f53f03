// A plugin whose registration goes wrong in the way that its configuration names:
// {"case": "twice"}.

#include <sagad/plugin.hpp>
#include <stdexcept>

namespace {

constexpr std::string_view kSchema = R"({
  "type": "object",
  "required": ["case"],
  "properties": { "case": { "type": "string" }, "level": { "type": "integer", "minimum": 1 } },
  "additionalProperties": false
})";

constexpr sagad::Migration kRight[] = {{1, "initial", "SELECT 1"}, {2, "second", "SELECT 2"}};
constexpr sagad::Migration kGap[] = {{1, "initial", "SELECT 1"}, {3, "third", "SELECT 3"}};
constexpr sagad::Migration kFromZero[] = {{0, "initial", "SELECT 1"}};
constexpr sagad::Migration kEmpty[] = {{1, "initial", ""}};

sagad::Answer act(sagad::Context&) { return sagad::done(); }

void register_actions(sagad::Registry& registry, std::string_view which) {
  if (which == "none") return;
  registry.action("act", act);
  if (which == "twice") registry.action("act", act);
  if (which == "bad_name") registry.action("Act", act);
  if (which == "no_function") registry.batch_action("other", nullptr, nullptr);
  if (which == "bad_lock_key") registry.action("other", act, {.lock_key = "account"});
}

void register_migrations(sagad::Registry& registry, std::string_view which) {
  if (which == "gap") {
    registry.migrations(kGap);
  } else if (which == "from_zero") {
    registry.migrations(kFromZero);
  } else if (which == "empty_migration") {
    registry.migrations(kEmpty);
  } else {
    registry.migrations(kRight);
  }
}

}  // namespace

SAGAD_PLUGIN(registry) {
  // Before the schema, because these two have no valid one.
  const auto* early = registry.config().if_contains("case");
  if (early != nullptr && *early == "schema_not_json") registry.config_schema("{ type: object }");
  if (early != nullptr && *early == "schema_wrong") registry.config_schema(R"({"tpye": "object"})");

  registry.config_schema(kSchema);
  const auto which = boost::json::value_to<std::string>(registry.config().at("case"));
  if (which == "throw") throw std::runtime_error("no shipping today");
  if (which == "throw_int") throw 7;
  register_migrations(registry, which);
  register_actions(registry, which);
}
