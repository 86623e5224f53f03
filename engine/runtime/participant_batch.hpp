#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "ports/bus.hpp"
#include "ports/step_runner.hpp"
#include "runtime/dead_letter.hpp"
#include "runtime/participant_attempt.hpp"
#include "runtime/participant_message.hpp"

namespace sagad::runtime {

/// A message that is no command for this participant: a dead letter.
struct Unreadable {
  ports::DeliveryPtr delivery;
  DeadLetterReport report;
};

/// Reads what was fetched for `participant`.
std::variant<HeldPtr, Unreadable> read_command(ports::DeliveryPtr delivery,
                                               const std::string& participant);

/// What was fetched, sorted into work. A value.
struct Batch {
  /// Each of one kind and action, in the order of its lock_key; the settles first.
  std::vector<std::vector<Work>> groups;
  /// Second commands of a (saga, step, item): they wait for the next batch.
  std::vector<HeldPtr> copies;
  std::vector<HeldPtr> stale;    ///< sent before `oldest`
  std::vector<HeldPtr> unknown;  ///< the plugin lacks their action
};

Batch sort_commands(const std::vector<HeldPtr>& commands, const ports::StepRunner& runner,
                    base::Time oldest);

/// The value at `pointer` (JSON Pointer) as a text whose order by bytes is the order in which
/// rows are locked: numbers by value, strings by their bytes (as with COLLATE "C"). Empty where
/// there is none.
std::string lock_order(const boost::json::value& input, const std::string& pointer);

}  // namespace sagad::runtime
