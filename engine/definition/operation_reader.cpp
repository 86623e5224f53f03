#include "definition/operation_reader.hpp"

#include <utility>

#include "definition/field_reader.hpp"
#include "definition/text.hpp"

namespace sagad::definition {
namespace {

constexpr int kMostAttempts = 1'000'000;
constexpr std::size_t kLongestOperationName = 64;

/// A compensation is not given up easily: what it does not undo stays done.
RetryPolicy compensation_retry() {
  RetryPolicy policy;
  policy.max_attempts = 0;
  policy.backoff.max = std::chrono::minutes{1};
  policy.give_up_after = std::chrono::hours{1};
  return policy;
}

void read_backoff(const FieldReader& fields, base::Backoff& backoff) {
  if (const auto initial = fields.duration("initial_interval")) backoff.initial = *initial;
  if (const auto max = fields.duration("max_interval")) backoff.max = *max;
  if (const auto coefficient = fields.number("backoff_coefficient")) {
    if (*coefficient < 1 || *coefficient > 1000) {
      fields.problem("backoff_coefficient", "must be from 1 to 1000");
    } else {
      backoff.coefficient = *coefficient;
    }
  }
  if (const auto jitter = fields.number("jitter")) {
    if (*jitter < 0 || *jitter >= 1) {
      fields.problem("jitter", "must be at least 0 and below 1 (0.2 is ±20 %)");
    } else {
      backoff.jitter = *jitter;
    }
  }
  if (backoff.initial > backoff.max) {
    fields.problem("initial_interval", "is " + base::format_duration(backoff.initial) +
                                           ", longer than max_interval, which is " +
                                           base::format_duration(backoff.max));
  }
}

}  // namespace

RetryPolicy read_retry(const SourceNode& node, const std::string& path, RetryPolicy base,
                       bool compensation, ProblemList& problems) {
  const FieldReader fields(node, path, problems,
                           {"max_attempts", "initial_interval", "backoff_coefficient",
                            "max_interval", "jitter", "non_retryable_errors", "give_up_after"});
  if (const auto attempts = fields.integer("max_attempts", 1, kMostAttempts)) {
    base.max_attempts = *attempts;
  }
  read_backoff(fields, base.backoff);
  if (auto codes = fields.strings("non_retryable_errors")) {
    base.non_retryable_errors = std::move(*codes);
  }
  if (fields.find("give_up_after") == nullptr) return base;
  if (compensation) {
    if (const auto time = fields.duration("give_up_after")) base.give_up_after = *time;
  } else {
    fields.problem("give_up_after", "is for compensations only: limit a step with 'total_timeout'");
  }
  return base;
}

StepDefaults read_defaults(const SourceNode* node, ProblemList& problems) {
  StepDefaults defaults;
  if (node == nullptr) return defaults;
  const FieldReader fields(*node, "defaults", problems, {"timeout", "retry"});
  if (const auto timeout = fields.duration("timeout")) defaults.timeout = *timeout;
  if (const auto* retry = fields.find("retry")) {
    defaults.retry = read_retry(*retry, "defaults.retry", defaults.retry, false, problems);
  }
  return defaults;
}

void read_action_name(const SourceNode& node, const std::string& path, Operation& operation,
                      ProblemList& problems) {
  if (node.is_string()) {
    const auto text = node.text();
    const auto dot = text.find('.');
    if (dot != std::string_view::npos &&
        is_name(text.substr(0, dot), "_-", kLongestOperationName) &&
        is_name(text.substr(dot + 1), "_-", kLongestOperationName)) {
      operation.participant = text.substr(0, dot);
      operation.action = text.substr(dot + 1);
      return;
    }
  }
  problems.add(node.position, path,
               "must be participant.action, such as pay.charge (lower-case letters, digits, _ and "
               "-), not " +
                   node.describe());
}

Operation read_compensation(const SourceNode& node, const std::string& path,
                            const StepDefaults& defaults, const Template& action_input,
                            const Readable& readable, ExpressionReader& expressions,
                            ProblemList& problems) {
  Operation operation;
  operation.input = action_input;
  operation.timeout = defaults.timeout;
  operation.retry = compensation_retry();
  if (node.kind == SourceNode::Kind::kScalar) {
    read_action_name(node, path, operation, problems);
    return operation;
  }
  const FieldReader fields(node, path, problems, {"action", "input", "timeout", "retry"});
  fields.require("action");
  if (const auto* action = fields.find("action")) {
    read_action_name(*action, fields.path("action"), operation, problems);
  }
  if (const auto* input = fields.find("input")) {
    operation.input = expressions.read_template(*input, fields.path("input"), readable);
  }
  if (const auto timeout = fields.duration("timeout")) operation.timeout = *timeout;
  if (const auto* retry = fields.find("retry")) {
    operation.retry =
        read_retry(*retry, fields.path("retry"), std::move(operation.retry), true, problems);
  }
  return operation;
}

}  // namespace sagad::definition
