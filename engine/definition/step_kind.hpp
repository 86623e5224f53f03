#pragma once

#include <optional>

#include "definition/definition.hpp"
#include "definition/expression_reader.hpp"
#include "definition/field_reader.hpp"

namespace sagad::definition {

/// The kind that a step's keys make it. Reports a step of no kind and of several, and keys that do
/// not go with the kind.
StepKind read_kind(const FieldReader& fields);

/// `foreach` and `max_parallel`; nothing without `foreach`. The list may read what `readable` says.
std::optional<ForEach> read_foreach(const FieldReader& fields, const Readable& readable,
                                    ExpressionReader& expressions);

/// `signal` and its `timeout`.
SignalWait read_signal(const FieldReader& fields);

/// `child` and its `input`.
ChildSaga read_child(const FieldReader& fields, const Readable& readable,
                     ExpressionReader& expressions);

}  // namespace sagad::definition
