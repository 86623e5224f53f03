#include "definition/definition.hpp"

#include "base/enum_names.hpp"

namespace sagad::definition {
namespace {

constexpr base::EnumNames<StepKind, 4> kStepKinds{{{StepKind::kAction, "action"},
                                                   {StepKind::kSleep, "sleep"},
                                                   {StepKind::kSignal, "signal"},
                                                   {StepKind::kChild, "child"}}};

}  // namespace

std::string_view to_string(StepKind kind) { return base::name_of(kStepKinds, kind); }

std::string Step::describe() const {
  switch (kind) {
    case StepKind::kSleep:
      return "sleep " + base::format_duration(sleep);
    case StepKind::kSignal:
      return "signal " + signal->name;
    case StepKind::kChild:
      return "child " + child->definition + "@" + std::to_string(child->version);
    case StepKind::kAction:
      break;
  }
  return action.full_name();
}

const Step* Definition::find_step(std::string_view id) const {
  for (const auto& step : steps) {
    if (step.id == id) return &step;
  }
  return nullptr;
}

bool Template::is_null() const {
  const auto* constant = std::get_if<json::value>(&root);
  return constant != nullptr && constant->is_null();
}

}  // namespace sagad::definition
