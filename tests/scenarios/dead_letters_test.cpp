#include "runtime/dead_letters.hpp"

#include <gtest/gtest.h>

#include "postgres/stores.hpp"
#include "runtime/dead_letter.hpp"
#include "scenarios/engine_fixture.hpp"

namespace sagad::tests {
namespace {

using runtime::RedriveOutcome;
using saga::SagaStatus;

class DeadLettersTest : public EngineTest {
 protected:
  void begin(const std::vector<definition::DefinitionPtr>& definitions = {order_pay()}) {
    start(definitions);
    letters_ = std::make_unique<runtime::DeadLetters>(
        postgres::make_dead_letter_store(database_), stores(),
        runtime::BatchTools{*relay_, *definitions_, &completions_, sums_, log_},
        [this](runtime::StartRequest request) { return starter().submit(std::move(request)); });
  }
  /// Waits until so many letters are open; the id of the newest.
  std::int64_t letter(std::size_t count = 1) {
    EXPECT_TRUE(eventually([&] { return open().size() == count; })) << open().size();
    return open().at(0).id;
  }
  std::vector<ports::StoredDeadLetter> open() {
    return letters_->list({.state = ports::DeadLetterState::kOpen}, 100, {});
  }
  std::string history(base::SagaId id, const std::string& type) {
    return value("SELECT event FROM sagad.saga_history WHERE saga_id = '" + id.str() +
                 "' AND type = '" + type + "'");
  }

  std::unique_ptr<runtime::DeadLetters> letters_;
};

TEST_F(DeadLettersTest, AStartIsStartedOnceItsDefinitionIsThere) {
  begin({});
  send_raw("start.order-pay", R"({"key":"k","input":{"amount":5}})");
  const auto id = letter();
  const auto early = letters_->redrive(id, {"ann", "too early"});
  EXPECT_EQ(early.kind, RedriveOutcome::Kind::kRefused);
  ASSERT_EQ(early.errors.size(), 1U);
  EXPECT_EQ(early.errors[0], "there is still no active definition 'order-pay'");
  EXPECT_EQ(open().size(), 1U);

  definitions_->add({order_pay()}, false);
  const auto outcome = letters_->redrive(id, {"ann", "it is deployed now"});
  ASSERT_EQ(outcome.kind, RedriveOutcome::Kind::kStarted);
  EXPECT_EQ(command("order").saga, *outcome.saga);
  EXPECT_EQ(get(*outcome.saga).key, "k");
  const auto stored = letters_->get(id);
  EXPECT_EQ(stored->state, ports::DeadLetterState::kRedriven);
  EXPECT_EQ(stored->handled->by, "ann");

  EXPECT_EQ(letters_->redrive(id, {}).kind, RedriveOutcome::Kind::kNotOpen);
  value("UPDATE sagad.dead_letter SET state = 'open', handled_at = NULL");
  const auto again = letters_->redrive(id, {"ann", "killed before it was marked"});
  EXPECT_EQ(again.kind, RedriveOutcome::Kind::kExisting);
  EXPECT_EQ(again.saga, outcome.saga);
  EXPECT_TRUE(no_command("order", base::Duration{300}));
}

TEST_F(DeadLettersTest, AStartThatCannotBeRepeatedStaysOpen) {
  begin();
  send_raw("start.order-pay", R"({"input":{"amount":5}})");
  const auto id = letter();
  const auto outcome = letters_->redrive(id, {});
  EXPECT_EQ(outcome.kind, RedriveOutcome::Kind::kRefused);
  EXPECT_EQ(outcome.errors.at(0),
            "a start without a key is not repeated: it might start a second saga");
  EXPECT_TRUE(letters_->discard(id, {"ann", "the client is mended"}));
  EXPECT_FALSE(letters_->discard(id, {"bob", ""}));
  EXPECT_EQ(letters_->redrive(id, {}).state, ports::DeadLetterState::kDiscarded);
  EXPECT_EQ(letters_->redrive(17, {}).kind, RedriveOutcome::Kind::kUnknown);
}

TEST_F(DeadLettersTest, ACommandOfALiveSagaIsSentAnewAndNotAsItIsStored) {
  begin();
  const auto id = start_saga("k");
  const auto first = command("order");
  // Stored without pausing the saga: as from a result that could not be read.
  {
    auto store = stores()();
    auto transaction = store->begin();
    transaction->append_dead_letters(std::vector<ports::DeadLetter>{
        {id, "order", "cmd.order.do.order-pay", "unreadable", "odd", saga::encode(first)}});
    transaction->commit();
  }
  ASSERT_EQ(letters_->redrive(letter(), {"ann", "again"}).kind, RedriveOutcome::Kind::kSent);
  const auto second = command("order");
  EXPECT_EQ(second.saga, id);
  EXPECT_EQ(second.attempt, 1) << "not an attempt";
  EXPECT_GT(second.sent_at, first.sent_at) << "a fresh stamp";
  EXPECT_NE(history(id, "redriven").find(R"("by":"ann","why":"again")"), std::string::npos)
      << history(id, "redriven");
  send(done(second));
  EXPECT_EQ(command("pay").saga, id);
}

TEST_F(DeadLettersTest, ASagaThatItsLetterPausedGoesOn) {
  begin();
  const auto id = start_saga("k");
  const auto first = command("order");
  const runtime::DeadLetterReport report{
      {id, "order", "cmd.order.do.order-pay", "poison", "it crashed", saga::encode(first)},
      "create_order"};
  send_raw("dead", runtime::encode_dead_letter(report));
  wait_for(id, SagaStatus::kPaused);
  ASSERT_EQ(letters_->redrive(letter(), {"ann", "mended"}).kind, RedriveOutcome::Kind::kSent);
  const auto second = command("order");
  EXPECT_GT(second.sent_at, first.sent_at);
  send(done(second));
  send(done(command("pay")));
  wait_for(id, SagaStatus::kCompleted);
  EXPECT_TRUE(open().empty());
}

TEST_F(DeadLettersTest, WhatWasAnsweredMeanwhileIsNotSentAgain) {
  begin();
  const auto id = start_saga("k");
  const auto order = command("order");
  send(done(order));
  const auto pay = command("pay");
  {
    auto store = stores()();
    auto transaction = store->begin();
    transaction->append_dead_letters(std::vector<ports::DeadLetter>{
        {id, "order", "cmd.order.do.order-pay", "poison", "odd", saga::encode(order)}});
    transaction->commit();
  }
  EXPECT_EQ(letters_->redrive(letter(), {}).kind, RedriveOutcome::Kind::kAnswered);
  EXPECT_TRUE(no_command("order", base::Duration{300}));
}

TEST_F(DeadLettersTest, OfASagaThatHasEndedNothingIsSent) {
  begin();
  const auto id = start_saga("k");
  send(done(command("order")));
  send(done(command("pay")));
  wait_for(id, SagaStatus::kCompleted);
  {
    auto store = stores()();
    auto transaction = store->begin();
    transaction->append_dead_letters(std::vector<ports::DeadLetter>{
        {id, "pay", "res.0.pay.order-pay", "unreadable", "odd", "{"},
        {ids_.next(clock_.now()), "pay", "res.0.pay.order-pay", "unknown_saga", "odd", "{"}});
    transaction->commit();
  }
  letter(2);
  const auto of_unknown = letters_->redrive(2, {});
  const auto of_ended = letters_->redrive(1, {});
  std::vector<std::string> errors{of_ended.errors.at(0), of_unknown.errors.at(0)};
  std::sort(errors.begin(), errors.end());
  EXPECT_EQ(errors[0], "its saga has ended as completed: there is nothing to send; discard it");
  EXPECT_EQ(errors[1].substr(0, 17), "there is no saga ");
  EXPECT_EQ(open().size(), 2U);
}

}  // namespace
}  // namespace sagad::tests
