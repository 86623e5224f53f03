#include "saga/instance.hpp"

#include <algorithm>

#include "base/enum_names.hpp"

namespace sagad::saga {
namespace {

constexpr base::EnumNames<SagaStatus, 6> kSagaStatuses{{{SagaStatus::kRunning, "running"},
                                                        {SagaStatus::kCompensating, "compensating"},
                                                        {SagaStatus::kCompleted, "completed"},
                                                        {SagaStatus::kCompensated, "compensated"},
                                                        {SagaStatus::kPaused, "paused"},
                                                        {SagaStatus::kFailed, "failed"}}};

constexpr base::EnumNames<StepStatus, 10> kStepStatuses{
    {{StepStatus::kPending, "pending"},
     {StepStatus::kRunning, "running"},
     {StepStatus::kRetrying, "retrying"},
     {StepStatus::kWaiting, "waiting"},
     {StepStatus::kDone, "done"},
     {StepStatus::kFailed, "failed"},
     {StepStatus::kSkipped, "skipped"},
     {StepStatus::kSettling, "settling"},
     {StepStatus::kCompensating, "compensating"},
     {StepStatus::kCompensated, "compensated"}}};

}  // namespace

std::string_view to_string(SagaStatus status) { return base::name_of(kSagaStatuses, status); }
SagaStatus parse_saga_status(std::string_view text) {
  return base::parse_name(kSagaStatuses, text, "saga status");
}

bool is_final(SagaStatus status) {
  return status == SagaStatus::kCompleted || status == SagaStatus::kCompensated ||
         status == SagaStatus::kFailed;
}

std::string_view to_string(StepStatus status) { return base::name_of(kStepStatuses, status); }
StepStatus parse_step_status(std::string_view text) {
  return base::parse_name(kStepStatuses, text, "step status");
}

std::span<const StepState> executions(const StepState& step) {
  if (step.items.empty()) return {&step, 1};
  return step.items;
}

Document gather_outputs(const StepState& step) {
  json::array outputs;
  outputs.reserve(step.items.size());
  for (const auto& item : step.items) {
    outputs.push_back(item.output ? *item.output : json::value());
  }
  return std::make_shared<const json::value>(std::move(outputs));
}

std::optional<base::Time> Instance::unanswered_since() const {
  std::optional<base::Time> oldest;
  for (const auto& step : steps) {
    for (const auto& one : executions(step)) {
      if (one.sent_at && (!oldest || *one.sent_at < *oldest)) oldest = one.sent_at;
    }
  }
  return oldest;
}

bool Instance::may_have_outputs() const {
  return std::any_of(steps.begin(), steps.end(), [](const StepState& step) {
    return step.status != StepStatus::kPending && step.status != StepStatus::kRunning &&
           step.status != StepStatus::kRetrying && step.status != StepStatus::kSkipped;
  });
}

}  // namespace sagad::saga
