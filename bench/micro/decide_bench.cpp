#include <benchmark/benchmark.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "micro/budget.hpp"
#include "micro/sample.hpp"
#include "saga/decide.hpp"

namespace sagad::bench {
namespace {

/// What decide() borrows, and how a participant would answer.
class World {
 public:
  explicit World(const std::string& yaml)
      : definition_(load(yaml)), evaluator_(definition::make_evaluator(definition_)) {}

  saga::Instance fresh() {
    return saga::new_instance(*definition_, ids_.next(now_), "bench-1", input_, now_);
  }
  saga::Decision decide(saga::Instance instance, const saga::Event& event) {
    saga::DecideContext context{now_, *evaluator_, random_};
    return saga::decide(*definition_, std::move(instance), event, context);
  }
  saga::event::Answered answer(const saga::Command& command, saga::Outcome outcome) const {
    saga::Result result;
    result.saga = command.saga;
    result.definition = command.definition;
    result.participant = command.participant;
    result.step = command.step;
    result.kind = command.kind;
    result.attempt = command.attempt;
    result.round = command.round;
    result.sent_at = command.sent_at;
    result.outcome = outcome;
    if (outcome == saga::Outcome::kDone) {
      result.output = {{"order_id", 4711}, {"pay_id", 815}, {"amount", 42}};
    } else {
      result.code = "insufficient_funds";
    }
    return {std::move(result)};
  }

  /// From the start to the end; the step `refused` answers `failed`, -1: none.
  saga::Instance run(int refused) {
    auto decision = decide(fresh(), saga::event::Started{});
    int step = 0;
    while (!decision.commands.empty()) {
      const auto command = std::move(decision.commands.front());
      const bool refuses = command.kind == saga::Kind::kDo && step++ == refused;
      decision = decide(std::move(decision.instance),
                        answer(command, refuses ? saga::Outcome::kFailed : saga::Outcome::kDone));
    }
    return std::move(decision.instance);
  }

 private:
  definition::DefinitionPtr definition_;
  std::unique_ptr<definition::Evaluator> evaluator_;
  base::IdGenerator ids_{1};
  base::Random random_{1};
  base::Time now_{std::chrono::seconds{1'700'000'000}};
  saga::Document input_ = std::make_shared<const boost::json::value>(sample_input());
};

void expect(const saga::Instance& instance, saga::SagaStatus status) {
  if (instance.status != status) throw std::logic_error("the benchmark does not do what it says");
}

void decide_start(benchmark::State& state) {
  World world(order_pay_yaml());
  for (auto _ : state)
    benchmark::DoNotOptimize(world.decide(world.fresh(), saga::event::Started{}));
  set_budget(state, 6);
}
BENCHMARK(decide_start)->Unit(benchmark::kMicrosecond);

void decide_completed_saga(benchmark::State& state) {
  World world(order_pay_yaml());
  expect(world.run(-1), saga::SagaStatus::kCompleted);
  for (auto _ : state) benchmark::DoNotOptimize(world.run(-1));
  set_budget(state, 18);
}
BENCHMARK(decide_completed_saga)->Unit(benchmark::kMicrosecond);

void decide_compensated_saga(benchmark::State& state) {
  World world(order_pay_yaml());
  expect(world.run(1), saga::SagaStatus::kCompensated);
  for (auto _ : state) benchmark::DoNotOptimize(world.run(1));
  set_budget(state, 30);
}
BENCHMARK(decide_compensated_saga)->Unit(benchmark::kMicrosecond);

/// A whole saga of so many steps: what one step costs must not grow with their number for long.
void decide_chain(benchmark::State& state) {
  World world(chain_yaml(static_cast<int>(state.range(0)), false));
  expect(world.run(-1), saga::SagaStatus::kCompleted);
  for (auto _ : state) benchmark::DoNotOptimize(world.run(-1));
  const auto steps = static_cast<double>(state.range(0));
  set_budget(state, steps * (7 + 0.06 * steps));
}
BENCHMARK(decide_chain)->Arg(5)->Arg(20)->Arg(100)->Unit(benchmark::kMicrosecond);

void encode_and_decode_steps(benchmark::State& state) {
  World world(order_pay_yaml());
  const auto instance = world.decide(world.fresh(), saga::event::Started{}).instance;
  for (auto _ : state) {
    benchmark::DoNotOptimize(saga::decode_steps(saga::encode_steps(instance.steps)));
  }
  set_budget(state, 8);
}
BENCHMARK(encode_and_decode_steps)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sagad::bench
