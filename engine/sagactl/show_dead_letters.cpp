#include "sagactl/cells.hpp"
#include "sagactl/show.hpp"
#include "sagactl/table.hpp"

namespace sagad::ctl {

namespace json = boost::json;

void show_dead_letters(std::ostream& out, const json::object& page, base::Time now) {
  Table table({"ID", "STATE", "AT", "TIMES", "PARTICIPANT", "REASON", "SAGA", "MESSAGE"});
  for (const auto& item : items(page, "dead_letters")) {
    const auto& letter = item.as_object();
    table.add({cell(letter, "id"), cell(letter, "state"), time_cell(letter, "last_at", now),
               cell(letter, "times"), cell(letter, "participant"), cell(letter, "reason"),
               cell(letter, "saga"), cell(letter, "message")});
  }
  table.print(out);
  const auto next = cell(page, "next_cursor");
  if (next != "-") out << "more: --cursor " << printable(next) << '\n';
}

void show_dead_letter(std::ostream& out, const json::object& letter, base::Time now) {
  Table fields({"dead letter", cell(letter, "id")});
  const auto field = [&](const char* name, const std::string& value) {
    if (value != "-") fields.add({name, value});
  };
  field("state", cell(letter, "state"));
  field("first", moment_cell(letter, "at", now));
  field("last", moment_cell(letter, "last_at", now));
  field("times", cell(letter, "times"));
  field("saga", cell(letter, "saga"));
  field("participant", cell(letter, "participant"));
  field("subject", cell(letter, "subject"));
  field("reason", cell(letter, "reason"));
  field("message", cell(letter, "message"));
  field("handled", moment_cell(letter, "handled_at", now));
  field("by", cell(letter, "handled_by"));
  field("why", cell(letter, "handled_reason"));
  field("payload", cell(letter, "payload"));
  fields.print(out);
}

void show_handled(std::ostream& out, const json::object& answer) {
  if (answer.if_contains("id") != nullptr) {
    const auto result = cell(answer, "result");
    const auto saga = cell(answer, "saga");
    out << "dead letter " << printable(cell(answer, "id")) << ": "
        << printable(cell(answer, "state")) << (result == "-" ? "" : ", " + printable(result))
        << (saga == "-" ? "" : ", saga " + printable(saga)) << '\n';
    return;
  }
  out << printable(cell(answer, "open")) << " open";
  if (answer.if_contains("results") != nullptr) {
    for (const auto& [name, count] : member(answer, "results").as_object()) {
      out << ", " << printable(cell(count)) << ' ' << printable(std::string(name));
    }
  }
  if (answer.if_contains("discarded") != nullptr) {
    out << ", " << printable(cell(answer, "discarded")) << " discarded";
  }
  out << '\n';
  for (const auto& refusal : items(answer, "refused")) {
    const auto& one = refusal.as_object();
    for (const auto& error : items(one, "errors")) {
      out << "  " << printable(cell(one, "id")) << ": " << printable(cell(error)) << '\n';
    }
  }
}

}  // namespace sagad::ctl
