#include "micro/budget.hpp"

#include <cstdio>

namespace sagad::bench {
namespace {

constexpr const char* kBudget = "budget_us";

double cpu_micros(const benchmark::BenchmarkReporter::Run& run) {
  return run.cpu_accumulated_time / static_cast<double>(run.iterations) * 1e6;
}

}  // namespace

void set_budget(benchmark::State& state, double microseconds) {
  state.counters[kBudget] = microseconds;
}

void BudgetReporter::ReportRuns(const std::vector<Run>& runs) {
  ConsoleReporter::ReportRuns(runs);
  for (const auto& run : runs) {
    const auto budget = run.counters.find(kBudget);
    if (budget == run.counters.end() || run.run_type != Run::RT_Iteration || run.iterations == 0) {
      continue;
    }
    if (cpu_micros(run) <= budget->second.value) continue;
    char text[256];
    std::snprintf(text, sizeof text, "%s: %.2f us, its budget is %.2f us",
                  run.benchmark_name().c_str(), cpu_micros(run), budget->second.value);
    over_budget_.emplace_back(text);
  }
}

}  // namespace sagad::bench
