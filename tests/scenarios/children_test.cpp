#include "runtime/children.hpp"

#include <gtest/gtest.h>

#include "definition/loader.hpp"
#include "saga/child.hpp"
#include "scenarios/engine_fixture.hpp"

namespace sagad::tests {
namespace {

namespace json = boost::json;
using Lane = ports::CommandLane;

const std::string kChild(definition::kChildParticipant);

definition::DefinitionPtr leaf(const std::string& more = "") {
  return definition::load_yaml(R"(name: leaf
version: 1
input_schema: { type: object, properties: { amount: { type: integer } } }
steps:
  - id: charge
    action: pay.charge
    input: { amount: "${ .input.amount }" }
    compensate: pay.refund
output: { charge: "${ .steps.charge.output }" }
)" + more,
                               "leaf.yaml");
}

/// A child between two steps of `order`.
definition::DefinitionPtr parent(const std::string& name = "parent",
                                 const std::string& child = "leaf@1") {
  return definition::load_yaml("name: " + name + R"(
version: 1
steps:
  - { id: create, action: order.create, compensate: order.cancel }
  - { id: sub, child: )" + child + R"(, input: { amount: 5 } }
  - { id: ship, action: order.ship, input: "${ .steps.sub.output }" }
)",
                               name + ".yaml");
}

/// Parents and children on a real database and bus; the participants are played by the test.
class ChildrenTest : public EngineTest {
 protected:
  ~ChildrenTest() override { children_.reset(); }

  void start_all(const std::vector<definition::DefinitionPtr>& definitions = {leaf(), parent()}) {
    bus_->ensure_stream({ports::StreamRef::Kind::kCommands, kChild});
    start(definitions);
    start_children();
  }
  void start_children() {
    runtime::Children::Options options;
    options.fetch_wait = base::Duration{200};
    children_ = std::make_unique<runtime::Children>(options, stores(), *bus_, relay(),
                                                    *definitions_, completions_, sums_, log_);
    children_->start();
  }

  base::SagaId begin(const std::string& key = "k", const std::string& definition = "parent") {
    runtime::StartRequest request;
    request.definition = definition;
    request.key = key;
    request.input = json::object{};
    return starter().submit(request).id;
  }
  /// A parent whose first step is done.
  base::SagaId begun() {
    const auto id = begin();
    send(done(command("order")));
    return id;
  }
  saga::StepStatus step(base::SagaId id, std::size_t index = 1) {
    return get(id).steps.at(index).status;
  }
  std::string child_of(base::SagaId id) {
    return value("SELECT id FROM sagad.saga WHERE key LIKE '" + saga::children_key_prefix(id) +
                 "%'");
  }
  /// The command that the parent sends (or has sent) for its child step.
  saga::Command child_command(base::SagaId id, saga::Kind kind) {
    saga::Command command;
    command.saga = id;
    command.definition = "parent";
    command.participant = kChild;
    command.action = "leaf@1";
    command.step = "sub";
    command.kind = kind;
    command.sent_at = clock_.now();
    command.digest = leaf()->digest;
    command.input = json::object{{"amount", 5}};
    return command;
  }
  void publish(const saga::Command& command) {
    const auto* lane = command.kind == saga::Kind::kDo ? "do" : "undo";
    send_raw(ports::command_subject(kChild, lane, command.definition), saga::encode(command));
  }

  std::unique_ptr<runtime::Children> children_;
};

TEST_F(ChildrenTest, ChildRunsAndItsOutputIsTheSteps) {
  start_all();
  const auto id = begun();
  const auto charge = command("pay");
  EXPECT_NE(charge.saga, id);
  EXPECT_EQ(charge.saga.str(), child_of(id));
  EXPECT_EQ(charge.input, json::value({{"amount", 5}}));
  EXPECT_EQ(step(id), saga::StepStatus::kWaiting);
  send(done(charge, 17));
  const auto ship = command("order");
  EXPECT_EQ(ship.saga, id);
  EXPECT_EQ(ship.input, json::value({{"charge", 17}}));
  send(done(ship));
  wait_for(id, saga::SagaStatus::kCompleted);
  EXPECT_EQ(get(charge.saga).status, saga::SagaStatus::kCompleted);
}

TEST_F(ChildrenTest, FailureOfTheChildIsThatOfTheStep) {
  start_all();
  const auto id = begun();
  send(failed(command("pay"), "no_funds"));
  const auto cancel = command("order", Lane::kUndo);
  EXPECT_EQ(cancel.saga, id);
  send(done(cancel));
  EXPECT_EQ(wait_for(id, saga::SagaStatus::kCompensated).error->code, "no_funds");
}

TEST_F(ChildrenTest, CompletedChildIsUndoneBeforeWhatItBuildsOn) {
  start_all();
  const auto id = begun();
  const auto charge = command("pay");
  send(done(charge));
  send(failed(command("order"), "no_truck"));
  const auto refund = command("pay", Lane::kUndo);
  EXPECT_EQ(refund.saga, charge.saga);
  EXPECT_EQ(get(charge.saga).status, saga::SagaStatus::kCompensating);
  EXPECT_EQ(step(id), saga::StepStatus::kCompensating);
  EXPECT_EQ(step(id, 0), saga::StepStatus::kDone);
  send(done(refund));
  send(done(command("order", Lane::kUndo)));
  wait_for(id, saga::SagaStatus::kCompensated);
  EXPECT_EQ(get(charge.saga).reason, saga::kUndoneByParent);
}

TEST_F(ChildrenTest, RepeatedStartsMakeOneChild) {
  start_all();
  const auto id = begun();
  const auto charge = command("pay");
  for (int i = 0; i < 3; ++i) publish(child_command(id, saga::Kind::kDo));
  EXPECT_TRUE(no_command("pay", base::Duration{500}));
  EXPECT_EQ(number("SELECT count(*) FROM sagad.saga WHERE definition = 'leaf'"), 1);
  send(done(charge));
  command("order");
  for (int i = 0; i < 3; ++i) publish(child_command(id, saga::Kind::kDo));
  EXPECT_TRUE(no_command("pay", base::Duration{500})) << "it only answers again";
  EXPECT_EQ(step(id), saga::StepStatus::kDone);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.dead_letter"), 0);
}

TEST_F(ChildrenTest, SettleThatOvertakesTheStartBarsIt) {
  start_all();
  const auto id = begin();
  publish(child_command(id, saga::Kind::kSettle));
  EXPECT_TRUE(eventually(
      [&] { return number("SELECT count(*) FROM sagad.saga WHERE definition = 'leaf'") == 1; }));
  publish(child_command(id, saga::Kind::kDo));
  publish(child_command(id, saga::Kind::kSettle));
  EXPECT_TRUE(no_command("pay", base::Duration{500})) << "it never runs";
  EXPECT_EQ(value("SELECT status || ' ' || reason FROM sagad.saga WHERE definition = 'leaf'"),
            "compensated cancelled_by_parent");
}

TEST_F(ChildrenTest, UndoOfAChildThatIsLostSaysSo) {
  start_all();
  const auto id = begun();
  send(done(command("pay")));
  const auto ship = command("order");
  value("DELETE FROM sagad.saga_instance WHERE definition = 'leaf' RETURNING 1");
  send(failed(ship));
  const auto instance = wait_for(id, saga::SagaStatus::kPaused);
  EXPECT_EQ(instance.reason, "inbox_row_missing");
}

TEST_F(ChildrenTest, InputThatDoesNotFitFailsTheStep) {
  start_all({leaf(), definition::load_yaml(R"(name: parent
version: 1
steps:
  - { id: sub, child: leaf@1, input: { amount: "much" } }
)",
                                           "parent.yaml")});
  const auto id = begin();
  const auto instance = wait_for(id, saga::SagaStatus::kCompensated);
  EXPECT_EQ(instance.error->code, "invalid_input");
  EXPECT_EQ(value("SELECT status FROM sagad.saga WHERE definition = 'leaf'"), "failed");
}

TEST_F(ChildrenTest, DefinitionOfTheChildIsPinnedWhenItsParentStarts) {
  start_all();
  const auto id = begin();
  const auto create = command("order");
  const auto changed = definition::load_yaml(
      "name: leaf\nversion: 1\nsteps: [{ id: other, action: order.other }]\n", "leaf.yaml");
  definitions_->add({changed}, true);
  send(done(create));
  EXPECT_EQ(command("pay").action, "charge");
  begin("later");
  send(done(command("order")));
  EXPECT_EQ(command("order").action, "other");
  EXPECT_EQ(get(id).steps.at(1).child_digest, leaf()->digest);
}

TEST_F(ChildrenTest, SilentChildIsAskedForAgain) {
  bus_->ensure_stream({ports::StreamRef::Kind::kCommands, kChild});
  start({leaf(), parent()});
  const auto id = begun();
  const auto consumer = bus_->command_consumer(kChild, Lane::kDo);
  std::vector<ports::DeliveryPtr> lost;
  EXPECT_TRUE(eventually([&] {
    lost = consumer->fetch(1, base::Duration{200});
    return !lost.empty();
  }));
  lost.front()->ack();  // nobody has carried it out
  start_children();
  runtime::Rescuer::Options options;
  options.silence = base::Duration{500};
  options.interval = base::Duration{100};
  start_rescuer(options);
  const auto charge = command("pay");
  send(done(charge));
  EXPECT_EQ(command("order").saga, id);
  EXPECT_GE(get(id).steps.at(1).attempt, 1);
}

TEST_F(ChildrenTest, CancelGoesDownToTheGrandchildren) {
  start_all({leaf(), parent(),
             definition::load_yaml(R"(name: root
version: 1
steps:
  - { id: family, child: parent@1 }
  - { id: check, action: pay.check, needs: [] }
)",
                                   "root.yaml")});
  const auto root = begin("r", "root");
  const auto check = command("pay");
  EXPECT_EQ(check.saga, root);
  send(done(command("order")));
  const auto charge = command("pay");
  send(failed(check, "no"));
  // Root cancels parent, parent cancels leaf, leaf settles its step.
  const auto settle = command("pay", Lane::kUndo);
  EXPECT_EQ(settle.kind, saga::Kind::kSettle);
  EXPECT_EQ(settle.saga, charge.saga);
  send(barred(settle));
  send(done(command("order", Lane::kUndo)));
  wait_for(root, saga::SagaStatus::kCompensated);
  EXPECT_EQ(get(charge.saga).status, saga::SagaStatus::kCompensated);
  EXPECT_EQ(get(charge.saga).reason, saga::kCancelledByParent);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.saga WHERE status <> 'compensated'"), 0);
}

TEST_F(ChildrenTest, KeysOfChildrenAreReserved) {
  start_all();
  runtime::StartRequest request;
  request.definition = "leaf";
  request.key = "@child/x";
  request.input = json::object{};
  const auto outcome = starter().submit(request);
  EXPECT_EQ(outcome.kind, runtime::StartOutcome::Kind::kInvalidInput);
}

TEST_F(ChildrenTest, WhatCannotBeReadPausesTheParent) {
  start_all();
  const auto id = begun();
  command("pay");
  auto broken = child_command(id, saga::Kind::kDo);
  broken.digest = "unheard of";
  publish(broken);
  EXPECT_EQ(wait_for(id, saga::SagaStatus::kPaused).reason, "dead_letter");
  EXPECT_EQ(value("SELECT reason FROM sagad.dead_letter"), "unknown_definition");
}

}  // namespace
}  // namespace sagad::tests
