// What the keywords of the language become. Kinds of steps are read without the loader's last
// check, so that what the engine cannot run yet can be read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "definition/definition_reader.hpp"
#include "unit/definition_fixture.hpp"

namespace sagad::definition {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

DefinitionPtr read(const std::string& text) {
  ProblemList problems;
  const auto root = read_yaml(text, "test.yaml", problems);
  auto definition = read_definition(root, problems);
  if (!problems.empty()) throw DefinitionError(problems.take());
  return std::make_shared<const Definition>(std::move(definition));
}

const char* const kAllKinds = R"(
name: kinds
defaults: { timeout: 5s }
steps:
  - { id: create, action: order.create }
  - { id: rest, sleep: 10s }
  - { id: paid, signal: payment-received, timeout: 1h, on_exhausted: pause, pivot: true }
  - { id: ship, child: shipping@3, input: { order: "${ .steps.create.output.id }" }, total_timeout: 2h }
  - { id: over, signal: over }
)";

TEST(StepKinds, AreReadWithWhatGoesWithThem) {
  const auto steps = read(kAllKinds)->steps;
  EXPECT_EQ(steps[0].kind, StepKind::kAction);
  EXPECT_EQ(steps[0].action.timeout, base::Duration{5s});
  EXPECT_EQ(steps[1].kind, StepKind::kSleep);
  EXPECT_EQ(steps[1].sleep, base::Duration{10s});
  EXPECT_THAT(steps[1].needs, ElementsAre(0));
  ASSERT_EQ(steps[2].kind, StepKind::kSignal);
  EXPECT_EQ(steps[2].signal->name, "payment-received");
  EXPECT_EQ(steps[2].signal->timeout, base::Duration{1h});
  EXPECT_EQ(steps[2].on_exhausted, OnExhausted::kPause);
  EXPECT_TRUE(steps[2].pivot);
  ASSERT_EQ(steps[3].kind, StepKind::kChild);
  EXPECT_EQ(steps[3].child->definition, "shipping");
  EXPECT_EQ(steps[3].child->version, 3);
  EXPECT_THAT(steps[3].child->input.steps, ElementsAre(0));
  EXPECT_EQ(steps[3].total_timeout, base::Duration{2h});
  EXPECT_EQ(steps[4].signal->timeout, std::nullopt) << "defaults.timeout is for actions";
}

TEST(StepKinds, AreDescribedAndDrawn) {
  const auto definition = read(kAllKinds);
  EXPECT_EQ(definition->steps[1].describe(), "sleep 10s");
  EXPECT_EQ(definition->steps[2].describe(), "signal payment-received");
  const auto text = to_mermaid(*definition);
  EXPECT_THAT(text, HasSubstr("  s1[\"rest<br/>sleep 10s\"]\n"));
  EXPECT_THAT(text, HasSubstr("  s3[[\"ship<br/>child shipping@3\"]]\n"));
}

const char* const kFanOut = R"(
name: fan
steps:
  - id: find
    action: order.find
  - id: fan
    action: order.create
    foreach: "${ .steps.find.output.lines }"
    max_parallel: 3
    input: { sku: "${ .item.sku }", all: "${ .item }", place: "${ .index }", next: "${ .index + 1 }", twice: "${ .item.n * 2 }", order: "${ .input.order }" }
    compensate: { action: order.cancel, input: { sku: "${ .item.sku }", was: "${ .steps.fan.output }" } }
)";

class FanOut : public testing::Test {
 protected:
  Scope scope() {
    Scope scope{input_, outputs_, {base::SagaId(), definition_->name, 1, key_, base::Time()}};
    scope.item = &item_;
    scope.index = 4;
    return scope;
  }

  DefinitionPtr definition_ = read(kFanOut);
  std::unique_ptr<Evaluator> evaluator_ = make_evaluator(definition_);
  json::value input_ = json::parse(R"({"order": 18446744073709551615})");
  json::value found_ = json::parse(R"({"lines": [{"sku": "a"}, {"sku": "b"}]})");
  json::value done_ = json::parse(R"({"id": 1})");
  json::value item_ = json::parse(R"({"sku": "b", "n": 21, "big": 9007199254740993})");
  std::string key_;
  std::vector<const json::value*> outputs_{&found_, &done_};
};

TEST_F(FanOut, InputAndCompensationSeeTheItem) {
  const auto& step = definition_->steps[1];
  EXPECT_EQ(step.foreach->max_parallel, 3);
  EXPECT_THAT(step.foreach->list.steps, ElementsAre(0));
  EXPECT_EQ(evaluator_->evaluate(step.action.input, scope()),
            json::parse(R"({"sku": "b", "all": {"sku": "b", "n": 21, "big": 9007199254740993},
                            "place": 4, "next": 5, "twice": 42,
                            "order": 18446744073709551615})"));
  EXPECT_EQ(evaluator_->evaluate(step.compensate->input, scope()),
            json::parse(R"({"sku": "b", "was": {"id": 1}})"));
}

TEST_F(FanOut, TheListMustBeAList) {
  const auto& list = definition_->steps[1].foreach->list;
  EXPECT_EQ(evaluator_->evaluate_list(list, scope()).size(), 2U);
  found_ = json::parse(R"({"lines": {"sku": "a"}})");
  try {
    evaluator_->evaluate_list(list, scope());
    FAIL();
  } catch (const ExpressionError& error) {
    EXPECT_STREQ(error.what(),
                 "test.yaml:8: ${ .steps.find.output.lines }: 'foreach' needs a list, not "
                 "{\"sku\":\"a\"}");
  }
}

TEST_F(FanOut, IsDrawn) {
  EXPECT_THAT(to_mermaid(*definition_),
              HasSubstr("fan<br/>order.create<br/>foreach .steps.find.output.lines"));
}

TEST(FanOutDefaults, TenAtOnce) {
  const auto definition =
      read("name: fan\nsteps: [{ id: a, action: x.y, foreach: '${ .input.l }' }]\n");
  EXPECT_EQ(definition->steps[0].foreach->max_parallel, 10);
}

TEST(Tags, AreValuesOverTheInput) {
  const auto definition = load_yaml(R"(
name: tagged
tags: { customer: "${ .input.customer }", kind: "vip-${ .input.level }", key: "${ .saga.key }" }
steps: [{ id: a, action: x.y }]
)",
                                    "test.yaml");
  ASSERT_EQ(definition->tags.size(), 3U);
  EXPECT_EQ(definition->tags[1].name, "kind");
  const json::value input = json::parse(R"({"customer": 7, "level": 2})");
  const std::string key = "k";
  const Scope scope{input, {}, {base::SagaId(), definition->name, 1, key, base::Time()}};
  const auto evaluator = make_evaluator(definition);
  EXPECT_EQ(evaluator->evaluate(definition->tags[0].value, scope), json::value(7));
  EXPECT_EQ(evaluator->evaluate(definition->tags[1].value, scope), json::value("vip-2"));
  EXPECT_EQ(evaluator->evaluate(definition->tags[2].value, scope), json::value("k"));
}

TEST(Tags, CountForTheDigest) {
  const std::string rest = "name: t\nsteps: [{ id: a, action: x.y }]\n";
  const auto digest = [](const std::string& text) { return load_yaml(text, "t.yaml")->digest; };
  EXPECT_NE(digest(rest), digest(rest + "tags: { a: b }\n"));
  const auto tagged = load_yaml(rest + "tags: { a: b }\n", "t.yaml");
  EXPECT_EQ(load_canonical(tagged->canonical)->tags.size(), 1U);
}

}  // namespace
}  // namespace sagad::definition
