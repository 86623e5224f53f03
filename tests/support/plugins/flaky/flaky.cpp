// What goes wrong in services, on demand. Every action may stand as an action or as a
// compensation, and every one that takes effect writes a row of tbl_flaky_effect and has the
// output {"effect_id": n}.
//
//   ok                  takes effect (undo: the same, under the name of a compensation)
//   refuse              failed `refused` (or input.code); with input.write_first after a write
//   transient_then_ok   input.times calls answer retry `transient` (or input.code), then ok
//   throw               throws a std::runtime_error; with input.times only that often, then ok
//   sqlstate            raises input.state in SQL; with input.times only that often, then ok
//   sleep               sleeps input.ms in the process (idle in transaction), then ok
//   sleep_in_sql        sleeps input.ms in the database, then ok
//   commit              writes, says COMMIT, answers done
//   deferred_violation  breaks a deferred constraint, answers done
//   crash               abort(); with input.times only that often, then ok
//   later               takes effect, keeps its token in tbl_flaky_token, answers later
//   outside             external: counts the call, takes effect outside once per idempotency key
//                       (a row of tbl_flaky_outside), sleeps input.ms, answers done; with
//                       input.refuse_after later calls than that answer failed `refused`
//   outside_undo        external: undoes that
//   huge_output         takes effect; its output has input.bytes more bytes
//
// Where input.times is given, calls are counted per (saga, step, kind) on a connection of the
// plugin's own: config {"database": "postgresql://…"}.

#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <thread>

#include "flaky_migrations.gen.hpp"
#include "flaky_queries.gen.hpp"
#include "journal.hpp"

namespace flaky {
namespace {

using sagad::Answer;
using sagad::Context;

const boost::json::value* member(const Context& context, std::string_view name) {
  const auto* input = context.input.if_object();
  return input == nullptr ? nullptr : input->if_contains(name);
}

std::string text(const Context& context, std::string_view name, const std::string& otherwise) {
  const auto* value = member(context, name);
  return value == nullptr ? otherwise : boost::json::value_to<std::string>(*value);
}

std::int64_t number(const Context& context, std::string_view name, std::int64_t otherwise) {
  const auto* value = member(context, name);
  return value == nullptr ? otherwise : value->as_int64();
}

Answer take_effect(Context& context, const std::string& action) {
  return sagad::done(boost::json::object{{"effect_id", record_effect(context, action)}});
}

Answer refuse(Context& context) {
  const auto* write_first = member(context, "write_first");
  if (write_first != nullptr && write_first->as_bool()) record_effect(context, "refuse");
  return sagad::failed(text(context, "code", "refused"), "refused on demand");
}

Answer sleep_here(Context& context) {
  std::this_thread::sleep_for(std::chrono::milliseconds(number(context, "ms", 0)));
  return take_effect(context, "sleep");
}

Answer sleep_in_sql(Context& context) {
  context.tx.exec(queries::kSleepInSql, number(context, "ms", 0));
  return take_effect(context, "sleep_in_sql");
}

Answer commit(Context& context) {
  auto answer = take_effect(context, "commit");
  context.tx.exec_raw("COMMIT");
  return answer;
}

Answer deferred_violation(Context& context) {
  context.tx.exec(queries::kViolateDeferred);
  return take_effect(context, "deferred_violation");
}

Answer huge_output(Context& context) {
  boost::json::object output;
  output["effect_id"] = record_effect(context, "huge_output");
  output["text"] = std::string(static_cast<std::size_t>(number(context, "bytes", 1'000'000)), 'x');
  return sagad::done(std::move(output));
}

Answer later(Context& context) {
  record_effect(context, "later");
  record_token(context);
  return sagad::later("flaky is called back");
}

sagad::ExternalFunction outside(const std::shared_ptr<const CallCounter>& counter) {
  return [counter](sagad::ExternalContext& context) -> Answer {
    const auto call = counter->count(context.execution, "outside");
    const auto& input = context.input.as_object();
    const auto* refuse_after = input.if_contains("refuse_after");
    if (refuse_after != nullptr && call > refuse_after->as_int64()) {
      return sagad::failed("refused", "refused on demand");
    }
    counter->act_outside(context.execution);
    const auto* ms = input.if_contains("ms");
    std::this_thread::sleep_for(std::chrono::milliseconds(ms == nullptr ? 0 : ms->as_int64()));
    return sagad::done();
  };
}

sagad::ExternalFunction outside_undo(const std::shared_ptr<const CallCounter>& counter) {
  return [counter](sagad::ExternalContext& context) -> Answer {
    counter->undo_outside(context.execution);
    return sagad::done();
  };
}

/// Calls `trouble` as often as input.times says (always without it), then takes effect.
template <typename Trouble>
sagad::ActionFunction troubled(const std::shared_ptr<const CallCounter>& counter,
                               const std::string& name, Trouble trouble) {
  return [counter, name, trouble](Context& context) -> Answer {
    const bool counted = member(context, "times") != nullptr;
    const auto call = counted ? counter->count(context.execution, name) : 0;
    if (!counted || call <= number(context, "times", 0)) return trouble(context);
    return take_effect(context, name);
  };
}

Answer transient(Context& context) {
  return sagad::retry(text(context, "code", "transient"), "transient on demand");
}

Answer throw_here(Context&) { throw std::runtime_error("thrown on demand"); }

Answer raise_in_sql(Context& context) {
  context.tx.exec(queries::kRaiseSqlState, text(context, "state", "P0001"));
  throw std::logic_error("flaky_raise() came back");
}

Answer crash(Context&) { std::abort(); }

constexpr std::string_view kConfigSchema = R"({
  "type": "object",
  "properties": { "database": { "type": "string" } },
  "additionalProperties": false
})";

}  // namespace
}  // namespace flaky

SAGAD_PLUGIN(registry) {
  using namespace flaky;
  registry.config_schema(kConfigSchema);
  registry.migrations(kMigrations);
  const auto* database = registry.config().if_contains("database");
  const auto counter = std::make_shared<const CallCounter>(
      database == nullptr ? std::string() : boost::json::value_to<std::string>(*database));

  registry.action("ok", [](Context& context) { return take_effect(context, "ok"); });
  registry.action("undo", [](Context& context) { return take_effect(context, "undo"); });
  registry.action("refuse", refuse);
  registry.action("transient_then_ok", troubled(counter, "transient_then_ok", transient));
  registry.action("throw", troubled(counter, "throw", throw_here));
  registry.action("sqlstate", troubled(counter, "sqlstate", raise_in_sql));
  registry.action("sleep", sleep_here);
  registry.action("sleep_in_sql", sleep_in_sql);
  registry.action("commit", commit);
  registry.action("deferred_violation", deferred_violation);
  registry.action("crash", troubled(counter, "crash", crash));
  registry.action("later", later);
  registry.external_action("outside", outside(counter));
  registry.external_action("outside_undo", outside_undo(counter));
  registry.action("huge_output", huge_output);
}
