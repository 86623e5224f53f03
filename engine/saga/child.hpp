#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "definition/definition.hpp"
#include "saga/instance.hpp"
#include "saga/message.hpp"

namespace sagad::saga {

/// Keys that begin so are drawn by the engine: a start from outside with one is refused.
inline constexpr std::string_view kChildKeyPrefix = "@child/";

/// Reasons of a child that ended because of its parent.
inline constexpr std::string_view kCancelledByParent = "cancelled_by_parent";
inline constexpr std::string_view kUndoneByParent = "undone_by_parent";
inline constexpr std::string_view kChildMissing = "child_missing";

/// The execution of a step whose child a saga is.
struct ParentRef {
  base::SagaId saga;
  std::string step;  ///< id
  int item = 0;
  int round = 0;
  bool operator==(const ParentRef&) const = default;
};

/// The idempotency key of a child's start, `@child/<saga>/<step>/<item>/<round>`: it makes the
/// child the only one of its execution, and tells whose child it is.
std::string child_key(const ParentRef& parent);
/// Nothing if it is not the key of a child.
std::optional<ParentRef> parse_child_key(std::string_view key);
/// What the keys of all children of a saga begin with.
std::string children_key_prefix(base::SagaId parent);

/// The place of a child whose start was barred before it came: it never runs. Not to be decided
/// with event::Started. `kind` is what barred it: a settle, or an undo that finds nothing to undo.
Instance barred_child(const definition::Definition& definition, base::SagaId id, std::string key,
                      Kind kind, base::Time now);

/// What a child that has come to its end is for the step of its parent; nothing while it lives, and
/// for a saga that is no child. `sent_at` is for the caller to set.
std::optional<Result> answer_to_parent(const Instance& child);

}  // namespace sagad::saga
