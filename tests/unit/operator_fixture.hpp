#pragma once

#include <string>
#include <utility>

#include "unit/decide_fixture.hpp"

namespace sagad::saga {

/// `applied`, `unchanged`, `pending`, or `refused: <code>`.
inline std::string verdict_of(const Decision& decision) {
  if (!decision.verdict) return "none";
  auto text = std::string(to_string(decision.verdict->kind));
  if (decision.verdict->kind == Verdict::Kind::kRefused) text += ": " + decision.verdict->code;
  return text;
}

inline Intervention order(Verb verb, std::string step = {}) {
  Intervention made;
  made.verb = verb;
  made.id = "id-1";
  made.step = std::move(step);
  made.by = "ann";
  made.reason = "because";
  return made;
}

inline Intervention forced(Intervention order) {
  order.force = true;
  return order;
}

inline Intervention with_value(Intervention order, json::value value) {
  order.value = std::make_shared<const json::value>(std::move(value));
  return order;
}

/// Gives the order and says what became of it.
inline std::string give(Machine& machine, Intervention order) {
  return verdict_of(machine.happens(event::Operator{std::move(order)}));
}

}  // namespace sagad::saga
