#include "runtime/participant_batch.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace sagad::runtime {
namespace {

namespace json = boost::json;

/// Big-endian, so that the order by bytes is that of the numbers.
std::string sortable(char rank, std::uint64_t bits) {
  std::string text(1, rank);
  for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>((bits >> shift) & 0xff);
  return text;
}

constexpr std::uint64_t kTopBit = std::uint64_t{1} << 63;

std::string sortable(double number) {
  const auto bits = std::bit_cast<std::uint64_t>(number);
  return sortable('d', (bits & kTopBit) != 0 ? ~bits : bits | kTopBit);
}

/// Why the participant cannot work with it; empty if it can.
std::string objection(const saga::Command& command, const std::string& participant) {
  if (command.participant != participant) {
    return "it is for participant " + command.participant + ", not for " + participant;
  }
  if (command.step.empty() || command.step.find('\0') != std::string::npos) {
    return "its step has no usable name";
  }
  if (command.item < 0 || command.round < 0) return "its item or round is negative";
  return {};
}

Unreadable unreadable(ports::DeliveryPtr delivery, const std::string& participant,
                      const saga::Command* command, const std::string& why) {
  Unreadable result;
  result.report.letter.participant = participant;
  result.report.letter.subject = delivery->subject();
  result.report.letter.reason = "unreadable";
  result.report.letter.message = why;
  result.report.letter.payload = delivery->payload();
  if (command != nullptr) {
    result.report.letter.saga = command->saga;
    result.report.step = command->step;
  }
  result.delivery = std::move(delivery);
  return result;
}

using StepKey = std::tuple<base::SagaId, std::string, int>;

/// Settles first, then by the first of each action.
struct Groups {
  std::vector<std::vector<Work>> groups;
  std::map<std::pair<saga::Kind, const ports::ActionInfo*>, std::size_t> places;

  void add(Work work) {
    const auto [place, is_new] =
        places.emplace(std::pair(work.command().kind, work.action), groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(std::move(work));
  }
};

}  // namespace

std::string lock_order(const json::value& input, const std::string& pointer) {
  if (pointer.empty()) return {};
  json::error_code error;
  const auto* value = input.find_pointer(pointer, error);
  if (value == nullptr) return {};
  switch (value->kind()) {
    case json::kind::int64:
      return sortable('i', static_cast<std::uint64_t>(value->get_int64()) ^ kTopBit);
    case json::kind::uint64:
      return value->get_uint64() < kTopBit ? sortable('i', value->get_uint64() ^ kTopBit)
                                           : sortable('j', value->get_uint64());
    case json::kind::double_:
      return sortable(value->get_double());
    case json::kind::string:
      return 's' + std::string(value->get_string());
    default:
      return 'x' + json::serialize(*value);
  }
}

namespace {

/// A compensation may have the key only in what its action got or answered.
std::string lock_order_of(const saga::Command& command, const std::string& pointer) {
  for (const auto* document : {&command.input, &command.action_input, &command.action_output}) {
    if (auto order = lock_order(*document, pointer); !order.empty()) return order;
  }
  return {};
}

}  // namespace

std::variant<HeldPtr, Unreadable> read_command(ports::DeliveryPtr delivery,
                                               const std::string& participant) {
  try {
    auto command = saga::decode_command(delivery->payload());
    const auto why = objection(command, participant);
    if (!why.empty()) return unreadable(std::move(delivery), participant, &command, why);
    return std::make_shared<HeldCommand>(std::move(delivery), std::move(command));
  } catch (const saga::MessageError& error) {
    return unreadable(std::move(delivery), participant, nullptr, error.what());
  }
}

Batch sort_commands(const std::vector<HeldPtr>& commands, const ports::StepRunner& runner,
                    base::Time oldest) {
  Batch batch;
  Groups groups;
  Groups settles;
  std::set<StepKey> seen;
  for (const auto& held : commands) {
    const auto& command = held->command();
    if (command.sent_at < oldest) {
      batch.stale.push_back(held);
      continue;
    }
    Work work;
    work.held = held;
    if (command.kind != saga::Kind::kSettle) {
      work.action = runner.find(command.action);
      if (work.action == nullptr) {
        batch.unknown.push_back(held);
        continue;
      }
      work.order = lock_order_of(command, work.action->lock_key);
    }
    if (!seen.emplace(command.saga, command.step, command.item).second) {
      batch.copies.push_back(held);
      continue;
    }
    (work.action == nullptr ? settles : groups).add(std::move(work));
  }
  batch.groups = std::move(settles.groups);
  for (auto& group : groups.groups) {
    std::stable_sort(group.begin(), group.end(),
                     [](const Work& a, const Work& b) { return a.order < b.order; });
    batch.groups.push_back(std::move(group));
  }
  return batch;
}

}  // namespace sagad::runtime
