#include "runtime/dead_letter.hpp"

#include <boost/json.hpp>
#include <limits>
#include <utility>

#include "base/utf8.hpp"
#include "ports/bus.hpp"
#include "saga/message.hpp"

namespace sagad::runtime {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxPayload = 128 * 1024;

std::string cut(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  // Not in the middle of a character.
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  text.resize(limit);
  return text;
}

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr) return {};
  if (!value->is_string()) {
    throw saga::MessageError("dead letter: '" + std::string(name) + "' must be a string");
  }
  return printable(std::string_view(value->get_string().data(), value->get_string().size()));
}

std::optional<base::SagaId> id_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  try {
    return base::SagaId::parse(text);
  } catch (const std::invalid_argument& error) {
    throw saga::MessageError(std::string("dead letter: 'saga': ") + error.what());
  }
}

/// Documents may be nested deeper than Boost.JSON reads by itself.
json::parse_options deep() {
  json::parse_options options;
  options.max_depth = 2 * base::DocumentLimits{}.max_depth;
  return options;
}

/// Nothing if the payload is no object, or has no such member.
json::value member_of(std::string_view payload, json::string_view name) {
  boost::system::error_code error;
  auto value = json::parse(json::string_view(payload.data(), payload.size()), error, {}, deep());
  if (error || !value.is_object()) return {};
  auto* member = value.get_object().if_contains(name);
  return member == nullptr ? json::value() : std::move(*member);
}

int item_of(const json::value& value) {
  const auto* item = value.if_int64();
  const bool sane = item != nullptr && *item > 0 && *item < std::numeric_limits<int>::max();
  return sane ? static_cast<int>(*item) : 0;
}

}  // namespace

std::string step_in(std::string_view payload) {
  const auto step = member_of(payload, "step");
  return step.is_string() ? std::string(step.get_string()) : std::string();
}

int item_in(std::string_view payload) { return item_of(member_of(payload, "item")); }

std::string printable(std::string_view text) {
  std::string result(text);
  const bool readable = base::is_utf8(text);
  for (auto& c : result) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0 || (!readable && byte >= 0x80)) c = '?';
  }
  return result;
}

ports::DeadLetter storable(ports::DeadLetter letter) {
  for (auto* text :
       {&letter.participant, &letter.subject, &letter.reason, &letter.message, &letter.payload}) {
    *text = printable(*text);
  }
  return letter;
}

std::string encode_dead_letter(const DeadLetterReport& report) {
  const auto& letter = report.letter;
  json::object object;
  if (letter.saga) object["saga"] = letter.saga->str();
  if (!report.step.empty()) object["step"] = printable(report.step);
  if (report.item != 0) object["item"] = report.item;
  object["participant"] = printable(letter.participant);
  object["subject"] = printable(letter.subject);
  object["reason"] = printable(letter.reason);
  object["message"] = cut(printable(letter.message), kMaxPayload / 8);
  if (letter.payload.size() > kMaxPayload) object["truncated"] = true;
  object["payload"] = cut(printable(letter.payload), kMaxPayload);
  return json::serialize(object);
}

DeadLetterReport decode_dead_letter(std::string_view text) {
  boost::system::error_code error;
  const auto value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) throw saga::MessageError("dead letter: not JSON: " + error.message());
  if (!value.is_object()) throw saga::MessageError("dead letter: must be an object");
  const auto& object = value.get_object();
  DeadLetterReport report;
  report.letter.saga = id_of(text_of(object, "saga"));
  report.step = text_of(object, "step");
  if (const auto* item = object.if_contains("item")) report.item = item_of(*item);
  report.letter.participant = text_of(object, "participant");
  report.letter.subject = text_of(object, "subject");
  report.letter.reason = text_of(object, "reason");
  report.letter.message = text_of(object, "message");
  report.letter.payload = text_of(object, "payload");
  if (report.letter.reason.empty()) throw saga::MessageError("dead letter: 'reason' is missing");
  return report;
}

DeadLetterReport report_unpublishable(const ports::OutboxRow& row, const std::string& database,
                                      const std::string& why) {
  DeadLetterReport report;
  if (row.saga != base::SagaId{}) report.letter.saga = row.saga;
  report.letter.participant = database;
  report.letter.subject = row.subject;
  report.letter.reason = "unpublishable";
  report.letter.message = why;
  report.letter.payload = row.payload;
  report.step = step_in(row.payload);
  report.item = item_in(row.payload);
  return report;
}

ports::OutboxRow dead_letter_row(const DeadLetterReport& report, ports::OutboxId id,
                                 base::Time now) {
  return {id, report.letter.saga.value_or(base::SagaId{}), std::string(ports::kDeadSubject),
          encode_dead_letter(report), now};
}

}  // namespace sagad::runtime
