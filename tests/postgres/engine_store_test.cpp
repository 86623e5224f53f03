#include <gtest/gtest.h>

#include "postgres/errors.hpp"
#include "postgres/fixture.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {
namespace {

using base::SagaId;
using tests::describe;

class EngineStoreTest : public testing::Test {
 protected:
  saga::Instance locked(SagaId id) {
    auto tx = store_->begin();
    const auto instances = tx->lock(std::vector<SagaId>{id});
    if (instances.size() != 1) throw std::logic_error("not there");
    return instances[0];
  }

  std::string database_ = tests::engine_database();
  std::unique_ptr<ports::EngineStore> store_ = make_engine_store(database_);
};

saga::Document document(std::string_view json) {
  return std::make_shared<const boost::json::value>(boost::json::parse({json.data(), json.size()}));
}

/// Every optional field set, every text nasty.
saga::Instance full_instance() {
  saga::Instance instance = tests::sample_instance("key \"'\\ {,} ü");
  instance.version = 7;
  instance.status = saga::SagaStatus::kPaused;
  instance.paused_from = saga::SagaStatus::kCompensating;
  instance.reason = "undo_exhausted";
  instance.error = saga::Error{"code'", "message \"quoted\" \\ and\nmore"};
  instance.input = document(R"({"n":9223372036854775807,"u":18446744073709551615,"d":0.1,
                                "s":"\"\\{}","z":null,"a":[true,false]})");
  instance.output = document(R"({"ok":true})");
  instance.deadline_at = base::from_micros(1'700'000'900'000'001);
  instance.sequence = 12;
  instance.control.paused_at = base::from_micros(1'700'000'002'000'001);
  instance.control.reason = "step_failed";
  instance.control.error = saga::Error{"no'", "it \"said\" no"};
  instance.control.pending = saga::PendingIntervention{
      {saga::Verb::kEdit, "id", "order", true, "ann's", "{why}", document("{\"n\":[1,\"\\\"\"]}")},
      true,
      ""};
  saga::StepState& step = instance.steps[0];
  step.status = saga::StepStatus::kDone;
  step.reason = "because";
  step.attempt = 3;
  step.round = 2;
  step.resent = 1;
  step.sent_at = base::from_micros(1'700'000'001'000'009);
  step.first_dispatched = base::from_micros(1'700'000'001'000'008);
  step.retry_at = base::from_micros(1'700'000'001'000'007);
  step.exhausted = true;
  step.last_error = saga::Error{"late", "too \"late\""};
  step.done_round = 1;
  step.by_hand = true;
  step.forced = true;
  step.edits = {{false, 1, document(R"({"a":"\"{}"})")}, {true, 2, document("null")}};
  step.output = document(R"({"order_id":42})");
  return instance;
}

TEST_F(EngineStoreTest, InsertKeepsEveryField) {
  const saga::Instance instance = full_instance();
  saga::Decision decision = tests::sample_decision(instance);
  decision.new_outputs = {0};
  auto tx = store_->begin();
  const std::vector<const saga::Instance*> instances{&instance};
  EXPECT_FALSE(tx->insert(instances)[0].has_value());
  const std::vector<const saga::Decision*> decisions{&decision};
  tx->write(decisions, true);
  tx->commit();
  EXPECT_EQ(describe(locked(instance.id)), describe(instance));
}

TEST_F(EngineStoreTest, WriteKeepsEveryField) {
  saga::Instance start = tests::sample_instance("key \"'\\ {,} ü");
  tests::store(*store_, {start});
  saga::Instance changed = full_instance();
  changed.id = start.id;
  // What never changes after the start.
  changed.version = start.version;
  changed.input = start.input;
  changed.deadline_at = start.deadline_at;
  saga::Decision decision = tests::sample_decision(changed);
  decision.new_outputs = {0};
  tests::store_decisions(*store_, {decision});
  EXPECT_EQ(describe(locked(start.id)), describe(changed));

  // And back to nothing: optional fields become NULL again.
  changed.status = saga::SagaStatus::kRunning;
  changed.paused_from.reset();
  changed.reason.clear();
  changed.error.reset();
  changed.output.reset();
  changed.steps[0].sent_at.reset();
  changed.sequence = 13;
  tests::store_decisions(*store_, {tests::sample_decision(changed)});
  EXPECT_EQ(describe(locked(start.id)), describe(changed));
}

TEST_F(EngineStoreTest, LockReturnsInIdOrderAndLeavesOutUnknownOnes) {
  const std::vector<saga::Instance> instances = {
      tests::sample_instance("1"), tests::sample_instance("2"), tests::sample_instance("3")};
  tests::store(*store_, instances);
  auto tx = store_->begin();
  const auto locked = tx->lock(
      std::vector<SagaId>{instances[2].id, tests::new_id(), instances[0].id, instances[1].id});
  ASSERT_EQ(locked.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(locked[i].id, instances[i].id);
  EXPECT_TRUE(tx->lock({}).empty());
}

TEST_F(EngineStoreTest, ADuplicateKeyGetsTheFirstInstance) {
  const saga::Instance first = tests::sample_instance("same");
  tests::store(*store_, {first});
  saga::Instance again = tests::sample_instance("same");
  again.input = document(R"({"amount":1})");
  saga::Instance elsewhere = tests::sample_instance("same");
  elsewhere.definition = "checkout";
  const saga::Instance keyless = tests::sample_instance("");
  auto tx = store_->begin();
  const std::vector<const saga::Instance*> instances{&again, &elsewhere, &keyless};
  const auto existing = tx->insert(instances);
  tx->commit();
  ASSERT_TRUE(existing[0].has_value());
  EXPECT_EQ(existing[0]->id, first.id);
  EXPECT_EQ(existing[0]->input, R"({"account":"ann","amount":100})");  // canonical
  EXPECT_FALSE(existing[1].has_value());
  EXPECT_FALSE(existing[2].has_value());
}

TEST_F(EngineStoreTest, ManyInstancesWithoutAKey) {
  tests::store(*store_, {tests::sample_instance(""), tests::sample_instance("")});
  EXPECT_EQ(tests::Sql(database_).number("SELECT count(*) FROM sagad.saga WHERE key IS NULL"), 2);
}

TEST_F(EngineStoreTest, HistoryIsOneRowAChange) {
  saga::Instance instance = tests::sample_instance("h");
  tests::store(*store_, {instance});
  instance.sequence = 2;
  instance.updated_at += std::chrono::microseconds(5);
  saga::Decision decision = tests::sample_decision(instance);
  decision.history = {{"done", "pay", {{"attempt", 2}, {"note", "a \"b\" \\"}}},
                      {"completed", "", {}}};
  tests::store_decisions(*store_, {decision});
  const auto history = make_engine_reader(database_)->history(instance.id);
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[1].sequence, 2);
  EXPECT_EQ(history[1].at, instance.updated_at);
  EXPECT_EQ(
      history[1].events,
      R"([{"type":"done","step":"pay","attempt":2,"note":"a \"b\" \\"},{"type":"completed"}])");
  EXPECT_EQ(tests::Sql(database_).value("SELECT string_agg(type || coalesce('/' || step, ''), ' ' "
                                        "ORDER BY sequence, number) FROM sagad.saga_history"),
            "started done/pay completed");
}

TEST_F(EngineStoreTest, DecisionsThatChangeNothingWriteNothing) {
  const saga::Instance instance = tests::sample_instance("n");
  tests::store(*store_, {instance});
  saga::Decision decision = tests::sample_decision(instance);
  decision.changed = false;
  tests::store_decisions(*store_, {decision});
  EXPECT_EQ(tests::Sql(database_).number("SELECT count(*) FROM sagad.history"), 1);
}

TEST_F(EngineStoreTest, OfSeveralDecisionsOfOneSagaTheLastStands) {
  saga::Instance first = tests::sample_instance("f");
  tests::store(*store_, {first});
  first.sequence = 2;
  first.reason = "first";
  saga::Instance second = first;
  second.sequence = 3;
  second.reason = "second";
  tests::store_decisions(*store_, {tests::sample_decision(first), tests::sample_decision(second)});
  EXPECT_EQ(locked(first.id).reason, "second");
  EXPECT_EQ(tests::Sql(database_).number("SELECT count(*) FROM sagad.history"), 3);
}

TEST_F(EngineStoreTest, ADecisionOverAnUnknownInstanceIsAnError) {
  EXPECT_THROW(
      tests::store_decisions(*store_, {tests::sample_decision(tests::sample_instance("unknown"))}),
      std::logic_error);
  EXPECT_EQ(tests::Sql(database_).number("SELECT count(*) FROM sagad.history"), 0);
}

TEST_F(EngineStoreTest, WithoutCommitNothingStays) {
  const saga::Instance instance = tests::sample_instance("r");
  {
    auto tx = store_->begin();
    const std::vector<const saga::Instance*> instances{&instance};
    tx->insert(instances);
    tx->append_outbox(std::vector{tests::sample_outbox_row(instance.id)});
  }
  tests::Sql sql(database_);
  EXPECT_EQ(sql.number("SELECT count(*) FROM sagad.saga"), 0);
  EXPECT_EQ(sql.number("SELECT count(*) FROM sagad.outbox"), 0);
}

TEST_F(EngineStoreTest, NowIsTheDatabasesClock) {
  tests::Sql sql(database_);
  const long before = sql.number("SELECT sagad.to_micros(clock_timestamp())");
  const auto now = base::to_micros(store_->begin()->now());
  const long after = sql.number("SELECT sagad.to_micros(clock_timestamp())");
  EXPECT_LE(before, now);
  EXPECT_LE(now, after);
}

TEST_F(EngineStoreTest, TimersFireWhenDueOldestFirstAndOnlyOnce) {
  const saga::Instance instance = tests::sample_instance("t");
  auto tx = store_->begin();
  const base::Time now = tx->now();
  saga::Decision decision = tests::sample_decision(instance);
  using Kind = saga::event::TimerFired::Kind;
  decision.timers = {{1, Kind::kRetry, now - std::chrono::seconds(1)},
                     {0, Kind::kTotalTimeout, now - std::chrono::seconds(2)},
                     {0, Kind::kRetry, now + std::chrono::hours(1)}};
  const std::vector<const saga::Instance*> instances{&instance};
  tx->insert(instances);
  const std::vector<const saga::Decision*> decisions{&decision};
  tx->write(decisions, true);
  tx->commit();

  auto first = store_->begin();
  const auto due = first->due_timers(10);
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[0].saga, instance.id);
  EXPECT_EQ(due[0].timer.kind, Kind::kTotalTimeout);
  EXPECT_EQ(due[0].timer.due_at, now - std::chrono::seconds(2));
  EXPECT_EQ(due[1].timer.step, 1);
  // Locked rows are another's; what is not locked is found.
  auto other_store = make_engine_store(database_);
  EXPECT_TRUE(other_store->begin()->due_timers(10).empty());
  first->delete_timers(std::vector<std::int64_t>{due[0].row_id});
  first->commit();
  EXPECT_EQ(other_store->begin()->due_timers(10).size(), 1U);
  EXPECT_EQ(other_store->begin()->due_timers(0).size(), 0U);
}

TEST_F(EngineStoreTest, DueDeadlinesAreThoseOfLiveSagas) {
  auto with = [](const char* key, saga::SagaStatus status, std::int64_t deadline) {
    saga::Instance instance = tests::sample_instance(key);
    instance.status = status;
    if (saga::is_final(status)) instance.ended_at = instance.updated_at;
    instance.deadline_at = base::from_micros(deadline);
    return instance;
  };
  const std::int64_t past = 1'700'000'000'000'000;
  const std::int64_t future = 4'000'000'000'000'000;
  const auto later = with("later", saga::SagaStatus::kRunning, past + 5);
  const auto sooner = with("sooner", saga::SagaStatus::kCompensating, past + 1);
  tests::store(*store_, {later, sooner, with("ended", saga::SagaStatus::kCompleted, past),
                         with("paused", saga::SagaStatus::kPaused, past),
                         with("not yet", saga::SagaStatus::kRunning, future)});
  auto tx = store_->begin();
  EXPECT_THAT(tx->due_deadlines(10), testing::ElementsAre(sooner.id, later.id));
  EXPECT_THAT(tx->due_deadlines(1), testing::ElementsAre(sooner.id));
}

TEST_F(EngineStoreTest, SilentSagasAreLiveUnansweredAndWithoutAnOutboxRow) {
  const base::Time horizon = base::from_micros(1'700'000'100'000'000);
  auto sent = [](const char* key, std::int64_t at) {
    saga::Instance instance = tests::sample_instance(key);
    instance.steps[0].sent_at = base::from_micros(at);
    return instance;
  };
  const auto old = sent("old", 1'700'000'099'999'999);
  const auto older = sent("older", 1'700'000'000'000'000);
  const auto young = sent("young", 1'700'000'100'000'000);
  const auto queued = sent("queued", 1'700'000'000'000'000);
  auto paused = sent("paused", 1'700'000'000'000'000);
  paused.status = saga::SagaStatus::kPaused;
  const auto answered = tests::sample_instance("answered");
  tests::store(*store_, {old, older, young, queued, paused, answered});
  auto tx = store_->begin();
  tx->append_outbox(std::vector{tests::sample_outbox_row(queued.id)});
  EXPECT_THAT(tx->silent(horizon, SagaId(), 10), testing::ElementsAre(old.id, older.id));
  EXPECT_THAT(tx->silent(horizon, old.id, 10), testing::ElementsAre(older.id));
  EXPECT_THAT(tx->silent(horizon, SagaId(), 1), testing::ElementsAre(old.id));
}

TEST_F(EngineStoreTest, OutboxRowsComeAndGoWithTheTransaction) {
  const ports::OutboxRow row = tests::sample_outbox_row(tests::new_id());
  auto tx = store_->begin();
  tx->append_outbox(std::vector{row});
  tx->commit();
  tests::Sql sql(database_);
  EXPECT_EQ(sql.value("SELECT concat_ws(' ', id, saga_id, sagad.to_micros(sent_at), subject, "
                      "payload) FROM sagad.outbox"),
            row.id.str() + " " + row.saga.str() +
                R"( 1700000000000001 cmd.pay.do.order-pay {"amount":100})");
  tx = store_->begin();
  tx->delete_outbox(std::vector{row.id, tests::new_id()});
  tx->commit();
  EXPECT_EQ(sql.number("SELECT count(*) FROM sagad.outbox"), 0);
}

TEST_F(EngineStoreTest, DeadLettersKeepWhatIsKnown) {
  const SagaId saga = tests::new_id();
  auto tx = store_->begin();
  tx->append_dead_letters(std::vector<ports::DeadLetter>{
      {saga, "pay", "cmd.pay.do.x", "poison", "crashed 3 times", "{}"},
      {std::nullopt, "coordinator", "res.0.pay.x", "unreadable", "not JSON", "\"\\{,}"}});
  tx->commit();
  EXPECT_EQ(tests::Sql(database_).value(
                "SELECT string_agg(concat_ws('|', saga_id, participant, subject, reason, "
                "message, payload), ' ' ORDER BY id) FROM sagad.dead_letter"),
            saga.str() +
                "|pay|cmd.pay.do.x|poison|crashed 3 times|{} "
                "coordinator|res.0.pay.x|unreadable|not JSON|\"\\{,}");
}

TEST_F(EngineStoreTest, TheSchemaRefusesStatesThatCannotBe) {
  saga::Instance ended = tests::sample_instance("e");
  ended.status = saga::SagaStatus::kCompleted;  // without ended_at
  EXPECT_THROW(tests::store(*store_, {ended}), QueryError);
  saga::Instance long_key = tests::sample_instance(std::string(501, 'k'));
  EXPECT_THROW(tests::store(*store_, {long_key}), QueryError);
  // The store goes on.
  tests::store(*store_, {tests::sample_instance("ok")});
}

}  // namespace
}  // namespace sagad::postgres
