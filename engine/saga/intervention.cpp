#include "saga/intervention.hpp"

#include <stdexcept>

#include "base/enum_names.hpp"

namespace sagad::saga {
namespace {

constexpr base::EnumNames<Verb, 8> kVerbs{{{Verb::kCancel, "cancel"},
                                           {Verb::kPause, "pause"},
                                           {Verb::kResume, "resume"},
                                           {Verb::kRetry, "retry"},
                                           {Verb::kSkip, "skip"},
                                           {Verb::kComplete, "complete"},
                                           {Verb::kFail, "fail"},
                                           {Verb::kEdit, "edit"}}};

constexpr base::EnumNames<Verdict::Kind, 4> kVerdicts{{{Verdict::Kind::kApplied, "applied"},
                                                       {Verdict::Kind::kUnchanged, "unchanged"},
                                                       {Verdict::Kind::kPending, "pending"},
                                                       {Verdict::Kind::kRefused, "refused"}}};

void put_text(json::object& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out[{key.data(), key.size()}] = text;
}

json::object encode_error(const Error& error) {
  return {{"code", error.code}, {"message", error.message}};
}

json::object encode_pending(const PendingIntervention& pending) {
  const auto& order = pending.order;
  json::object out;
  out["verb"] = json::string_view(to_string(order.verb).data(), to_string(order.verb).size());
  put_text(out, "id", order.id);
  put_text(out, "step", order.step);
  if (order.force) out["force"] = true;
  put_text(out, "by", order.by);
  put_text(out, "reason", order.reason);
  if (order.value) out["value"] = *order.value;
  if (pending.resumes) out["resumes"] = true;
  put_text(out, "proved_done", pending.proved_done);
  return out;
}

std::string get_text(const json::object& in, std::string_view key) {
  const auto* value = in.if_contains({key.data(), key.size()});
  return value == nullptr ? std::string() : std::string(value->as_string());
}

bool get_flag(const json::object& in, std::string_view key) {
  const auto* value = in.if_contains({key.data(), key.size()});
  return value != nullptr && value->as_bool();
}

Error decode_error(const json::value& in) {
  return {get_text(in.as_object(), "code"), get_text(in.as_object(), "message")};
}

PendingIntervention decode_pending(const json::object& in) {
  PendingIntervention pending;
  pending.order.verb = parse_verb(get_text(in, "verb"));
  pending.order.id = get_text(in, "id");
  pending.order.step = get_text(in, "step");
  pending.order.force = get_flag(in, "force");
  pending.order.by = get_text(in, "by");
  pending.order.reason = get_text(in, "reason");
  if (const auto* value = in.if_contains("value")) {
    pending.order.value = std::make_shared<const json::value>(*value);
  }
  pending.resumes = get_flag(in, "resumes");
  pending.proved_done = get_text(in, "proved_done");
  return pending;
}

}  // namespace

std::string_view to_string(Verb verb) { return base::name_of(kVerbs, verb); }
Verb parse_verb(std::string_view text) { return base::parse_name(kVerbs, text, "verb"); }
bool needs_step(Verb verb) {
  return verb == Verb::kSkip || verb == Verb::kComplete || verb == Verb::kEdit;
}
std::string_view to_string(Verdict::Kind kind) { return base::name_of(kVerdicts, kind); }

bool Control::empty() const {
  return !paused_at && reason.empty() && !error && !forced && !pending;
}

std::string encode_control(const Control& control) {
  if (control.empty()) return {};
  json::object out;
  if (control.paused_at) out["paused_at"] = base::to_micros(*control.paused_at);
  put_text(out, "reason", control.reason);
  if (control.error) out["error"] = encode_error(*control.error);
  if (control.forced) out["forced"] = true;
  if (control.pending) out["pending"] = encode_pending(*control.pending);
  return json::serialize(out);
}

Control decode_control(std::string_view text) {
  if (text.empty()) return {};
  try {
    json::parse_options options;
    options.max_depth = base::DocumentLimits{}.max_depth + 8;
    const auto document = json::parse({text.data(), text.size()}, {}, options);
    const auto& in = document.as_object();
    Control control;
    if (const auto* at = in.if_contains("paused_at")) {
      control.paused_at = base::from_micros(at->to_number<std::int64_t>());
    }
    control.reason = get_text(in, "reason");
    if (const auto* error = in.if_contains("error")) control.error = decode_error(*error);
    control.forced = get_flag(in, "forced");
    if (const auto* pending = in.if_contains("pending")) {
      control.pending = decode_pending(pending->as_object());
    }
    return control;
  } catch (const std::exception& error) {
    // Boost.JSON throws std::invalid_argument and boost::system::system_error alike.
    throw std::invalid_argument(std::string("the control of an instance cannot be read: ") +
                                error.what());
  }
}

}  // namespace sagad::saga
