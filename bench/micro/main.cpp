#include <benchmark/benchmark.h>

#include <iostream>

#include "micro/budget.hpp"

/// Runs the benchmarks; exit code 1 if one is over its budget. Takes the options of Google
/// Benchmark (--benchmark_filter=decide).
int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  sagad::bench::BudgetReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  for (const auto& text : reporter.over_budget()) std::cerr << "over budget: " << text << '\n';
  return reporter.over_budget().empty() ? 0 : 1;
}
