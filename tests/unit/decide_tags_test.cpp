#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/decide_fixture.hpp"

namespace sagad::saga {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(DecideTags, AreSetAtTheStartAsText) {
  Machine machine(R"(
name: s
tags:
  account: "${ .input.account }"
  amount: "${ .input.amount }"
  large: "${ .input.amount > 100 }"
  kind: order
  missing: "${ .input.unheard_of }"
  key: "${ .saga.key }"
steps: [{ id: a, action: p.a }]
)",
                  {{"account", "alice"}, {"amount", 130}});
  machine.start();
  EXPECT_THAT(machine.instance().tags,
              ElementsAre(Pair("account", "alice"), Pair("amount", "130"), Pair("key", "key-1"),
                          Pair("kind", "order"), Pair("large", "true")));
  EXPECT_THAT(machine.history(), ElementsAre("started", "dispatched:a"));
}

TEST(DecideTags, OneThatCannotBeHadIsInTheHistoryAndStopsNothing) {
  Machine machine(
      R"(
name: s
tags:
  list: "${ .input.list }"
  long: "${ .input.long }"
  none: "${ .input.list.x }"
  good: "${ .input.good }"
steps: [{ id: a, action: p.a }]
)",
      {{"list", {1}}, {"long", std::string(256, 'x')}, {"good", std::string(255, 'x')}});
  machine.start();
  EXPECT_THAT(machine.instance().tags, ElementsAre(Pair("good", std::string(255, 'x'))));
  EXPECT_THAT(machine.history(),
              ElementsAre("started", "tag_error", "tag_error", "tag_error", "dispatched:a"));
  const auto& detail = machine.decision().history[2].detail;
  EXPECT_EQ(detail.at("tag"), "long");
  EXPECT_EQ(detail.at("message"), "a tag has at most 255 bytes, this one has 256");
  EXPECT_EQ(machine.status(), SagaStatus::kRunning);
}

}  // namespace
}  // namespace sagad::saga
