#include "runtime/signal_message.hpp"

#include <boost/json.hpp>

#include "base/json.hpp"
#include "saga/message.hpp"

namespace sagad::runtime {
namespace {

namespace json = boost::json;

/// What surrounds the payload.
constexpr std::size_t kEnvelope = 8 * 1024;
constexpr std::string_view kPrefix = "signal.";

[[noreturn]] void refuse(const std::string& what) { throw saga::MessageError("signal: " + what); }

std::string text_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr || value->is_null()) return {};
  if (!value->is_string()) refuse("'" + std::string(name) + "' must be a string");
  return std::string(value->get_string());
}

json::value parse(std::string_view payload) {
  base::DocumentLimits limits;
  limits.max_bytes += kEnvelope;
  limits.max_depth += 1;
  try {
    return base::parse_document(payload, limits);
  } catch (const base::DocumentError& error) {
    refuse(error.what());
  }
}

void read_address(const json::object& object, SignalRequest& request) {
  const auto id = text_member(object, "saga");
  const auto key = text_member(object, "saga_key");
  if (id.empty() == key.empty()) refuse("give 'saga', its id, or 'saga_key', the key of its start");
  request.saga_key = {request.definition, key};
  if (id.empty()) return;
  try {
    request.saga = base::SagaId::parse(id);
  } catch (const std::invalid_argument& error) {
    refuse(std::string("'saga': ") + error.what());
  }
}

}  // namespace

SignalRequest decode_signal(std::string_view subject, std::string_view payload) {
  const auto value = parse(payload);
  if (!value.is_object()) refuse("must be an object");
  const auto& object = value.get_object();
  SignalRequest request;
  if (subject.substr(0, kPrefix.size()) == kPrefix) {
    request.definition = std::string(subject.substr(kPrefix.size()));
  }
  read_address(object, request);
  request.name = text_member(object, "signal");
  if (request.name.empty()) refuse("'signal', its name, is missing");
  request.key = text_member(object, "key");
  if (request.key.empty()) refuse("a signal over the bus needs a 'key'");
  if (const auto* document = object.if_contains("payload")) request.payload = *document;
  return request;
}

std::string encode_signal_reply(const SignalOutcome& outcome) {
  json::object object;
  const auto status = to_string(outcome.kind);
  object["status"] = json::string_view(status.data(), status.size());
  if (outcome.saga) object["saga"] = outcome.saga->str();
  if (!outcome.detail.empty()) object["detail"] = outcome.detail;
  return json::serialize(object);
}

std::string_view to_string(SignalOutcome::Kind kind) {
  switch (kind) {
    case SignalOutcome::Kind::kAccepted:
      return "accepted";
    case SignalOutcome::Kind::kExisting:
      return "existing";
    case SignalOutcome::Kind::kConflict:
      return "conflict";
    case SignalOutcome::Kind::kUnknownSaga:
      return "unknown_saga";
    case SignalOutcome::Kind::kUnknownSignal:
      return "unknown_signal";
    case SignalOutcome::Kind::kEnded:
      return "ended";
    case SignalOutcome::Kind::kTooMany:
      return "too_many";
    case SignalOutcome::Kind::kInvalid:
      return "invalid";
    case SignalOutcome::Kind::kUnavailable:
      break;
  }
  return "unavailable";
}

}  // namespace sagad::runtime
