#include "saga/message.hpp"

#include <limits>
#include <utility>

#include "base/enum_names.hpp"

namespace sagad::saga {
namespace {

constexpr base::EnumNames<Kind, 3> kKinds{
    {{Kind::kDo, "do"}, {Kind::kUndo, "undo"}, {Kind::kSettle, "settle"}}};
constexpr base::EnumNames<Outcome, 6> kOutcomes{{{Outcome::kDone, "done"},
                                                 {Outcome::kFailed, "failed"},
                                                 {Outcome::kRetry, "retry"},
                                                 {Outcome::kLater, "later"},
                                                 {Outcome::kBarred, "barred"},
                                                 {Outcome::kMissing, "missing"}}};

/// Writes one flat JSON object; much cheaper than building a tree to serialize it.
class Writer {
 public:
  Writer() { text_.reserve(512); }

  void text(std::string_view key, std::string_view value) {
    begin(key);
    text_ += json::serialize(json::string_view(value.data(), value.size()));
  }
  void number(std::string_view key, std::int64_t value) {
    begin(key);
    text_ += std::to_string(value);
  }
  /// Only those that are true are written.
  void flag(std::string_view key) {
    begin(key);
    text_ += "true";
  }
  void document(std::string_view key, const json::value& value) {
    begin(key);
    text_ += json::serialize(value);
  }
  std::string take() {
    text_ += '}';
    return std::move(text_);
  }

 private:
  void begin(std::string_view key) {
    text_ += text_.empty() ? "{\"" : ",\"";
    text_ += key;
    text_ += "\":";
  }
  std::string text_;
};

/// The members that commands and results share.
template <typename Message>
void write_address(Writer& writer, const Message& message) {
  writer.text("saga", message.saga.str());
  writer.text("definition", message.definition);
  writer.text("participant", message.participant);
  writer.text("step", message.step);
  writer.number("item", message.item);
  writer.text("kind", to_string(message.kind));
  writer.number("attempt", message.attempt);
  writer.number("round", message.round);
  writer.number("sent_at", base::to_micros(message.sent_at));
}

class Reader {
 public:
  explicit Reader(std::string_view text) {
    // A document inside may be as deep as it likes to be at the doors, and is one level down here.
    json::parse_options options;
    options.max_depth = base::DocumentLimits{}.max_depth + 8;
    json::error_code error;
    document_ = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
    if (error) throw MessageError("not JSON: " + error.message());
    if (!document_.is_object()) throw MessageError("not a JSON object");
  }

  std::string text(std::string_view key) const {
    const auto& value = need(key);
    if (!value.is_string()) throw MessageError("member '" + std::string(key) + "' is no string");
    return std::string(value.get_string());
  }
  std::string text_or_empty(std::string_view key) const { return has(key) ? text(key) : ""; }

  std::int64_t number(std::string_view key) const {
    const auto& value = need(key);
    if (!value.is_int64()) {
      throw MessageError("member '" + std::string(key) + "' is no whole number");
    }
    return value.get_int64();
  }
  int small(std::string_view key, int fallback) const {
    if (!has(key)) return fallback;
    const auto value = number(key);
    if (value < 0 || value > std::numeric_limits<int>::max()) {
      throw MessageError("member '" + std::string(key) + "' is out of range");
    }
    return static_cast<int>(value);
  }
  bool flag(std::string_view key) const {
    if (!has(key)) return false;
    const auto& value = need(key);
    if (!value.is_bool()) throw MessageError("member '" + std::string(key) + "' is no boolean");
    return value.get_bool();
  }
  json::value take(std::string_view key) {
    auto* value = document_.get_object().if_contains({key.data(), key.size()});
    return value == nullptr ? json::value() : std::move(*value);
  }
  bool has(std::string_view key) const {
    return document_.get_object().if_contains({key.data(), key.size()}) != nullptr;
  }

 private:
  const json::value& need(std::string_view key) const {
    const auto* value = document_.get_object().if_contains({key.data(), key.size()});
    if (value == nullptr) throw MessageError("member '" + std::string(key) + "' is missing");
    return *value;
  }
  json::value document_;
};

template <typename Message>
void read_address(const Reader& reader, Message& message) {
  try {
    message.saga = base::SagaId::parse(reader.text("saga"));
    message.kind = parse_kind(reader.text("kind"));
  } catch (const std::invalid_argument& error) {
    throw MessageError(error.what());
  }
  message.definition = reader.text("definition");
  message.participant = reader.text("participant");
  message.step = reader.text("step");
  message.item = reader.small("item", 0);
  message.attempt = reader.small("attempt", 1);
  message.round = reader.small("round", 0);
  message.sent_at = base::from_micros(reader.number("sent_at"));
}

}  // namespace

std::string_view to_string(Kind kind) { return base::name_of(kKinds, kind); }
Kind parse_kind(std::string_view text) { return base::parse_name(kKinds, text, "kind"); }
std::string_view to_string(Outcome outcome) { return base::name_of(kOutcomes, outcome); }
Outcome parse_outcome(std::string_view text) {
  return base::parse_name(kOutcomes, text, "outcome");
}

std::string encode(const Command& command) {
  Writer writer;
  write_address(writer, command);
  writer.text("action", command.action);
  writer.number("timeout_ms", command.timeout.count());
  if (!command.token.empty()) writer.text("token", command.token);
  if (!command.digest.empty()) writer.text("digest", command.digest);
  if (command.kind != Kind::kSettle) writer.document("input", command.input);
  if (command.kind == Kind::kUndo) {
    writer.document("action_input", command.action_input);
    writer.document("action_output", command.action_output);
    if (command.by_hand) writer.flag("by_hand");
  }
  return writer.take();
}

std::string encode(const Result& result) {
  Writer writer;
  write_address(writer, result);
  writer.text("outcome", to_string(result.outcome));
  if (result.outcome == Outcome::kDone) writer.document("output", result.output);
  if (!result.code.empty()) writer.text("code", result.code);
  if (!result.message.empty()) writer.text("message", result.message);
  if (result.after) writer.number("after_ms", result.after->count());
  if (result.in_doubt) writer.flag("in_doubt");
  return writer.take();
}

Command decode_command(std::string_view text) {
  Reader reader(text);
  Command command;
  read_address(reader, command);
  command.action = reader.text("action");
  command.timeout = base::Duration{reader.small("timeout_ms", 30'000)};
  command.token = reader.text_or_empty("token");
  command.digest = reader.text_or_empty("digest");
  command.input = reader.take("input");
  command.action_input = reader.take("action_input");
  command.action_output = reader.take("action_output");
  command.by_hand = reader.flag("by_hand");
  return command;
}

Result decode_result(std::string_view text) {
  Reader reader(text);
  Result result;
  read_address(reader, result);
  try {
    result.outcome = parse_outcome(reader.text("outcome"));
  } catch (const std::invalid_argument& error) {
    throw MessageError(error.what());
  }
  result.code = reader.text_or_empty("code");
  result.message = reader.text_or_empty("message");
  if (reader.has("after_ms")) result.after = base::Duration{reader.small("after_ms", 0)};
  result.in_doubt = reader.flag("in_doubt");
  result.output = reader.take("output");
  return result;
}

std::string idempotency_key(const Command& command) {
  return command.saga.str() + "/" + command.step + "/" + std::to_string(command.item) + "/" +
         std::string(to_string(command.kind)) + "/" + std::to_string(command.round);
}

}  // namespace sagad::saga
