#include "jetstream/names.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace sagad::jetstream {
namespace {

constexpr std::string_view kCommands = "cmd.";
constexpr std::string_view kResults = "res.";
constexpr std::string_view kStarts = "start.";
constexpr std::string_view kSignals = "signal.";

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_name_character);
}

/// A participant; the engine itself is one whose name begins with '@'.
bool is_participant(std::string_view text) {
  if (!text.empty() && text.front() == '@') text.remove_prefix(1);
  return is_name(text);
}

bool has_empty_token(std::string_view text) {
  return text.empty() || text.front() == '.' || text.back() == '.' ||
         text.find("..") != std::string_view::npos;
}

void check_namespace(const std::string& text) {
  const bool known = std::all_of(text.begin(), text.end(),
                                 [](char c) { return c == '.' || is_name_character(c); });
  if (!known || has_empty_token(text) || text.size() > 64) {
    throw std::invalid_argument("nats namespace '" + text +
                                "' is not usable: give 1 to 64 characters out of letters, digits, "
                                "'_', '-', and single dots between them");
  }
}

void check_participant(const std::string& name) {
  if (!is_participant(name)) {
    throw std::invalid_argument("participant '" + name +
                                "' cannot have a stream: its name may only have letters, digits, "
                                "'_' and '-'");
  }
}

char stream_character(char c) {
  if (c >= 'a' && c <= 'z') return static_cast<char>(c - 'a' + 'A');
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
}

}  // namespace

Names::Names(std::string name_space) : prefix_(std::move(name_space)) {
  check_namespace(prefix_);
  stream_prefix_ = prefix_;
  std::transform(stream_prefix_.begin(), stream_prefix_.end(), stream_prefix_.begin(),
                 stream_character);
  stream_prefix_ += '_';
  prefix_ += '.';
}

std::string Names::subject(std::string_view plain) const {
  std::string full;
  full.reserve(prefix_.size() + plain.size());
  return full.append(prefix_).append(plain);
}

std::string_view Names::strip(std::string_view full) const {
  if (full.substr(0, prefix_.size()) == prefix_) full.remove_prefix(prefix_.size());
  return full;
}

std::string Names::stream(const ports::StreamRef& stream) const {
  switch (stream.kind) {
    case ports::StreamRef::Kind::kCommands:
      check_participant(stream.participant);
      return stream_prefix_ + "CMD_" + stream.participant;
    case ports::StreamRef::Kind::kResults:
      return stream_prefix_ + "RES";
    case ports::StreamRef::Kind::kStarts:
      return stream_prefix_ + "START";
    case ports::StreamRef::Kind::kSignals:
      return stream_prefix_ + "SIGNAL";
    case ports::StreamRef::Kind::kDead:
      return stream_prefix_ + "DEAD";
  }
  throw std::invalid_argument("unknown kind of stream");
}

std::string Names::stream_subject(const ports::StreamRef& stream) const {
  switch (stream.kind) {
    case ports::StreamRef::Kind::kCommands:
      check_participant(stream.participant);
      return prefix_ + "cmd." + stream.participant + ".>";
    case ports::StreamRef::Kind::kResults:
      return prefix_ + "res.>";
    case ports::StreamRef::Kind::kStarts:
      return prefix_ + "start.>";
    case ports::StreamRef::Kind::kSignals:
      return prefix_ + "signal.>";
    case ports::StreamRef::Kind::kDead:
      return subject(ports::kDeadSubject);
  }
  throw std::invalid_argument("unknown kind of stream");
}

std::optional<ports::StreamRef> Names::stream_of(std::string_view plain) {
  using Kind = ports::StreamRef::Kind;
  if (plain == ports::kDeadSubject) return ports::StreamRef{Kind::kDead, {}};
  if (plain.substr(0, kResults.size()) == kResults) return ports::StreamRef{Kind::kResults, {}};
  if (plain.substr(0, kStarts.size()) == kStarts) return ports::StreamRef{Kind::kStarts, {}};
  if (plain.substr(0, kSignals.size()) == kSignals) return ports::StreamRef{Kind::kSignals, {}};
  if (plain.substr(0, kCommands.size()) == kCommands) {
    plain.remove_prefix(kCommands.size());
    const std::string_view participant = plain.substr(0, plain.find('.'));
    if (participant.size() < plain.size() && is_participant(participant)) {
      return ports::StreamRef{Kind::kCommands, std::string(participant)};
    }
  }
  return std::nullopt;
}

ConsumerSpec Names::command_consumer(const std::string& participant,
                                     ports::CommandLane lane) const {
  check_participant(participant);
  const bool undo = lane == ports::CommandLane::kUndo;
  return ConsumerSpec{
      .stream = {ports::StreamRef::Kind::kCommands, participant},
      .durable = "participant-" + participant + (undo ? "-undo" : ""),
      .filter = prefix_ + "cmd." + participant + (undo ? ".undo.>" : ".do.>"),
  };
}

ConsumerSpec Names::single_consumer(ports::StreamRef::Kind kind) const {
  switch (kind) {
    case ports::StreamRef::Kind::kResults:
      return {{kind, {}}, "coordinator", {}};
    case ports::StreamRef::Kind::kStarts:
      return {{kind, {}}, "starter", {}};
    case ports::StreamRef::Kind::kSignals:
      return {{kind, {}}, "signals", {}};
    case ports::StreamRef::Kind::kDead:
      return {{kind, {}}, "dead-letters", {}};
    case ports::StreamRef::Kind::kCommands:
      break;
  }
  throw std::invalid_argument("a commands stream has two consumers");
}

std::vector<ConsumerSpec> Names::consumers(const ports::StreamRef& stream) const {
  if (stream.kind != ports::StreamRef::Kind::kCommands) return {single_consumer(stream.kind)};
  return {command_consumer(stream.participant, ports::CommandLane::kUndo),
          command_consumer(stream.participant, ports::CommandLane::kDo)};
}

bool is_publishable_subject(std::string_view subject) {
  const auto is_bad = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '*' || c == '>';
  };
  return !has_empty_token(subject) && std::none_of(subject.begin(), subject.end(), is_bad);
}

}  // namespace sagad::jetstream
