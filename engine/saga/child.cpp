#include "saga/child.hpp"

#include <charconv>
#include <utility>
#include <vector>

#include "saga/decider.hpp"

namespace sagad::saga {
namespace {

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < 0) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto slash = text.find('/');
    parts.push_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    text.remove_prefix(slash + 1);
  }
}

/// Only its parent turns a completed saga back, so one that has an output and did not complete was
/// told to undo. (A child's output is never missing once it has completed.)
bool was_completed(const Instance& child) { return child.output != nullptr; }

void fill(const Instance& child, Result& result) {
  const auto error = child.error.value_or(Error{child.reason, ""});
  result.kind =
      was_completed(child) && child.status != SagaStatus::kCompleted ? Kind::kUndo : Kind::kDo;
  if (child.status == SagaStatus::kCompleted) {
    result.output = *child.output;
  } else if (child.status == SagaStatus::kCompensated) {
    if (result.kind == Kind::kUndo) return;
    if (child.reason == kChildMissing) {
      result.kind = Kind::kUndo;
      result.outcome = Outcome::kMissing;
    } else if (child.reason == kCancelledByParent) {
      result.kind = Kind::kSettle;
      result.outcome = Outcome::kBarred;
    } else {
      result.outcome = Outcome::kFailed;
      result.code = error.code;
      result.message = error.message;
    }
  } else if (child.reason == "invalid_input") {
    result.outcome = Outcome::kFailed;
    result.code = error.code;
    result.message = error.message;
  } else {
    // A person gave it up: nobody knows what is done and what is not.
    result.outcome = result.kind == Kind::kUndo ? Outcome::kFailed : Outcome::kMissing;
    result.code = "child_failed";
    result.message = "the child saga " + child.id.str() + " was given up: " + error.message;
  }
}

}  // namespace

std::string child_key(const ParentRef& parent) {
  return children_key_prefix(parent.saga) + parent.step + "/" + std::to_string(parent.item) + "/" +
         std::to_string(parent.round);
}

std::optional<ParentRef> parse_child_key(std::string_view key) {
  if (key.substr(0, kChildKeyPrefix.size()) != kChildKeyPrefix) return std::nullopt;
  const auto parts = split(key.substr(kChildKeyPrefix.size()));
  if (parts.size() != 4) return std::nullopt;
  const auto item = number(parts[2]);
  const auto round = number(parts[3]);
  if (!item || !round) return std::nullopt;
  try {
    return ParentRef{base::SagaId::parse(parts[0]), std::string(parts[1]), *item, *round};
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

std::string children_key_prefix(base::SagaId parent) {
  return std::string(kChildKeyPrefix) + parent.str() + "/";
}

Instance barred_child(const definition::Definition& definition, base::SagaId id, std::string key,
                      Kind kind, base::Time now) {
  auto child = new_instance(definition, id, std::move(key),
                            std::make_shared<const json::value>(nullptr), now);
  child.status = SagaStatus::kCompensated;
  child.reason = kind == Kind::kUndo ? kChildMissing : kCancelledByParent;
  child.ended_at = now;
  child.deadline_at.reset();
  child.sequence = 1;
  return child;
}

void Decider::on(const event::AskedByParent& asked) {
  asked_round_ = asked.round;
  if (asked.kind == Kind::kSettle && saga().status == SagaStatus::kRunning && !passed_pivot()) {
    turn_back(kCancelledByParent, {"cancelled", "the parent saga turned back"});
    proceed();
  }
  if (asked.kind == Kind::kUndo && saga().status == SagaStatus::kCompleted) {
    const Error error{"undone", "the parent saga turned back"};
    saga().ended_at.reset();
    turn_back(kUndoneByParent, error);
    proceed();
  }
}

std::optional<Result> answer_to_parent(const Instance& child) {
  if (!is_final(child.status)) return std::nullopt;
  const auto parent = parse_child_key(child.key);
  if (!parent) return std::nullopt;
  Result result;
  result.saga = parent->saga;
  result.definition = child.definition;
  result.participant = definition::kChildParticipant;
  result.step = parent->step;
  result.item = parent->item;
  result.round = parent->round;
  fill(child, result);
  return result;
}

}  // namespace sagad::saga
