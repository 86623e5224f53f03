#pragma once

#include <optional>
#include <string>

#include "definition/definition.hpp"
#include "definition/expression_reader.hpp"
#include "definition/source.hpp"

namespace sagad::definition {

/// What holds for a step that does not say otherwise.
struct StepDefaults {
  base::Duration timeout{30'000};
  RetryPolicy retry;
};

/// `defaults:` of the file over the built-in ones.
StepDefaults read_defaults(const SourceNode* node, ProblemList& problems);

/// The keys of `retry` over `base`. `compensation` allows `give_up_after`.
RetryPolicy read_retry(const SourceNode& node, const std::string& path, RetryPolicy base,
                       bool compensation, ProblemList& problems);

/// `participant.action` into the operation; a problem at `node` if it is something else.
void read_action_name(const SourceNode& node, const std::string& path, Operation& operation,
                      ProblemList& problems);

/// `compensate`, a name or a mapping. Without an input of its own it has the action's.
Operation read_compensation(const SourceNode& node, const std::string& path,
                            const StepDefaults& defaults, const Template& action_input,
                            const Readable& readable, ExpressionReader& expressions,
                            ProblemList& problems);

}  // namespace sagad::definition
