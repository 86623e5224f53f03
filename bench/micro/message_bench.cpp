#include <benchmark/benchmark.h>

#include <string>

#include "micro/budget.hpp"
#include "micro/sample.hpp"
#include "saga/message.hpp"

namespace sagad::bench {
namespace {

saga::Command sample_command(std::size_t payload) {
  saga::Command command;
  command.saga = base::IdGenerator(1).next(base::Time{std::chrono::seconds{1'700'000'000}});
  command.definition = "order-pay";
  command.participant = "order";
  command.action = "create";
  command.step = "create_order";
  command.sent_at = base::Time{std::chrono::seconds{1'700'000'000}};
  command.input = sample_input();
  if (payload > 0) command.input.as_object()["note"] = std::string(payload, 'x');
  return command;
}

/// A kilobyte of payload may cost this much more.
constexpr double kPerKilobyte = 6;

double budget(double base, const benchmark::State& state) {
  return base + kPerKilobyte * static_cast<double>(state.range(0)) / 1024;
}

void encode_command(benchmark::State& state) {
  const auto command = sample_command(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(saga::encode(command));
  set_budget(state, budget(3, state));
}
BENCHMARK(encode_command)->Arg(0)->Arg(10'240)->Arg(102'400)->Unit(benchmark::kMicrosecond);

void decode_command(benchmark::State& state) {
  const auto text = saga::encode(sample_command(static_cast<std::size_t>(state.range(0))));
  for (auto _ : state) benchmark::DoNotOptimize(saga::decode_command(text));
  set_budget(state, budget(6, state));
}
BENCHMARK(decode_command)->Arg(0)->Arg(10'240)->Arg(102'400)->Unit(benchmark::kMicrosecond);

void encode_and_decode_result(benchmark::State& state) {
  saga::Result result;
  result.saga = base::IdGenerator(1).next(base::Time{std::chrono::seconds{1'700'000'000}});
  result.definition = "order-pay";
  result.participant = "order";
  result.step = "create_order";
  result.output = {{"order_id", 4711}};
  for (auto _ : state) benchmark::DoNotOptimize(saga::decode_result(saga::encode(result)));
  set_budget(state, 8);
}
BENCHMARK(encode_and_decode_result)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sagad::bench
