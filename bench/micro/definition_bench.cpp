#include <benchmark/benchmark.h>

#include <vector>

#include "micro/budget.hpp"
#include "micro/sample.hpp"

namespace sagad::bench {
namespace {

void load_order_pay(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(load(order_pay_yaml()));
  set_budget(state, 900);
}
BENCHMARK(load_order_pay)->Unit(benchmark::kMicrosecond);

void load_chain(benchmark::State& state) {
  const auto text = chain_yaml(static_cast<int>(state.range(0)), false);
  for (auto _ : state) benchmark::DoNotOptimize(load(text));
  set_budget(state, 500 + 100 * static_cast<double>(state.range(0)));
}
BENCHMARK(load_chain)->Arg(5)->Arg(20)->Arg(100)->Unit(benchmark::kMicrosecond);

void load_canonical_order_pay(benchmark::State& state) {
  const auto canonical = load(order_pay_yaml())->canonical;
  for (auto _ : state) benchmark::DoNotOptimize(definition::load_canonical(canonical));
  set_budget(state, 300);
}
BENCHMARK(load_canonical_order_pay)->Unit(benchmark::kMicrosecond);

void check_input(benchmark::State& state) {
  const auto definition = load(order_pay_yaml());
  const auto input = sample_input();
  for (auto _ : state) benchmark::DoNotOptimize(definition->input_schema->check(input));
  set_budget(state, 6);
}
BENCHMARK(check_input)->Unit(benchmark::kMicrosecond);

/// Evaluates the input of the last step, whose steps before have answered.
void evaluate_input(benchmark::State& state, const definition::DefinitionPtr& definition) {
  const auto evaluator = definition::make_evaluator(definition);
  const auto input = sample_input();
  const boost::json::value output{{"order_id", 4711}, {"amount", 42}};
  const std::vector<const boost::json::value*> outputs(definition->steps.size(), &output);
  const std::string key = "bench-1";
  const definition::Scope scope{
      input, outputs, {base::SagaId{}, definition->name, definition->version, key, base::Time{}}};
  const auto& value = definition->steps.back().action.input;
  for (auto _ : state) benchmark::DoNotOptimize(evaluator->evaluate(value, scope));
}

void evaluate_three_plain_paths(benchmark::State& state) {
  evaluate_input(state, load(order_pay_yaml()));
  set_budget(state, 1.5);
}
BENCHMARK(evaluate_three_plain_paths)->Unit(benchmark::kMicrosecond);

void evaluate_one_jq_expression(benchmark::State& state) {
  evaluate_input(state, load(chain_yaml(static_cast<int>(state.range(0)), true)));
  set_budget(state, 20);
}
BENCHMARK(evaluate_one_jq_expression)->Arg(2)->Arg(20)->Arg(100)->Unit(benchmark::kMicrosecond);

void compile_jq(benchmark::State& state) {
  const auto definition = load(chain_yaml(static_cast<int>(state.range(0)), true));
  for (auto _ : state) benchmark::DoNotOptimize(definition::make_evaluator(definition));
  set_budget(state, 90'000);
}
BENCHMARK(compile_jq)->Arg(2)->Arg(20)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sagad::bench
