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

json::array encode_edits(const std::vector<EditedInput>& edits) {
  json::array out;
  for (const auto& edit : edits) {
    json::object one{{"round", edit.round}, {"input", edit.input ? *edit.input : json::value()}};
    if (edit.undo) one["undo"] = true;
    out.push_back(std::move(one));
  }
  return out;
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
  put_number(out, "done_round", step.done_round);
  if (step.by_hand) out["by_hand"] = true;
  if (step.forced) out["forced"] = true;
  if (!step.edits.empty()) out["edits"] = encode_edits(step.edits);
  if (!step.child_digest.empty()) out["child_digest"] = step.child_digest;
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
  put_number(out, "items", static_cast<int>(step.items.size()));
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

bool get_flag(const json::object& in, std::string_view key) {
  const auto* value = find(in, key);
  return value != nullptr && value->as_bool();
}

std::vector<EditedInput> decode_edits(const json::array& in) {
  std::vector<EditedInput> edits;
  for (const auto& value : in) {
    const auto& one = value.as_object();
    edits.push_back({get_flag(one, "undo"), get_number(one, "round"),
                     std::make_shared<const json::value>(one.at("input"))});
  }
  return edits;
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
  step.exhausted = get_flag(in, "exhausted");
  step.queued_signals = get_number(in, "queued_signals");
  step.done_round = get_number(in, "done_round");
  step.by_hand = get_flag(in, "by_hand");
  step.forced = get_flag(in, "forced");
  if (const auto* edits = find(in, "edits")) step.edits = decode_edits(edits->as_array());
  step.child_digest = get_text(in, "child_digest");
  if (const auto* error = find(in, "error")) {
    step.last_error =
        Error{get_text(error->as_object(), "code"), get_text(error->as_object(), "message")};
  }
  if (const auto* in_effect = find(in, "in_effect")) step.in_effect = in_effect->as_bool();
  if (const auto* early = find(in, "early_answer")) {
    step.early_answer = std::make_shared<const FinalAnswer>(decode_answer(early->as_object()));
  }
  if (const int items = get_number(in, "items"); items > 0) {
    StepState item;  // what it is until it is started, and gets a row of its own
    item.since = step.since;
    item.round = step.round;
    step.items.assign(static_cast<std::size_t>(items), item);
  }
  return step;
}

/// Boost.JSON throws std::invalid_argument and boost::system::system_error alike.
[[noreturn]] void refuse(const std::exception& error) {
  throw std::invalid_argument(std::string("the steps of an instance cannot be read: ") +
                              error.what());
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
    // An edited input may be as deep as it likes to be at the doors, and is a few levels down here.
    json::parse_options options;
    options.max_depth = base::DocumentLimits{}.max_depth + 8;
    const auto document = json::parse(json::string_view(text.data(), text.size()), {}, options);
    std::vector<StepState> steps;
    steps.reserve(document.as_array().size());
    for (const auto& step : document.as_array()) steps.push_back(decode_step(step.as_object()));
    return steps;
  } catch (const std::exception& error) {
    refuse(error);
  }
}

std::string encode_item(const StepState& item) { return json::serialize(encode_step(item)); }

StepState decode_item(std::string_view text) {
  try {
    return decode_step(json::parse(json::string_view(text.data(), text.size())).as_object());
  } catch (const std::exception& error) {
    refuse(error);
  }
}

}  // namespace sagad::saga
