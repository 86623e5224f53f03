#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <stdexcept>

#include "ports/metrics.hpp"
#include "runtime/completions.hpp"
#include "runtime/definitions.hpp"
#include "runtime/operators.hpp"
#include "runtime/relay.hpp"
#include "unit/deadlocked_store.hpp"
#include "unit/idle_bus.hpp"

namespace sagad::runtime {
namespace {

TEST(Operators, ADeadlockThatLastsIsTransient) {
  tests::IdleBus bus;
  ports::NoMetrics metrics;
  const auto log =
      std::make_shared<spdlog::logger>("none", std::make_shared<spdlog::sinks::null_sink_mt>());
  Relay relay(
      {}, [] { return nullptr; }, bus, metrics, log);
  Definitions definitions(nullptr);
  Completions completions;
  Operators operators({}, [] { return std::make_unique<tests::DeadlockedStore>(); },
                      {relay, definitions, &completions, metrics, log});
  saga::Intervention order;
  order.verb = saga::Verb::kPause;
  const auto id = base::SagaId::parse("018f0000-0000-7000-8000-000000000001");
  EXPECT_THROW(operators.order(id, order), ports::Unavailable);
}

}  // namespace
}  // namespace sagad::runtime
