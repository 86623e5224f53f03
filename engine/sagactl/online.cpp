#include "sagactl/online.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>

#include "base/json.hpp"
#include "sagactl/cells.hpp"
#include "sagactl/show.hpp"
#include "sagactl/table.hpp"

namespace sagad::ctl {
namespace {

namespace json = boost::json;
using std::chrono::steady_clock;

/// One question waits so long at most; then it is asked again.
constexpr base::Duration kOneWait{30'000};

std::string text(const json::value& document, const char* name) {
  const auto* member = document.as_object().if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->as_string().c_str()) : "";
}

base::Duration next_wait(const Wait& wait, base::Duration used) {
  if (!wait.limit) return kOneWait;
  return std::clamp(*wait.limit - used, base::Duration{0}, kOneWait);
}

std::string wait_text(base::Duration wait) { return base::format_duration(wait); }

/// Has come to rest: the API waits for no more.
bool is_settled(const std::string& status) {
  return status == "completed" || status == "compensated" || status == "paused" ||
         status == "failed";
}

ExitCode exit_code_of(const std::string& status) {
  if (status == "completed") return ExitCode::kOk;
  if (status == "compensated") return ExitCode::kCompensated;
  if (status == "paused") return ExitCode::kPaused;
  if (status == "failed") return ExitCode::kFailed;
  return ExitCode::kRunning;
}

base::Duration since(steady_clock::time_point start) {
  return std::chrono::duration_cast<base::Duration>(steady_clock::now() - start);
}

}  // namespace

std::string Online::read_input(const std::string& argument, const std::string& option) {
  std::string input = argument;
  if (argument == "@-") {
    input.assign(std::istreambuf_iterator<char>(in_), {});
  } else if (!argument.empty() && argument.front() == '@') {
    std::ifstream file(argument.substr(1), std::ios::binary);
    std::ostringstream content;
    if (!file || !(content << file.rdbuf())) {
      throw UsageError(option + ": cannot read the file '" + argument.substr(1) + "'");
    }
    input = content.str();
  }
  try {
    base::parse_document(input);
  } catch (const base::DocumentError& error) {
    throw UsageError(option + ": " + error.what());
  }
  return input;
}

ExitCode Online::refused(const Reply& reply) { return tell_problem(reply, as_json_, err_); }

ExitCode tell_problem(const Reply& reply, bool as_json, std::ostream& err) {
  if (as_json) {
    err << reply.text;
  } else {
    show_problem(err, reply.body.as_object());
  }
  switch (reply.status) {
    case 404:
      return ExitCode::kNotFound;
    case 409:
      return ExitCode::kConflict;
    case 429:
    case 503:
      return ExitCode::kTryLater;
    default:
      return ExitCode::kError;
  }
}

void Online::print(const Reply& reply) {
  if (as_json_) {
    out_ << reply.text;
  } else {
    show_saga(out_, reply.body.as_object(), now());
  }
}

ExitCode Online::await(const std::string& id, Reply reply, const Wait& wait, base::Duration used) {
  const auto start = steady_clock::now() - used;
  while (!is_settled(text(reply.body, "status"))) {
    const auto next = next_wait(wait, since(start));
    if (next.count() == 0) break;
    reply = client_.get({"v1", "sagas", id}, {{"wait", wait_text(next)}}, next);
    if (!reply.ok()) return refused(reply);
  }
  print(reply);
  return exit_code_of(text(reply.body, "status"));
}

ExitCode Online::run(const StartCommand& command) {
  const auto input = read_input(command.input);
  Query query;
  if (command.version) query.emplace_back("version", std::to_string(*command.version));
  base::Duration first{0};
  if (command.wait) {
    first = next_wait(*command.wait, base::Duration{0});
    query.emplace_back("wait", wait_text(first));
  }
  const auto start = steady_clock::now();
  auto reply = client_.post({"v1", "sagas", command.definition}, query, input, command.key, first);
  if (!reply.ok()) return refused(reply);
  const auto id = text(reply.body, "id");
  if (command.wait) return await(id, std::move(reply), *command.wait, since(start));
  if (as_json_) {
    out_ << reply.text;
  } else {
    out_ << id << '\n';
  }
  return ExitCode::kOk;
}

ExitCode Online::run(const GetCommand& command) {
  auto reply = client_.get({"v1", "sagas", command.id}, {});
  if (!reply.ok()) return refused(reply);
  if (command.wait) return await(command.id, std::move(reply), *command.wait, base::Duration{0});
  print(reply);
  return ExitCode::kOk;
}

ExitCode Online::run(const ListCommand& command) {
  auto query = command.filter.members();
  query.emplace_back("parent", command.parent);
  query.emplace_back("limit", std::to_string(command.limit));
  query.emplace_back("cursor", command.cursor);
  for (const auto& [name, value] : command.filter.tags) query.emplace_back("tag." + name, value);
  const auto reply = client_.get({"v1", "sagas"}, query);
  if (!reply.ok()) return refused(reply);
  if (as_json_) {
    out_ << reply.text;
  } else {
    show_sagas(out_, reply.body.as_object(), now());
  }
  return ExitCode::kOk;
}

ExitCode Online::run(const HistoryCommand& command) {
  const auto reply = client_.get({"v1", "sagas", command.id, "history"}, {});
  if (!reply.ok()) return refused(reply);
  if (as_json_) {
    out_ << reply.text;
  } else {
    show_history(out_, reply.body.as_object(), now());
  }
  return ExitCode::kOk;
}

ExitCode Online::run(const SignalCommand& command) {
  const auto payload = read_input(command.payload, "--payload");
  const auto reply =
      command.id.empty()
          ? client_.post({"v1", "signals", command.name},
                         {{"definition", command.definition}, {"key", command.saga_key}}, payload,
                         command.key)
          : client_.post({"v1", "sagas", command.id, "signals", command.name}, {}, payload,
                         command.key);
  if (!reply.ok()) return refused(reply);
  out_ << (as_json_ ? reply.text : text(reply.body, "saga") + "\n");
  return ExitCode::kOk;
}

ExitCode Online::run(const CompleteCommand& command) {
  json::object body{{"token", command.token}};
  if (command.code.empty()) {
    body["output"] = base::parse_document(read_input(command.output, "--output"));
  } else {
    body["code"] = command.code;
    body["message"] = command.message;
  }
  const auto reply = client_.post({"v1", "sagas", command.id, "steps", command.step, "complete"},
                                  {}, json::serialize(body), {});
  if (!reply.ok()) return refused(reply);
  if (as_json_) out_ << reply.text;
  return ExitCode::kOk;
}

ExitCode Online::run(const DefinitionsCommand& command) {
  std::vector<std::string> path{"v1", "definitions"};
  if (!command.name.empty()) path.push_back(command.name);
  const auto reply = client_.get(path, {});
  if (!reply.ok()) return refused(reply);
  if (as_json_) {
    out_ << reply.text;
  } else if (command.name.empty()) {
    show_definitions(out_, reply.body.as_object(), now());
  } else {
    show_definition(out_, reply.body.as_object(), now());
  }
  return ExitCode::kOk;
}

ExitCode Online::run(const DefinitionStateCommand& command) {
  json::object body{{"by", command.by}};
  if (!command.reason.empty()) body["reason"] = command.reason;
  const auto reply = client_.post({"v1", "definitions", command.name, "versions",
                                   std::to_string(command.version), command.verb},
                                  {}, json::serialize(body), "");
  if (!reply.ok()) return refused(reply);
  if (as_json_) {
    out_ << reply.text;
  } else {
    const auto& document = reply.body.as_object();
    const bool changed = member(document, "changed") == true;
    out_ << printable(command.name) << " v" << command.version << ": "
         << printable(cell(document, "state")) << (changed ? "" : " already") << '\n';
  }
  return ExitCode::kOk;
}

}  // namespace sagad::ctl
