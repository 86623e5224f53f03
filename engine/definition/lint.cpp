#include "definition/lint.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "definition/lint_rules.hpp"

namespace sagad::definition {

std::string Warning::str() const {
  return problem.position.str() +
         ": warning: " + (problem.path.empty() ? "" : problem.path + ": ") + problem.message +
         " [" + rule + "]";
}

WarningList::WarningList(const Definition& definition) : definition_(definition) {}

void WarningList::about_file(std::string rule, std::string path, std::string message) {
  const auto file = definition_.steps.empty() ? "" : definition_.steps.front().position.file;
  warnings_.push_back({std::move(rule), {{file, 1, 1}, std::move(path), std::move(message)}});
}

void WarningList::about_step(const Step& step, std::string rule, const std::string& key,
                             std::string message) {
  about(step.position, std::move(rule),
        "steps[" + std::to_string(step.index) + "]" + (key.empty() ? "" : "." + key),
        std::move(message));
}

void WarningList::about(const Position& position, std::string rule, std::string path,
                        std::string message) {
  warnings_.push_back({std::move(rule), {position, std::move(path), std::move(message)}});
}

std::vector<Warning> WarningList::take() {
  std::stable_sort(warnings_.begin(), warnings_.end(), [](const auto& a, const auto& b) {
    const auto& left = a.problem.position;
    const auto& right = b.problem.position;
    return std::tie(left.line, left.column) < std::tie(right.line, right.column);
  });
  return std::move(warnings_);
}

std::vector<Warning> lint(const Definition& definition) {
  WarningList warnings(definition);
  lint_compensation(definition, warnings);
  lint_times(definition, warnings);
  lint_conditions(definition, warnings);
  lint_input(definition, warnings);
  return warnings.take();
}

}  // namespace sagad::definition
