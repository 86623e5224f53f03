#include <gmock/gmock.h>

#include "unit/decide_fixture.hpp"

namespace sagad::saga {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;

const std::string kFan = R"(
name: fan
version: 1
deadline: 1h
steps:
  - { id: first, action: p.first, compensate: p.undo }
  - id: fan
    action: q.make
    foreach: "${ .input.lines }"
    max_parallel: 2
    input: { sku: "${ .item.sku }", place: "${ .index }" }
    compensate: { action: q.unmake, input: { made: "${ .steps.fan.output.id }", sku: "${ .item.sku }" } }
    total_timeout: 10m
    retry: { max_attempts: 2 }
  - { id: last, action: p.last, input: { all: "${ .steps.fan.output }" } }
output: { ids: "${ .steps.fan.output | map(.id) }" }
)";

json::value lines(int count) {
  json::array list;
  for (int i = 0; i < count; ++i) list.push_back(json::object{{"sku", "s" + std::to_string(i)}});
  return {{"lines", std::move(list)}};
}

json::value made(int id) { return {{"id", id}}; }

/// With `first` done, so that the items have been started.
Machine fanned_out(int count, const std::string& yaml = kFan) {
  Machine machine(yaml, lines(count));
  machine.start();
  machine.answer("first", Outcome::kDone);
  return machine;
}

StepStatus status(const Machine& machine, int item) {
  return machine.step("fan").items.at(static_cast<std::size_t>(item)).status;
}

TEST(DecideForeach, StartsMaxParallelItemsEachWithItsInput) {
  auto machine = fanned_out(3);
  EXPECT_THAT(machine.item_commands(), ElementsAre("do fan[0] #1", "do fan[1] #1"));
  EXPECT_EQ(machine.last_command("fan", 1).input, json::parse(R"({"sku": "s1", "place": 1})"));
  EXPECT_EQ(machine.status("fan"), StepStatus::kRunning);
  EXPECT_THAT(machine.decision().changed_items, ElementsAre(ItemRef{1, 0}, ItemRef{1, 1}))
      << "what was not started needs no row";
  ASSERT_EQ(machine.decision().timers.size(), 1U) << "one total_timeout for all";
  EXPECT_EQ(machine.decision().timers[0].kind, event::TimerFired::Kind::kTotalTimeout);
}

TEST(DecideForeach, CollectsOutputsInTheOrderOfTheListWhateverTheOrderOfAnswers) {
  auto machine = fanned_out(3);
  machine.answer_item("fan", 1, Outcome::kDone, made(11));
  EXPECT_THAT(machine.item_commands(), ElementsAre("do fan[2] #1")) << "a place is free";
  EXPECT_THAT(machine.decision().new_item_outputs, ElementsAre(ItemRef{1, 1}));
  EXPECT_THAT(machine.decision().new_outputs, IsEmpty());
  machine.answer_item("fan", 2, Outcome::kDone, made(12));
  EXPECT_EQ(machine.status("fan"), StepStatus::kRunning);
  machine.answer_item("fan", 0, Outcome::kDone, made(10));
  EXPECT_EQ(machine.status("fan"), StepStatus::kDone);
  EXPECT_EQ(machine.last_command("last").input,
            json::parse(R"({"all": [{"id": 10}, {"id": 11}, {"id": 12}]})"));
  machine.answer("last", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompleted);
  EXPECT_EQ(*machine.instance().output, json::parse(R"({"ids": [10, 11, 12]})"));
}

TEST(DecideForeach, AnEmptyListIsDoneAtOnce) {
  auto machine = fanned_out(0);
  EXPECT_EQ(machine.status("fan"), StepStatus::kDone);
  EXPECT_EQ(*machine.step("fan").output, json::value(json::array()));
  EXPECT_THAT(machine.decision().new_outputs, ElementsAre(0, 1))
      << "the [] has no items to come from";
  EXPECT_EQ(machine.last_command("last").input, json::parse(R"({"all": []})"));
  machine.answer("last", Outcome::kFailed, nullptr, "no");
  EXPECT_THAT(machine.commands(), ElementsAre("undo first #1")) << "there is no item to undo";
}

TEST(DecideForeach, ARefusalSettlesTheRunningAndUndoesTheDoneItems) {
  auto machine = fanned_out(4);
  machine.answer_item("fan", 0, Outcome::kDone, made(10));
  ASSERT_THAT(machine.item_commands(), ElementsAre("do fan[2] #1"));
  machine.answer_item("fan", 1, Outcome::kFailed, nullptr, "sold_out");
  EXPECT_EQ(machine.status(), SagaStatus::kCompensating);
  EXPECT_EQ(machine.instance().error->code, "sold_out");
  EXPECT_THAT(machine.item_commands(), UnorderedElementsAre("settle fan[2] #1", "undo fan[0] #1"));
  const auto& undo = machine.last_command("fan", 0);
  EXPECT_EQ(undo.input, json::parse(R"({"made": 10, "sku": "s0"})"));
  EXPECT_EQ(undo.action_input, json::parse(R"({"sku": "s0", "place": 0})"));
  EXPECT_EQ(undo.action_output, made(10));
  EXPECT_EQ(status(machine, 3), StepStatus::kPending) << "never started";

  machine.answer_item("fan", 2, Outcome::kDone, made(12));
  EXPECT_THAT(machine.item_commands(), ElementsAre("undo fan[2] #1")) << "it had happened";
  machine.answer_item("fan", 0, Outcome::kDone);
  EXPECT_THAT(machine.commands(), IsEmpty()) << "first waits for all items";
  machine.answer_item("fan", 2, Outcome::kDone);
  EXPECT_EQ(machine.status("fan"), StepStatus::kCompensated);
  EXPECT_EQ(machine.step("fan").last_error, (Error{"sold_out", "item 1: "}));
  EXPECT_THAT(machine.commands(), ElementsAre("undo first #1"));
  machine.answer("first", Outcome::kDone);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
}

TEST(DecideForeach, UndoKeepsToMaxParallelToo) {
  auto machine = fanned_out(3);
  for (const int item : {0, 1, 2}) machine.answer_item("fan", item, Outcome::kDone, made(item));
  machine.answer("last", Outcome::kFailed, nullptr, "no");
  EXPECT_THAT(machine.item_commands(), ElementsAre("undo fan[0] #1", "undo fan[1] #1"));
  machine.answer_item("fan", 1, Outcome::kDone);
  EXPECT_THAT(machine.item_commands(), ElementsAre("undo fan[2] #1"));
  EXPECT_EQ(machine.status("fan"), StepStatus::kCompensating);
}

TEST(DecideForeach, ItemsAreRetriedEachOnItsOwn) {
  auto machine = fanned_out(2);
  machine.answer_item("fan", 1, Outcome::kRetry, nullptr, "busy");
  ASSERT_EQ(machine.decision().timers.size(), 1U);
  const auto timer = machine.decision().timers[0];
  EXPECT_EQ(timer.item, 1);
  EXPECT_EQ(status(machine, 1), StepStatus::kRetrying);
  machine.advance_clock(1min);
  machine.happens(event::TimerFired{timer.step, timer.kind, timer.item});
  EXPECT_THAT(machine.item_commands(), ElementsAre("do fan[1] #2"));
  machine.answer_item("fan", 1, Outcome::kRetry, nullptr, "busy");
  EXPECT_EQ(machine.status(), SagaStatus::kCompensating) << "its attempts are used up";
  EXPECT_EQ(machine.instance().reason, "step_exhausted");
  EXPECT_THAT(machine.item_commands(),
              UnorderedElementsAre("settle fan[0] #1", "settle fan[1] #2"));
  machine.answer_item("fan", 1, Outcome::kBarred);
  machine.answer_item("fan", 0, Outcome::kBarred);
  EXPECT_EQ(status(machine, 1), StepStatus::kFailed);
  EXPECT_EQ(status(machine, 0), StepStatus::kSkipped);
  EXPECT_THAT(machine.commands(), ElementsAre("undo first #1"));
}

TEST(DecideForeach, TotalTimeoutIsForAllItemsTogether) {
  auto machine = fanned_out(3);
  machine.answer_item("fan", 0, Outcome::kDone, made(10));
  machine.advance_clock(10min);
  machine.happens(event::TimerFired{1, event::TimerFired::Kind::kTotalTimeout});
  EXPECT_EQ(machine.status(), SagaStatus::kCompensating);
  EXPECT_EQ(machine.instance().error->code, "total_timeout");
  EXPECT_THAT(machine.item_commands(),
              UnorderedElementsAre("settle fan[1] #1", "settle fan[2] #1", "undo fan[0] #1"));
}

TEST(DecideForeach, DuplicatesAndItemsThatAreNotThereChangeNothing) {
  auto machine = fanned_out(2);
  auto result = machine.result_for(machine.last_command("fan", 0), Outcome::kDone, made(1));
  EXPECT_TRUE(machine.happens(event::Answered{result}).changed);
  EXPECT_FALSE(machine.happens(event::Answered{result}).changed);
  result.item = 2;
  EXPECT_FALSE(machine.happens(event::Answered{result}).changed);
  result.item = -1;
  EXPECT_FALSE(machine.happens(event::Answered{result}).changed);
}

TEST(DecideForeach, RescueSendsEverySilentItemAgain) {
  auto machine = fanned_out(3);
  machine.answer_item("fan", 0, Outcome::kRetry, nullptr, "busy");
  machine.advance_clock(1min);
  machine.happens(event::Rescue{{{"q", machine.now()}}});
  EXPECT_THAT(machine.item_commands(), ElementsAre("do fan[1] #1")) << "0 is in its back-off";
  EXPECT_EQ(machine.instance().unanswered_since(), machine.now());
}

TEST(DecideForeach, ADeadLetterOfOneItemPauses) {
  auto machine = fanned_out(2);
  EXPECT_FALSE(machine.happens(event::DeadLettered{"fan", "poison", 7}).changed);
  machine.happens(event::DeadLettered{"fan", "poison", 1});
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  EXPECT_EQ(machine.step("fan").items[1].last_error->code, "dead_letter");
  machine.answer_item("fan", 0, Outcome::kDone, made(1));
  EXPECT_EQ(status(machine, 0), StepStatus::kDone) << "results are recorded";
  EXPECT_THAT(machine.commands(), IsEmpty());
}

TEST(DecideForeach, AListThatIsNoneFailsTheStep) {
  Machine machine(kFan, {{"lines", "three"}});
  machine.start();
  machine.answer("first", Outcome::kDone);
  EXPECT_EQ(machine.instance().error->code, "expression_error");
  EXPECT_THAT(machine.commands(), ElementsAre("undo first #1"));
}

TEST(DecideForeach, TooManyItemsFailTheStep) {
  auto machine = fanned_out(static_cast<int>(kMaxItems) + 1);
  EXPECT_EQ(machine.instance().error->code, "too_many_items");
  EXPECT_THAT(machine.commands(), ElementsAre("undo first #1"));
}

TEST(DecideForeach, AnItemWhoseInputFailsStopsTheRest) {
  const std::string yaml = R"(
name: fan
version: 1
deadline: 1h
steps:
  - { id: fan, action: q.make, foreach: "${ .input.lines }", input: { sku: "${ .item.sku.name }" } }
)";
  Machine machine(yaml, json::parse(R"({"lines": [{"sku": {"name": "a"}}, {"sku": "b"}, {}]})"));
  machine.start();
  EXPECT_EQ(status(machine, 1), StepStatus::kFailed);
  EXPECT_EQ(status(machine, 2), StepStatus::kPending);
  EXPECT_EQ(machine.instance().error->code, "expression_error");
  machine.answer_item("fan", 0, Outcome::kBarred);
  EXPECT_EQ(machine.status(), SagaStatus::kCompensated);
}

TEST(DecideForeach, WhenIsAskedOnceAndSkipsAll) {
  const std::string yaml = R"(
name: fan
version: 1
deadline: 1h
steps:
  - { id: fan, action: q.make, foreach: "${ .input.lines }", when: "${ .input.lines | length > 2 }" }
  - { id: last, action: p.last, input: { all: "${ .steps.fan.output }" } }
)";
  Machine machine(yaml, lines(2));
  machine.start();
  EXPECT_EQ(machine.status("fan"), StepStatus::kSkipped);
  EXPECT_THAT(machine.commands(), ElementsAre("do last #1"));
  EXPECT_EQ(machine.last_command("last").input, json::parse(R"({"all": null})"));
}

TEST(DecideForeach, OnExhaustedPauseKeepsWhatIsDone) {
  auto yaml = kFan;
  yaml.replace(yaml.find("    total_timeout"), 0, "    on_exhausted: pause\n");
  auto machine = fanned_out(3, yaml);
  machine.answer_item("fan", 0, Outcome::kDone, made(10));
  Result result = machine.result_for(machine.last_command("fan", 1), Outcome::kRetry);
  machine.happens(event::Answered{result});
  machine.advance_clock(1min);
  machine.happens(event::TimerFired{1, event::TimerFired::Kind::kRetry, 1});
  machine.answer_item("fan", 1, Outcome::kRetry, nullptr, "busy");
  EXPECT_EQ(machine.status(), SagaStatus::kPaused);
  EXPECT_EQ(machine.instance().reason, "step_exhausted");
  EXPECT_EQ(status(machine, 0), StepStatus::kDone);
}

TEST(DecideForeach, ItemsComeBackFromTheDatabaseAsTheyWere) {
  auto machine = fanned_out(3);
  machine.answer_item("fan", 0, Outcome::kRetry, nullptr, "busy");
  const auto steps = decode_steps(encode_steps(machine.instance().steps));
  ASSERT_EQ(steps[1].items.size(), 3U);
  EXPECT_EQ(steps[1].items[2].status, StepStatus::kPending);
  const auto& before = machine.step("fan").items[0];
  const auto after = decode_item(encode_item(before));
  EXPECT_EQ(after.status, StepStatus::kRetrying);
  EXPECT_EQ(after.retry_at, before.retry_at);
  EXPECT_EQ(after.last_error, before.last_error);
}

}  // namespace
}  // namespace sagad::saga
