#include "api/answer_routes.hpp"

#include <algorithm>
#include <array>

#include "api/parameters.hpp"
#include "runtime/dead_letter.hpp"

namespace sagad::api {
namespace {

using saga::FinalVerdict;

ProblemError bad_answer(const std::string& what) {
  return ProblemError({400, "bad_answer", "Bad answer",
                       what + "; send {\"token\", \"output\"} if the step is done, or "
                              "{\"token\", \"code\", \"message\"} if it has failed"});
}

void check_members(const json::object& body) {
  constexpr std::array<std::string_view, 4> kKnown{"token", "output", "code", "message"};
  for (const auto& member : body) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
      throw bad_answer("the member '" + std::string(name) + "' is not known");
    }
  }
}

std::string text_of(const json::object& body, const char* name) {
  const auto* member = body.if_contains(name);
  if (member == nullptr) return {};
  if (!member->is_string()) throw bad_answer(std::string("'") + name + "' is no string");
  return std::string(member->get_string());
}

saga::FinalAnswer answer_of(const json::object& body) {
  const auto* output = body.if_contains("output");
  const bool failed = body.contains("code") || body.contains("message");
  if (output != nullptr && failed) throw bad_answer("there is an 'output' and a 'code'");
  if (output != nullptr) return {true, *output, {}};
  const auto code = text_of(body, "code");
  if (const auto wrong = runtime::check_code(code); !wrong.empty()) throw bad_answer(wrong);
  return {false, nullptr, {code, runtime::printable(text_of(body, "message"))}};
}

Problem refusal(FinalVerdict verdict, const std::string& step) {
  const auto code = std::string(saga::to_string(verdict));
  const auto name = "step '" + step + "'";
  switch (verdict) {
    case FinalVerdict::kBadToken:
      return {403, code, "Bad token", "the token is not that of " + name + " of this saga"};
    case FinalVerdict::kUnknownStep:
      return {404, code, "Unknown step", "the saga's definition has no " + name};
    case FinalVerdict::kOther:
      return {409, code, "Other answer", name + " has another final answer already"};
    case FinalVerdict::kTurnedBack:
      return {
          409, code, "Saga turned back",
          "the saga did not wait for the answer: it has turned back or was given up, and what " +
              name + " did is undone"};
    case FinalVerdict::kOldRound:
      return {409, code, "Old token",
              "the token is of an earlier round; " + name + " was begun anew since"};
    default:
      return {409, code, "Not waiting", name + " takes no answer: it does not wait for one"};
  }
}

}  // namespace

bool has_token(const json::value& body) {
  const auto* object = body.if_object();
  return object != nullptr && object->contains("token");
}

Response complete_with_token(const Request& request, const json::value& body,
                             runtime::FinalAnswers& answers) {
  check_query(request, {});
  const auto id = saga_id(request.parameters.at(0));
  const auto& step = request.parameters.at(1);
  if (!body.is_object()) throw bad_answer("the body is no object");
  check_members(body.get_object());
  const auto token = text_of(body.get_object(), "token");
  if (token.empty()) throw bad_answer("there is no 'token'");
  const auto verdict = answers.submit(id, step, token, answer_of(body.get_object()));
  if (!verdict) {
    throw ProblemError({404, "unknown_saga", "Unknown saga", "there is no saga " + id.str()});
  }
  if (!saga::is_accepted(*verdict)) throw ProblemError(refusal(*verdict, step));
  return json_response(json::object{
      {"id", id.str()}, {"step", step}, {"existing", *verdict == FinalVerdict::kKnown}});
}

}  // namespace sagad::api
