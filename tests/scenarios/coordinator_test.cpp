#include <gtest/gtest.h>

#include "definition/loader.hpp"
#include "postgres/stores.hpp"
#include "runtime/dead_letter.hpp"
#include "scenarios/engine_fixture.hpp"

namespace sagad::tests {
namespace {

using ports::CommandLane;
using saga::SagaStatus;

class Coordinator : public EngineTest {
 protected:
  std::string dead_letters() {
    return value("SELECT string_agg(reason, ',' ORDER BY reason) FROM sagad.dead_letter");
  }
  std::string history(base::SagaId id) {
    return value(
        "SELECT string_agg(type || coalesce(':' || step, ''), ' ' ORDER BY sequence, number) "
        "FROM sagad.saga_history WHERE saga_id = '" +
        id.str() + "'");
  }
};

TEST_F(Coordinator, CompletesASaga) {
  start();
  const auto id = start_saga();
  runtime::Completions::Watch watch(completions_, id);
  send(done(command("order"), {{"order_id", 7}}));
  const auto pay = command("pay");
  EXPECT_EQ(boost::json::serialize(pay.input), R"({"order_id":7,"note":null})");
  send(done(pay));
  const auto ended = watch.wait(base::Duration{10'000});
  ASSERT_NE(ended, nullptr);
  EXPECT_EQ(ended->status, SagaStatus::kCompleted);
  const auto instance = get(id);
  EXPECT_EQ(instance.status, SagaStatus::kCompleted);
  EXPECT_EQ(boost::json::serialize(*instance.output), R"({"order_id":7})");
  EXPECT_EQ(history(id),
            "started dispatched:create_order done:create_order dispatched:pay done:pay completed");
  EXPECT_EQ(sums_.of("sagad_sagas_ended_total{order-pay,completed}"), 1);
  EXPECT_TRUE(eventually([&] { return number("SELECT count(*) FROM sagad.outbox") == 0; }));
}

TEST_F(Coordinator, UndoesWhatWasDoneWhenAStepIsRefused) {
  start();
  const auto id = start_saga();
  send(done(command("order"), {{"order_id", 7}}));
  send(failed(command("pay"), "insufficient_funds"));
  const auto undo = command("order", CommandLane::kUndo);
  EXPECT_EQ(undo.kind, saga::Kind::kUndo);
  EXPECT_EQ(undo.action, "cancel");
  EXPECT_EQ(boost::json::serialize(undo.action_output), R"({"order_id":7})");
  send(done(undo));
  const auto instance = wait_for(id, SagaStatus::kCompensated);
  ASSERT_TRUE(instance.error);
  EXPECT_EQ(instance.error->code, "insufficient_funds");
}

TEST_F(Coordinator, FoldsTheResultsOfASagaInOneWrite) {
  const auto fork = definition::load_yaml(R"(name: fork
version: 1
steps:
  - { id: left, action: order.create, needs: [] }
  - { id: right, action: pay.charge, needs: [] }
  - { id: last, action: order.confirm, needs: [left, right] }
)",
                                          "fork.yaml");
  start({fork});
  coordinator_->stop();
  runtime::StartRequest request;
  request.definition = "fork";
  request.input = boost::json::object{};
  const auto id = starter().submit(request).id;
  send({done(command("order")), done(command("pay"))});
  coordinator_->start();
  EXPECT_EQ(command("order").step, "last");
  EXPECT_EQ(get(id).sequence, 2) << "one for the start, one for both results";
  EXPECT_EQ(history(id),
            "started dispatched:left dispatched:right done:left done:right dispatched:last");
}

TEST_F(Coordinator, AResultThatComesTwiceCountsOnce) {
  start();
  const auto id = start_saga();
  const auto order = command("order");
  send({done(order), done(order)});
  const auto pay = command("pay");
  send(done(order));
  EXPECT_TRUE(no_command("pay", base::Duration{300}));
  send({done(pay), done(pay)});
  EXPECT_EQ(wait_for(id, SagaStatus::kCompleted).sequence, 3);
  send(failed(pay));
  EXPECT_TRUE(eventually([&] { return bus_->head({ports::StreamRef::Kind::kResults, {}}).empty; }));
  EXPECT_EQ(get(id).status, SagaStatus::kCompleted);
}

TEST_F(Coordinator, AResultOfAnUnknownSagaIsADeadLetter) {
  start();
  saga::Command command;
  command.saga = ids_.next(clock_.now());
  command.definition = "order-pay";
  command.participant = "pay";
  command.step = "pay";
  send(done(command));
  EXPECT_TRUE(eventually([&] { return dead_letters() == "unknown_saga"; })) << dead_letters();
  EXPECT_EQ(value("SELECT saga_id FROM sagad.dead_letter"), command.saga.str());
  EXPECT_EQ(sums_.of("sagad_dead_letters_total{pay,unknown_saga}"), 1);
  EXPECT_TRUE(eventually([&] { return bus_->head({ports::StreamRef::Kind::kResults, {}}).empty; }));
}

TEST_F(Coordinator, WhatCannotBeReadIsADeadLetter) {
  start();
  send_raw("res.0.pay.order-pay", std::string("\xff\0{", 3));
  send_raw("res.0.pay.order-pay", "{}");
  EXPECT_TRUE(eventually([&] { return dead_letters() == "unreadable,unreadable"; }))
      << dead_letters();
}

TEST_F(Coordinator, AParticipantCannotAnswerForAnother) {
  start();
  const auto id = start_saga();
  const auto order = command("order");
  auto forged = done(order);
  forged.participant = "pay";
  send(forged);
  EXPECT_TRUE(eventually([&] { return dead_letters() == "wrong_participant"; }));
  send_raw("res.0.pay.order-pay", saga::encode(done(order)));
  EXPECT_TRUE(eventually([&] { return dead_letters() == "wrong_participant,wrong_participant"; }));
  EXPECT_EQ(get(id).steps.at(0).status, saga::StepStatus::kRunning);
  send(done(order));
  EXPECT_EQ(command("pay").saga, id);
}

TEST_F(Coordinator, AnOutputThatCannotBeKeptPausesTheSaga) {
  start();
  const auto id = start_saga();
  send(done(command("order"), {{"order_id", std::string("\0", 1)}}));
  const auto instance = wait_for(id, SagaStatus::kPaused);
  ASSERT_TRUE(instance.error);
  EXPECT_EQ(instance.error->message, "bad_output");
  EXPECT_EQ(dead_letters(), "bad_output");
}

TEST_F(Coordinator, C14_ABrokenInstanceStopsNoOther) {
  coordinator_options_.give_up_after = 2;
  start();
  const auto broken = start_saga("broken");
  std::vector<base::SagaId> healthy;
  for (int i = 0; i < 20; ++i) healthy.push_back(start_saga());
  coordinator_->stop();
  value("UPDATE sagad.saga_instance SET steps = '[17]' WHERE id = '" + broken.str() + "'");
  std::vector<saga::Result> results;
  for (const auto& order : commands("order", 21)) results.push_back(done(order));
  send(results);
  coordinator_->start();
  EXPECT_EQ(commands("pay", 20).size(), 20U);
  EXPECT_TRUE(eventually([&] { return dead_letters() == "broken_instance"; })) << dead_letters();
  EXPECT_EQ(value("SELECT saga_id FROM sagad.dead_letter"), broken.str());
}

TEST_F(Coordinator, ALockedInstanceStopsNoOther) {
  start();
  const auto locked = start_saga("locked");
  std::vector<saga::Result> results;
  for (int i = 0; i < 10; ++i) start_saga();
  for (const auto& order : commands("order", 11)) results.push_back(done(order));
  pqxx::connection frozen(database_);
  auto transaction = std::make_unique<pqxx::work>(frozen);
  transaction->exec("SELECT id FROM sagad.saga_instance WHERE id = '" + locked.str() +
                    "' FOR UPDATE");
  send(results);
  // Two lock timeouts: for the batch, and for the one.
  const base::Duration patience{30'000};
  for (const auto& pay : commands("pay", 10, CommandLane::kDo, patience)) {
    EXPECT_NE(pay.saga, locked);
  }
  transaction.reset();
  EXPECT_EQ(command("pay").saga, locked) << "once it is free";
}

TEST_F(Coordinator, C15_LoadsTheDefinitionOfAnOlderSaga) {
  start();
  const auto id = start_saga();
  const auto order = command("order");
  stop();
  value("UPDATE sagad.definition SET state = 'retired'");
  definitions_ = std::make_unique<runtime::Definitions>(postgres::make_definition_store(database_));
  start({});
  EXPECT_EQ(starter().submit(request("k")).kind, runtime::StartOutcome::Kind::kRetired);
  send(done(order));
  EXPECT_EQ(command("pay").saga, id);
}

TEST_F(Coordinator, ADeadLetterPausesItsSaga) {
  start();
  const auto id = start_saga();
  runtime::Completions::Watch watch(completions_, id);
  runtime::DeadLetterReport report{
      {id, "order", "cmd.order.do.order-pay", "poison", "it crashed three times", "{}"},
      "create_order"};
  send_raw("dead", runtime::encode_dead_letter(report));
  const auto paused = watch.wait(base::Duration{10'000});
  ASSERT_NE(paused, nullptr);
  EXPECT_EQ(paused->status, SagaStatus::kPaused);
  EXPECT_EQ(get(id).reason, "dead_letter");
  EXPECT_EQ(dead_letters(), "poison");
  EXPECT_EQ(sums_.of("sagad_sagas_paused_total{order-pay}"), 1);

  report.letter.saga = ids_.next(clock_.now());
  send_raw("dead", runtime::encode_dead_letter(report));
  EXPECT_TRUE(eventually([&] { return dead_letters() == "poison,poison"; }))
      << "kept also without a saga: " << dead_letters();
}

TEST_F(Coordinator, ACommandThatIsTooLargePausesTheSaga) {
  const auto large = definition::load_yaml(R"(name: large
version: 1
steps:
  - id: only
    action: order.create
    input: { text: "${ .input.t }${ .input.t }${ .input.t }${ .input.t }${ .input.t }" }
)",
                                           "large.yaml");
  start({large});
  runtime::StartRequest request;
  request.definition = "large";
  request.input = {{"t", std::string(250'000, 'x')}};
  const auto outcome = starter().submit(request);
  ASSERT_EQ(outcome.kind, runtime::StartOutcome::Kind::kStarted);
  const auto instance = get(outcome.id);
  EXPECT_EQ(instance.status, SagaStatus::kPaused);
  ASSERT_TRUE(instance.error);
  EXPECT_EQ(instance.error->message, "message_too_large");
  EXPECT_EQ(number("SELECT count(*) FROM sagad.outbox"), 0);
}

TEST_F(Coordinator, GoesOnWhereItStopped) {
  start();
  std::vector<saga::Result> results;
  for (int i = 0; i < 50; ++i) start_saga();
  for (const auto& order : commands("order", 50)) results.push_back(done(order));
  coordinator_->stop();
  coordinator_->stop();
  send(results);
  EXPECT_TRUE(no_command("pay", base::Duration{300}));
  coordinator_->start();
  coordinator_->start();
  EXPECT_EQ(commands("pay", 50).size(), 50U);
}

}  // namespace
}  // namespace sagad::tests
