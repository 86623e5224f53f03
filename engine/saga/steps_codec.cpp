#include <stdexcept>

#include "saga/instance.hpp"

// The steps' state is rewritten by every transition, so it is kept short: members that have their
// default value are left out.

namespace sagad::saga {
namespace {

void put_time(json::object& out, std::string_view key, const std::optional<base::Time>& time) {
  if (time) out[{key.data(), key.size()}] = base::to_micros(*time);
}

void put_number(json::object& out, std::string_view key, int value) {
  if (value != 0) out[{key.data(), key.size()}] = value;
}

json::object encode_step(const StepState& step) {
  json::object out;
  out["status"] = json::string_view(to_string(step.status).data(), to_string(step.status).size());
  out["since"] = base::to_micros(step.since);
  if (!step.reason.empty()) out["reason"] = step.reason;
  put_number(out, "attempt", step.attempt);
  put_number(out, "round", step.round);
  put_number(out, "resent", step.resent);
  put_time(out, "sent_at", step.sent_at);
  put_time(out, "first_dispatched", step.first_dispatched);
  put_time(out, "retry_at", step.retry_at);
  if (step.exhausted) out["exhausted"] = true;
  put_number(out, "queued_signals", step.queued_signals);
  if (step.last_error) {
    out["error"] = {{"code", step.last_error->code}, {"message", step.last_error->message}};
  }
  if (step.in_effect) out["in_effect"] = true;
  if (step.early_answer) {
    const auto& early = *step.early_answer;
    out["early_answer"] =
        early.done ? json::object{{"output", early.output}}
                   : json::object{{"code", early.error.code}, {"message", early.error.message}};
  }
  return out;
}

const json::value* find(const json::object& in, std::string_view key) {
  return in.if_contains({key.data(), key.size()});
}

int get_number(const json::object& in, std::string_view key) {
  const auto* value = find(in, key);
  return value == nullptr ? 0 : value->to_number<int>();
}

std::optional<base::Time> get_time(const json::object& in, std::string_view key) {
  const auto* value = find(in, key);
  if (value == nullptr) return std::nullopt;
  return base::from_micros(value->to_number<std::int64_t>());
}

std::string get_text(const json::object& in, std::string_view key) {
  const auto* value = find(in, key);
  return value == nullptr ? std::string() : std::string(value->as_string());
}

FinalAnswer decode_answer(const json::object& in) {
  if (const auto* output = find(in, "output")) return {true, *output, {}};
  return {false, nullptr, {get_text(in, "code"), get_text(in, "message")}};
}

StepState decode_step(const json::object& in) {
  StepState step;
  step.status = parse_step_status(get_text(in, "status"));
  step.since = get_time(in, "since").value_or(base::Time{});
  step.reason = get_text(in, "reason");
  step.attempt = get_number(in, "attempt");
  step.round = get_number(in, "round");
  step.resent = get_number(in, "resent");
  step.sent_at = get_time(in, "sent_at");
  step.first_dispatched = get_time(in, "first_dispatched");
  step.retry_at = get_time(in, "retry_at");
  if (const auto* exhausted = find(in, "exhausted")) step.exhausted = exhausted->as_bool();
  step.queued_signals = get_number(in, "queued_signals");
  if (const auto* error = find(in, "error")) {
    step.last_error =
        Error{get_text(error->as_object(), "code"), get_text(error->as_object(), "message")};
  }
  if (const auto* in_effect = find(in, "in_effect")) step.in_effect = in_effect->as_bool();
  if (const auto* early = find(in, "early_answer")) {
    step.early_answer = std::make_shared<const FinalAnswer>(decode_answer(early->as_object()));
  }
  return step;
}

}  // namespace

std::string encode_steps(const std::vector<StepState>& steps) {
  json::array out;
  out.reserve(steps.size());
  for (const auto& step : steps) out.push_back(encode_step(step));
  return json::serialize(out);
}

std::vector<StepState> decode_steps(std::string_view text) {
  try {
    const auto document = json::parse(json::string_view(text.data(), text.size()));
    std::vector<StepState> steps;
    steps.reserve(document.as_array().size());
    for (const auto& step : document.as_array()) steps.push_back(decode_step(step.as_object()));
    return steps;
  } catch (const std::exception& error) {
    // Boost.JSON throws std::invalid_argument and boost::system::system_error alike.
    throw std::invalid_argument(std::string("the steps of an instance cannot be read: ") +
                                error.what());
  }
}

}  // namespace sagad::saga
