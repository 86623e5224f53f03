#include <algorithm>

#include "definition/lint_rules.hpp"
#include "definition/text.hpp"

namespace sagad::definition {
namespace {

using Reach = std::vector<std::vector<bool>>;

/// reach[a][b]: b depends on a, directly or through others.
Reach find_descendants(const Definition& definition) {
  const auto count = definition.steps.size();
  Reach reach(count, std::vector<bool>(count, false));
  for (std::size_t from = 0; from < count; ++from) {
    std::vector<int> open = definition.steps[from].dependents;
    while (!open.empty()) {
      const auto step = static_cast<std::size_t>(open.back());
      open.pop_back();
      if (reach[from][step]) continue;
      reach[from][step] = true;
      const auto& next = definition.steps[step].dependents;
      open.insert(open.end(), next.begin(), next.end());
    }
  }
  return reach;
}

/// Whether the step may refuse or give up.
bool may_fail(const Step& step) {
  if (step.kind == StepKind::kSignal) return step.signal->timeout.has_value();
  return step.kind != StepKind::kSleep;
}

/// The steps as a saga may meet them.
class Order {
 public:
  explicit Order(const Definition& definition)
      : definition_(definition), reach_(find_descendants(definition)) {}

  bool comes_after(int later, int step) const {
    return reach_[static_cast<std::size_t>(step)][static_cast<std::size_t>(later)];
  }
  bool comes_after_pivot(int step) const {
    return definition_.pivot && comes_after(step, *definition_.pivot);
  }
  /// A step that may refuse, and so turn the saga back, when `done` is done already; nullptr if
  /// there is none.
  const Step* may_fail_after(int done) const {
    for (const auto& step : definition_.steps) {
      if (step.index == done || comes_after(done, step.index)) continue;
      if (comes_after_pivot(step.index) || !may_fail(step)) continue;
      return &step;
    }
    return nullptr;
  }

 private:
  const Definition& definition_;
  Reach reach_;
};

void check_uncompensated(const Definition& definition, const Order& order, const Step& step,
                         WarningList& warnings) {
  // A child is undone by its own compensations; the others do nothing.
  if (step.kind != StepKind::kAction) return;
  if (step.compensate || step.nothing_to_undo || step.pivot ||
      order.comes_after_pivot(step.index)) {
    return;
  }
  const auto* failing = order.may_fail_after(step.index);
  if (failing == nullptr) return;
  std::string message = "has no compensation, and " + in_quotes(failing->id) +
                        " may still fail after it: what it did stays done. Add 'compensate'";
  if (!definition.pivot) message += ", or make it the pivot if there is no way back after it";
  warnings.about_step(step, "not-undone", "",
                      message + "; if it does nothing that lasts, say so: compensate: none");
}

}  // namespace

void lint_compensation(const Definition& definition, WarningList& warnings) {
  const Order order(definition);
  for (const auto& step : definition.steps) {
    check_uncompensated(definition, order, step, warnings);
    if (!step.compensate || step.child) continue;  // a child has one that no file names
    if (step.pivot) {
      warnings.about_step(step, "never-undone", "compensate",
                          "is never used: this step is the pivot, and once it is done nothing is "
                          "undone. Remove it, or take another step as the pivot");
    } else if (order.comes_after_pivot(step.index)) {
      const auto& pivot = definition.steps[static_cast<std::size_t>(*definition.pivot)];
      warnings.about_step(step, "never-undone", "compensate",
                          "is never used: the step comes after the pivot " + in_quotes(pivot.id) +
                              ", where nothing is undone. Remove it, or move the pivot");
    }
  }
}

}  // namespace sagad::definition
