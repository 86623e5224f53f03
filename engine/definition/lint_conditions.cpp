#include "definition/lint_rules.hpp"
#include "definition/text.hpp"

namespace sagad::definition {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\n()");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n()") - first + 1);
}

}  // namespace

void lint_conditions(const Definition& definition, WarningList& warnings) {
  for (const auto& step : definition.steps) {
    if (!step.when) continue;
    const auto condition = trimmed(step.when->text);
    const auto path = "steps[" + std::to_string(step.index) + "].when";
    if (condition == "false" || condition == "null") {
      warnings.about(step.when->position, "never-runs", path,
                     "is always false: the step " + in_quotes(step.id) +
                         " never runs. Remove the step, or write the condition");
    } else if (condition == "true") {
      warnings.about(step.when->position, "always-true", path,
                     "is always true. Remove it, or write the condition");
    }
  }
}

}  // namespace sagad::definition
