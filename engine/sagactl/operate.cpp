#include "sagactl/operate.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "sagactl/online.hpp"
#include "sagactl/show.hpp"
#include "sagactl/table.hpp"

namespace sagad::ctl {
namespace {

namespace json = boost::json;

constexpr base::Duration kDefaultWait{10'000};

std::string text(const json::object& document, const char* name) {
  const auto* member = document.if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->as_string().c_str()) : "";
}

void put_text(json::object& body, const char* name, const std::string& value) {
  if (!value.empty()) body[name] = value;
}

json::object body_of(const VerbCommand& command) {
  json::object body;
  put_text(body, "by", command.by);
  put_text(body, "reason", command.reason);
  if (command.force) body["force"] = true;
  if (command.value) {
    try {
      body[command.verb == "edit" ? "input" : "output"] = base::parse_document(*command.value);
    } catch (const base::DocumentError& error) {
      throw UsageError(std::string(command.verb == "edit" ? "--input: " : "--output: ") +
                       error.what());
    }
  }
  return body;
}

constexpr const char* kResults[] = {"applied", "unchanged", "pending", "refused", "failed"};

std::int64_t number(const json::object& document, const char* name) {
  const auto* member = document.if_contains(name);
  return member != nullptr && member->is_int64() ? member->get_int64() : 0;
}

/// Adds what one request has done; how many sagas that was.
std::int64_t add_page(json::object& total, const json::object& page) {
  std::int64_t sagas = 0;
  for (const auto* name : kResults) {
    sagas += number(page, name);
    total[name] = number(total, name) + number(page, name);
  }
  const auto* refusals = page.if_contains("refusals");
  if (refusals != nullptr && refusals->is_array()) {
    auto& all = total["refusals"].as_array();
    for (const auto& one : refusals->get_array()) all.push_back(one);
  }
  return sagas;
}

void show_matching(std::ostream& out, const json::object& page) {
  out << number(page, "matching") << " sagas match; nothing was done\n";
  const auto* groups = page.if_contains("sagas");
  if (groups == nullptr || !groups->is_array() || groups->get_array().empty()) return;
  Table table({"DEFINITION", "STATUS", "COUNT"});
  for (const auto& item : groups->get_array()) {
    const auto& group = item.as_object();
    table.add(
        {text(group, "definition"), text(group, "status"), std::to_string(number(group, "count"))});
  }
  table.print(out);
}

ExitCode exit_code_of(const std::string& result) {
  return result == "pending" ? ExitCode::kRunning : ExitCode::kOk;
}

}  // namespace

std::optional<std::string> Operate::find(const VerbCommand& command) {
  if (!command.id.empty()) return command.id;
  const auto reply = client_.get(
      {"v1", "sagas"}, {{"key", command.key}, {"definition", command.definition}, {"limit", "2"}});
  if (!reply.ok()) {
    tell_problem(reply, as_json_, err_);
    return std::nullopt;
  }
  const auto* sagas = reply.body.as_object().if_contains("sagas");
  const auto count = sagas != nullptr && sagas->is_array() ? sagas->get_array().size() : 0;
  if (count == 1) return text(sagas->get_array().front().as_object(), "id");
  if (count > 1) {
    throw UsageError("several definitions have a saga with the key '" + command.key +
                     "': say which with --definition");
  }
  err_ << "sagactl: there is no saga with the key '" << printable(command.key) << "'"
       << (command.definition.empty() ? "" : " of this definition") << '\n';
  return std::nullopt;
}

ExitCode Operate::run(const VerbCommand& command) {
  const auto body = json::serialize(body_of(command));
  const auto id = find(command);
  if (!id) return ExitCode::kNotFound;
  std::vector<std::string> path{"v1", "sagas", *id};
  if (!command.step.empty()) path.insert(path.end(), {"steps", command.step});
  path.push_back(command.verb);
  const auto wait = command.wait.value_or(kDefaultWait);
  const auto reply = client_.post(path, {{"wait", base::format_duration(wait)}}, body, {}, wait);
  if (!reply.ok()) return tell_problem(reply, as_json_, err_);
  const auto& document = reply.body.as_object();
  const auto result = text(document, "result");
  if (as_json_) {
    out_ << reply.text;
    return exit_code_of(result);
  }
  out_ << command.verb << (command.step.empty() ? "" : " " + command.step) << ": "
       << printable(result) << '\n';
  if (result == "pending") {
    out_ << "waits for an answer of a participant; look again with: sagactl get " << *id << '\n';
  }
  if (const auto* saga = document.if_contains("saga"); saga != nullptr && saga->is_object()) {
    show_saga(out_, saga->get_object(), base::SystemClock{}.now());
  }
  return exit_code_of(result);
}

ExitCode Operate::run(const BulkCommand& command) {
  auto body = body_of(command.verb);
  json::object filter;
  for (const auto& [name, value] : command.filter.members()) filter[name] = value;
  if (!command.filter.tags.empty()) {
    json::object tags;
    for (const auto& [name, value] : command.filter.tags) tags[name] = value;
    filter["tags"] = std::move(tags);
  }
  body["verb"] = command.verb.verb;
  put_text(body, "step", command.verb.step);
  body["filter"] = std::move(filter);
  body["max_per_second"] = command.max_per_second;
  if (command.dry_run) body["dry_run"] = true;
  json::object total{{"refusals", json::array()}};
  for (auto left = std::int64_t{command.limit}; left > 0;) {
    body["limit"] = std::min<std::int64_t>(left, 10'000);
    const auto reply = client_.post({"v1", "sagas", "bulk"}, {}, json::serialize(body), {},
                                    base::Duration{30'000});
    if (!reply.ok()) {
      if (total.size() > 1) tell(total);
      return tell_problem(reply, as_json_, err_);
    }
    const auto& page = reply.body.as_object();
    if (command.dry_run) {
      if (as_json_) {
        out_ << reply.text;
      } else {
        show_matching(out_, page);
      }
      return ExitCode::kOk;
    }
    left -= add_page(total, page);
    const auto cursor = text(page, "next_cursor");
    if (cursor.empty()) break;
    body["cursor"] = cursor;
  }
  return tell(total);
}

ExitCode Operate::tell(const json::object& total) {
  if (as_json_) {
    out_ << json::serialize(total) << '\n';
  } else {
    for (const auto* name : kResults) out_ << name << ' ' << number(total, name) << '\n';
    for (const auto& item : total.at("refusals").as_array()) {
      const auto& one = item.as_object();
      err_ << printable(text(one, "saga")) << ": " << printable(text(one, "code")) << ": "
           << printable(text(one, "message")) << '\n';
    }
  }
  const bool all_well = number(total, "refused") == 0 && number(total, "failed") == 0;
  return all_well ? ExitCode::kOk : ExitCode::kError;
}

}  // namespace sagad::ctl
