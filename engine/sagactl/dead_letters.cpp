#include <boost/json.hpp>

#include "sagactl/online.hpp"
#include "sagactl/show.hpp"

namespace sagad::ctl {
namespace {

namespace json = boost::json;
using Verb = DeadLettersCommand::Verb;

json::object handling(const DeadLettersCommand& command) {
  json::object body{{"by", command.by}};
  if (!command.reason.empty()) body["reason"] = command.reason;
  return body;
}

json::object bulk(const DeadLettersCommand& command) {
  auto body = handling(command);
  json::object filter;
  if (!command.participant.empty()) filter["participant"] = command.participant;
  if (!command.code.empty()) filter["reason"] = command.code;
  if (!command.saga.empty()) filter["saga"] = command.saga;
  body["filter"] = std::move(filter);
  if (command.limit > 0) body["limit"] = command.limit;
  body["dry_run"] = command.dry_run;
  return body;
}

std::string limit_text(int limit) { return limit > 0 ? std::to_string(limit) : ""; }

}  // namespace

ExitCode Online::run(const DeadLettersCommand& command) {
  if (command.verb == Verb::kList) return list_dead_letters(command);
  if (command.verb == Verb::kShow) {
    const auto reply = client_.get({"v1", "dead-letters", std::to_string(command.ids.at(0))}, {});
    if (!reply.ok()) return refused(reply);
    if (as_json_) {
      out_ << reply.text;
    } else {
      show_dead_letter(out_, reply.body.as_object(), now());
    }
    return ExitCode::kOk;
  }
  return handle_dead_letters(command);
}

ExitCode Online::list_dead_letters(const DeadLettersCommand& command) {
  const auto reply =
      client_.get({"v1", "dead-letters"}, {{"state", command.state == "all" ? "" : command.state},
                                           {"participant", command.participant},
                                           {"reason", command.code},
                                           {"saga", command.saga},
                                           {"limit", limit_text(command.limit)},
                                           {"cursor", command.cursor}});
  if (!reply.ok()) return refused(reply);
  if (as_json_) {
    out_ << reply.text;
  } else {
    show_dead_letters(out_, reply.body.as_object(), now());
  }
  return ExitCode::kOk;
}

/// Of several the first refusal is the exit code, and the others are tried all the same.
ExitCode Online::handle_dead_letters(const DeadLettersCommand& command) {
  const std::string verb = command.verb == Verb::kRedrive ? "redrive" : "discard";
  const auto tell = [&](const Reply& reply) {
    if (!reply.ok()) return refused(reply);
    if (as_json_) {
      out_ << reply.text;
    } else {
      show_handled(out_, reply.body.as_object());
    }
    return ExitCode::kOk;
  };
  if (command.all) {
    const auto reply =
        client_.post({"v1", "dead-letters", verb}, {}, json::serialize(bulk(command)), "");
    const auto code = tell(reply);
    if (code != ExitCode::kOk) return code;
    const auto* refusals = reply.body.as_object().if_contains("refused");
    const bool clean = refusals == nullptr || refusals->as_array().empty();
    return clean ? ExitCode::kOk : ExitCode::kError;
  }
  auto first = ExitCode::kOk;
  for (const auto id : command.ids) {
    const auto code = tell(client_.post({"v1", "dead-letters", std::to_string(id), verb}, {},
                                        json::serialize(handling(command)), ""));
    if (first == ExitCode::kOk) first = code;
  }
  return first;
}

}  // namespace sagad::ctl
