#include <string>

#include "definition/lint_rules.hpp"

namespace sagad::definition {
namespace {

std::string text(base::Duration duration) { return base::format_duration(duration); }

/// The least limit of all that a step may take, with its name.
struct Limit {
  base::Duration time;
  std::string name;
};

std::optional<Limit> limit_of(const Definition& definition, const Step& step) {
  std::optional<Limit> limit;
  if (definition.deadline) limit = {*definition.deadline, "the saga's deadline"};
  if (step.total_timeout && (!limit || *step.total_timeout < limit->time)) {
    limit = {*step.total_timeout, "its total_timeout"};
  }
  return limit;
}

/// How many attempts there is time to begin, if every one fails at once and jitter does nothing.
int attempts_within(const RetryPolicy& policy, base::Duration limit) {
  base::Duration waited{0};
  int attempts = 1;
  constexpr double kNoJitter = 0.5;
  while (attempts < policy.max_attempts) {
    waited += policy.backoff.interval(attempts, kNoJitter);
    if (waited >= limit) break;
    ++attempts;
  }
  return attempts;
}

/// Of a wait that is longer than the saga may take.
void check_wait(const Definition& definition, const Step& step, const std::string& key,
                base::Duration wait, WarningList& warnings) {
  if (!definition.deadline || wait < *definition.deadline) return;
  warnings.about_step(step, "long-timeout", key,
                      "is " + text(wait) + ", and the saga's deadline of " +
                          text(*definition.deadline) +
                          " always comes first. Shorten it, or raise the deadline");
}

void check_timeout(const Definition& definition, const Step& step, WarningList& warnings) {
  const auto limit = limit_of(definition, step);
  if (!limit) return;
  if (step.action.timeout > limit->time) {
    warnings.about_step(step, "long-timeout", "timeout",
                        "one attempt may take " + text(step.action.timeout) + ", longer than " +
                            limit->name + " of " + text(limit->time) +
                            ", which therefore always comes first. Shorten the timeout, or raise "
                            "the other");
  }
  const int attempts = attempts_within(step.action.retry, limit->time);
  if (attempts < step.action.retry.max_attempts) {
    warnings.about_step(
        step, "long-retry", "retry",
        "of its " + std::to_string(step.action.retry.max_attempts) + " attempts only " +
            std::to_string(attempts) + " can begin within " + limit->name + " of " +
            text(limit->time) +
            ", because of the waiting between them. Shorten max_interval or lower max_attempts");
  }
}

}  // namespace

void lint_times(const Definition& definition, WarningList& warnings) {
  if (!definition.deadline) {
    warnings.about_file("no-deadline", "",
                        "there is no deadline: if a participant is away, a saga waits for it for "
                        "ever. Add one, such as deadline: 15m");
  }
  for (const auto& step : definition.steps) {
    if (step.kind == StepKind::kSleep) {
      check_wait(definition, step, "sleep", step.sleep, warnings);
    } else if (step.kind == StepKind::kSignal && step.signal->timeout) {
      check_wait(definition, step, "timeout", *step.signal->timeout, warnings);
    } else if (step.kind == StepKind::kAction) {
      check_timeout(definition, step, warnings);
    }
    if (definition.deadline && step.total_timeout && *step.total_timeout > *definition.deadline) {
      warnings.about_step(step, "long-timeout", "total_timeout",
                          "is " + text(*step.total_timeout) +
                              ", longer than the saga's deadline of " + text(*definition.deadline) +
                              ". Shorten it, or raise the deadline");
    }
  }
}

}  // namespace sagad::definition
