#include "runtime/start_message.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "base/utf8.hpp"
#include "saga/child.hpp"
#include "saga/message.hpp"

namespace sagad::runtime {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxKey = 500;
/// What surrounds the input.
constexpr std::size_t kEnvelope = 8 * 1024;

[[noreturn]] void refuse(const std::string& what) { throw saga::MessageError("start: " + what); }

/// The payload, strictly if possible. A document that is JSON but that the engine could not carry
/// is read leniently, so that its sender can be answered.
json::value parse(std::string_view payload, std::string& bad_input) {
  base::DocumentLimits limits;
  limits.max_bytes += kEnvelope;
  limits.max_depth += 1;
  try {
    return base::parse_document(payload, limits);
  } catch (const base::DocumentError& error) {
    bad_input = error.what();
  }
  boost::system::error_code failed;
  json::parse_options deep;
  deep.max_depth = 4 * limits.max_depth;
  auto value = json::parse(json::string_view(payload.data(), payload.size()), failed, {}, deep);
  if (failed) refuse("not JSON: " + failed.message());
  return value;
}

std::string text_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr || value->is_null()) return {};
  if (!value->is_string()) refuse("'" + std::string(name) + "' must be a string");
  return std::string(value->get_string());
}

std::optional<int> version_member(const json::object& object) {
  const auto* value = object.if_contains("version");
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (!value->is_int64() || value->get_int64() < 1 || value->get_int64() > 1'000'000'000) {
    refuse("'version' must be a whole number of at least 1");
  }
  return static_cast<int>(value->get_int64());
}

std::string definition_of(std::string_view subject, const std::string& member) {
  constexpr std::string_view kPrefix = "start.";
  std::string named;
  if (subject.substr(0, kPrefix.size()) == kPrefix) {
    named = std::string(subject.substr(kPrefix.size()));
  }
  if (member.empty()) return named;
  if (!named.empty() && named != member) {
    refuse("'definition' is '" + member + "', but the subject says '" + named + "'");
  }
  return member;
}

std::string_view status_of(StartOutcome::Kind kind) {
  switch (kind) {
    case StartOutcome::Kind::kStarted:
      return "started";
    case StartOutcome::Kind::kExisting:
      return "existing";
    case StartOutcome::Kind::kConflict:
      return "conflict";
    case StartOutcome::Kind::kUnknownDefinition:
      return "unknown_definition";
    case StartOutcome::Kind::kRetired:
      return "retired_definition";
    case StartOutcome::Kind::kInvalidInput:
      return "invalid_input";
    case StartOutcome::Kind::kUnavailable:
      return "unavailable";
    case StartOutcome::Kind::kOverloaded:
      return "overloaded";
  }
  return "unavailable";
}

}  // namespace

StartMessage decode_start(std::string_view subject, std::string_view payload) {
  StartMessage message;
  const auto value = parse(payload, message.bad_input);
  if (!value.is_object()) refuse("must be an object");
  const auto& object = value.get_object();
  auto& request = message.request;
  request.definition = definition_of(subject, text_member(object, "definition"));
  if (request.definition.empty()) refuse("'definition' is missing");
  request.version = version_member(object);
  request.key = text_member(object, "key");
  if (const auto id = text_member(object, "id"); !id.empty()) {
    try {
      request.id = base::SagaId::parse(id);
    } catch (const std::invalid_argument& error) {
      refuse(std::string("'id': ") + error.what());
    }
  }
  if (const auto* input = object.if_contains("input"); input && message.bad_input.empty()) {
    request.input = *input;
  }
  return message;
}

std::string encode_reply(const StartOutcome& outcome) {
  json::object object;
  const auto status = status_of(outcome.kind);
  object["status"] = json::string_view(status.data(), status.size());
  if (outcome.id != base::SagaId{}) object["id"] = outcome.id.str();
  if (!outcome.errors.empty()) {
    json::array errors;
    for (const auto& error : outcome.errors) errors.emplace_back(error);
    object["errors"] = std::move(errors);
  }
  return json::serialize(object);
}

std::string check_key(const std::string& key) {
  if (!base::is_utf8(key) || key.find('\0') != std::string::npos) {
    return "the key must be UTF-8 without NUL";
  }
  if (key.compare(0, saga::kChildKeyPrefix.size(), saga::kChildKeyPrefix) == 0) {
    return "keys that begin with '" + std::string(saga::kChildKeyPrefix) +
           "' are those of child sagas, which only their parents start";
  }
  const auto characters =
      static_cast<std::size_t>(std::count_if(key.begin(), key.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      }));
  if (characters > kMaxKey) {
    return "the key has " + std::to_string(characters) + " characters; " + std::to_string(kMaxKey) +
           " are allowed";
  }
  return {};
}

}  // namespace sagad::runtime
