#include "sagactl/show.hpp"

#include <string>

#include "sagactl/cells.hpp"
#include "sagactl/table.hpp"

namespace sagad::ctl {

namespace json = boost::json;

namespace {

/// What a step does: an action, or the kind of the step.
std::string action_cell(const json::object& step) {
  const auto action = cell(step, "action");
  const auto child = cell(step, "child");
  if (child != "-") return "child " + child;
  return action == "-" ? cell(step, "kind") : action;
}

void show_sagas(std::ostream& out, const json::object& page, base::Time now, const char* name) {
  Table table({"ID", "DEFINITION", "STATUS", "CREATED", "ENDED", "KEY", "REASON"});
  for (const auto& item : items(page, name)) {
    const auto& saga = item.as_object();
    table.add({cell(saga, "id"), cell(saga, "definition") + " v" + cell(saga, "version"),
               cell(saga, "status"), time_cell(saga, "created_at", now),
               time_cell(saga, "ended_at", now), cell(saga, "key"), cell(saga, "reason")});
  }
  table.print(out);
}

/// ` (7 of 10 done)`
std::string items_cell(const json::value& fan) {
  if (!fan.is_object()) return "";
  const auto& counts = member(fan.as_object(), "counts");
  const auto done = counts.is_object() ? cell(counts.as_object(), "done") : std::string("-");
  return " (" + (done == "-" ? "0" : done) + " of " + cell(fan.as_object(), "total") + " done)";
}

/// The items of fan-outs that need a look.
void show_items(std::ostream& out, const json::object& saga, base::Time now) {
  Table table({"STEP", "ITEM", "STATUS", "SINCE", "ATTEMPTS", "NEXT RETRY", "LAST ERROR"});
  bool any = false;
  for (const auto& step : items(saga, "steps")) {
    const auto& fan = member(step.as_object(), "items");
    if (!fan.is_object()) continue;
    for (const auto& notable : items(fan.as_object(), "notable")) {
      const auto& item = notable.as_object();
      table.add({cell(step.as_object(), "id"), cell(item, "item"), cell(item, "status"),
                 time_cell(item, "since", now), cell(item, "attempts"),
                 time_cell(item, "next_retry_at", now), error_cell(member(item, "last_error"))});
      any = true;
    }
  }
  if (!any) return;
  out << '\n';
  table.print(out);
}

}  // namespace

void show_saga(std::ostream& out, const json::object& saga, base::Time now) {
  Table fields({"saga", cell(saga, "id")});
  const auto field = [&](const char* name, const std::string& value) {
    if (value != "-") fields.add({name, value});
  };
  const auto reason = cell(saga, "reason");
  const auto version = cell(saga, "version");
  field("definition", cell(saga, "definition") + (version == "-" ? "" : " v" + version));
  field("key", cell(saga, "key"));
  const auto& parent = member(saga, "parent");
  if (parent.is_object()) {
    field("parent", cell(parent.as_object(), "saga") + " " + cell(parent.as_object(), "step"));
  }
  field("status", cell(saga, "status") + (reason == "-" ? "" : " (" + reason + ")"));
  field("error", error_cell(member(saga, "error")));
  field("created", moment_cell(saga, "created_at", now));
  field("ended", moment_cell(saga, "ended_at", now));
  if (cell(saga, "ended_at") == "-") field("deadline", moment_cell(saga, "deadline_at", now));
  if (const auto* tags = member(saga, "tags").if_object(); tags != nullptr) {
    std::string all;
    for (const auto& [name, value] : *tags) {
      all += (all.empty() ? "" : ", ") + std::string(name) + "=" + cell(value);
    }
    if (!all.empty()) field("tags", all);
  }
  field("input", cell(saga, "input"));
  field("output", cell(saga, "output"));
  fields.print(out);
  if (items(saga, "steps").empty()) return;

  out << '\n';
  Table steps(
      {"STEP", "ACTION", "STATUS", "SINCE", "ATTEMPTS", "NEXT RETRY", "REASON", "LAST ERROR"});
  for (const auto& item : items(saga, "steps")) {
    const auto& step = item.as_object();
    steps.add({cell(step, "id"), action_cell(step),
               cell(step, "status") + items_cell(member(step, "items")),
               time_cell(step, "since", now), cell(step, "attempts"),
               time_cell(step, "next_retry_at", now), cell(step, "reason"),
               error_cell(member(step, "last_error"))});
  }
  steps.print(out);
  show_items(out, saga, now);
  if (items(saga, "children").empty()) return;
  out << "\nchildren\n";
  show_sagas(out, saga, now, "children");
}

void show_sagas(std::ostream& out, const json::object& page, base::Time now) {
  show_sagas(out, page, now, "sagas");
  const auto next = cell(page, "next_cursor");
  if (next != "-") out << "more: --cursor " << printable(next) << '\n';
}

void show_history(std::ostream& out, const json::object& history, base::Time now) {
  Table table({"SEQ", "AT", "", "STEP", "EVENT", "DETAIL"});
  for (const auto& item : items(history, "events")) {
    const auto& event = item.as_object();
    json::object detail;
    for (const auto& [name, value] : event) {
      if (name != "sequence" && name != "at" && name != "step" && name != "type") {
        detail[name] = value;
      }
    }
    table.add({cell(event, "sequence"), cell(event, "at"), time_cell(event, "at", now),
               cell(event, "step"), cell(event, "type"),
               detail.empty() ? "" : json::serialize(detail)});
  }
  table.print(out);
}

void show_definitions(std::ostream& out, const json::object& list, base::Time now) {
  Table table({"NAME", "VERSION", "STATE", "LIVE", "DIGEST", "ADDED", "DESCRIPTION"});
  for (const auto& item : items(list, "definitions")) {
    const auto& definition = item.as_object();
    table.add({cell(definition, "name"), cell(definition, "version"), cell(definition, "state"),
               cell(definition, "live"), cell(definition, "digest").substr(0, 12),
               time_cell(definition, "added_at", now), cell(definition, "description")});
  }
  table.print(out);
}

void show_definition(std::ostream& out, const json::object& definition, base::Time now) {
  for (const auto& item : items(definition, "versions")) {
    const auto& version = item.as_object();
    Table fields({"definition", cell(version, "name") + " v" + cell(version, "version")});
    fields.add({"state", cell(version, "state")});
    fields.add({"since", moment_cell(version, "state_since", now)});
    if (const auto by = cell(version, "state_by"); by != "-") fields.add({"by", by});
    if (const auto why = cell(version, "state_reason"); why != "-") fields.add({"why", why});
    fields.add({"live", cell(version, "live")});
    fields.add({"added", moment_cell(version, "added_at", now)});
    fields.add({"digest", cell(version, "digest")});
    fields.add({"document", cell(version, "definition")});
    fields.print(out);
  }
}

void show_problem(std::ostream& err, const json::object& problem) {
  err << "sagactl: " << printable(cell(problem, "title")) << " ("
      << printable(cell(problem, "status")) << "): " << printable(cell(problem, "detail")) << '\n';
  for (const auto& error : items(problem, "errors")) err << "  " << printable(cell(error)) << '\n';
}

}  // namespace sagad::ctl
