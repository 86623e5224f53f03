#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace sagad::bench {

/// Gives a benchmark its budget: the CPU time that one iteration may take. Registered with the
/// benchmark itself, as a counter that the reporter takes out again.
void set_budget(benchmark::State& state, double microseconds);

/// Prints as the console does, with each figure's budget, and remembers what was over it.
class BudgetReporter final : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override;
  const std::vector<std::string>& over_budget() const { return over_budget_; }

 private:
  std::vector<std::string> over_budget_;
};

}  // namespace sagad::bench
