#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <future>
#include <thread>

#include "definition/loader.hpp"
#include "runtime/completions.hpp"
#include "runtime/evaluator_cache.hpp"
#include "runtime/fold.hpp"
#include "runtime/isolation.hpp"
#include "runtime/start_queue.hpp"
#include "runtime/threads.hpp"

namespace sagad::runtime {
namespace {

using namespace std::chrono_literals;

const auto kId = base::SagaId::parse("018f0000-0000-7000-8000-000000000001");
const auto kOther = base::SagaId::parse("018f0000-0000-7000-8000-000000000002");

std::shared_ptr<spdlog::logger> no_log() {
  return std::make_shared<spdlog::logger>("none", std::make_shared<spdlog::sinks::null_sink_mt>());
}

definition::DefinitionPtr fork() {
  return definition::load_yaml(R"(
name: fork
version: 1
steps:
  - { id: left, action: a.go, input: { text: "${ .input.text }" }, needs: [] }
  - { id: right, action: b.go, needs: [] }
  - { id: last, action: a.end, needs: [left, right] }
)",
                               "fork.yaml");
}

definition::DefinitionPtr named(const std::string& name) {
  return definition::load_yaml(
      "name: " + name + "\nversion: 1\nsteps:\n  - { id: a, action: a.go }\n", name + ".yaml");
}

saga::Instance ended(const base::SagaId& id, saga::SagaStatus status) {
  saga::Instance instance;
  instance.id = id;
  instance.status = status;
  return instance;
}

TEST(Completions, WakeThoseWhoWaitForTheSaga) {
  Completions completions;
  Completions::Watch watch(completions, kId);
  EXPECT_EQ(watch.wait(1ms), nullptr);
  completions.announce(ended(kOther, saga::SagaStatus::kCompleted));
  EXPECT_EQ(watch.wait(1ms), nullptr);
  auto waiting = std::async(std::launch::async, [&] { return watch.wait(10s); });
  completions.announce(ended(kId, saga::SagaStatus::kCompleted));
  const auto heard = waiting.get();
  EXPECT_EQ(heard->id, kId);
  EXPECT_EQ(heard->status, saga::SagaStatus::kCompleted);
}

TEST(Completions, HearEveryAnnouncementOnceAndNoneFromBefore) {
  Completions completions;
  completions.announce(ended(kId, saga::SagaStatus::kCompleted));
  Completions::Watch first(completions, kId);
  Completions::Watch second(completions, kId);
  EXPECT_EQ(first.wait(1ms), nullptr) << "announced before it was watched";
  completions.announce(ended(kId, saga::SagaStatus::kPaused));
  EXPECT_EQ(first.wait(1ms)->status, saga::SagaStatus::kPaused);
  EXPECT_EQ(first.wait(1ms), nullptr);
  EXPECT_EQ(second.wait(1ms)->status, saga::SagaStatus::kPaused) << "each watch hears for itself";
}

class FoldTest : public ::testing::Test {
 protected:
  Fold fold(saga::Instance instance, std::size_t max_payload = kMaxPayload) {
    return Fold(*definition_, std::move(instance), context_, ids_, tokens_, max_payload);
  }

  saga::Instance fresh(const std::string& text = "x") {
    return saga::new_instance(
        *definition_, kId, {},
        std::make_shared<const boost::json::value>(boost::json::object{{"text", text}}),
        context_.now);
  }

  saga::Event answered(const std::string& step, const std::string& participant) {
    saga::Result result;
    result.saga = kId;
    result.step = step;
    result.participant = participant;
    return saga::event::Answered{result};
  }

  definition::DefinitionPtr definition_ = fork();
  std::unique_ptr<definition::Evaluator> evaluator_ = definition::make_evaluator(definition_);
  base::Random random_{1};
  base::IdGenerator ids_{1};
  saga::AnswerTokens tokens_{"secret"};
  saga::DecideContext context_{base::from_micros(1'700'000'000'000'000), *evaluator_, random_};
};

TEST_F(FoldTest, SeveralEventsAreOneWrite) {
  auto start = fold(fresh());
  start.apply(saga::event::Started{});
  auto started = std::move(start).finish();
  EXPECT_EQ(started.decision.instance.sequence, 1);
  ASSERT_EQ(started.rows.size(), 2U);
  EXPECT_EQ(started.rows[0].subject, "cmd.a.do.fork");
  EXPECT_EQ(started.rows[1].subject, "cmd.b.do.fork");
  EXPECT_LT(started.rows[0].id, started.rows[1].id);

  auto results = fold(started.decision.instance);
  results.apply(answered("left", "a"));
  results.apply(answered("left", "a"));
  results.apply(answered("right", "b"));
  const auto folded = std::move(results).finish();
  EXPECT_EQ(folded.decision.instance.sequence, 2) << "one write, whatever happened";
  EXPECT_EQ(folded.decision.new_outputs, (std::vector<int>{0, 1}));
  ASSERT_EQ(folded.decision.history.size(), 3U);
  EXPECT_EQ(folded.decision.history[0].type, "done");
  EXPECT_EQ(folded.decision.history[0].step, "left");
  EXPECT_EQ(folded.decision.history[1].step, "right");
  EXPECT_EQ(folded.decision.history[2].type, "dispatched");
  ASSERT_EQ(folded.rows.size(), 1U);
  EXPECT_EQ(saga::decode_command(folded.rows[0].payload).step, "last");
}

TEST_F(FoldTest, NothingNewIsNoWrite) {
  auto start = fold(fresh());
  start.apply(saga::event::Started{});
  auto again = fold(std::move(start).finish().decision.instance);
  again.apply(answered("unheard", "a"));
  const auto folded = std::move(again).finish();
  EXPECT_FALSE(folded.decision.changed);
  EXPECT_EQ(folded.decision.instance.sequence, 1);
}

TEST_F(FoldTest, ACommandTheBusCannotCarryPausesTheSaga) {
  auto start = fold(fresh(std::string(2000, 'x')), 1500);
  start.apply(saga::event::Started{});
  const auto folded = std::move(start).finish();
  const auto& instance = folded.decision.instance;
  EXPECT_EQ(instance.status, saga::SagaStatus::kPaused);
  ASSERT_TRUE(instance.error);
  EXPECT_EQ(instance.error->message, "message_too_large");
  ASSERT_EQ(folded.rows.size(), 1U) << "the other step's command is in order";
  EXPECT_EQ(folded.rows[0].subject, "cmd.b.do.fork");
}

TEST(EvaluatorCache, ForgetsWhatWasUsedLeastRecentlyButNotWithinABatch) {
  EvaluatorCache cache(2);
  const auto a = named("a");
  const auto b = named("b");
  const auto c = named("c");
  cache.put(a);
  cache.put(b);
  cache.put(c);
  EXPECT_EQ(cache.size(), 3U);
  ASSERT_NE(cache.find(a->digest), nullptr);
  cache.trim();
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.find(b->digest), nullptr);
  EXPECT_NE(cache.find(a->digest), nullptr);
  EXPECT_NE(cache.find(c->digest), nullptr);
}

TEST(Failures, CountAndHoldASaga) {
  Failures failures(no_log(), "test");
  EXPECT_FALSE(failures.holds(kId));
  EXPECT_EQ(failures.record(kId, "broken").delay, 1s);
  const auto second = failures.record(kId, "broken");
  EXPECT_EQ(second.count, 2);
  EXPECT_EQ(second.delay, 2s);
  EXPECT_TRUE(failures.holds(kId));
  EXPECT_FALSE(failures.holds(kOther));
  for (int i = 0; i < 20; ++i) failures.record(kId, "broken");
  EXPECT_EQ(failures.record(kId, "broken").delay, 5min);
  failures.forget(kId);
  EXPECT_FALSE(failures.holds(kId));
  EXPECT_EQ(failures.record(kId, "broken").count, 1);
}

TEST(StartQueue, RefusesWhatComesTooMuchAndAnswersAllWhenItCloses) {
  StartQueue queue(1);
  EXPECT_EQ(queue.submit({}).kind, StartOutcome::Kind::kUnavailable) << "not open";
  queue.open();
  const auto submit = [&] { return queue.submit({}).kind; };
  auto one = std::async(std::launch::async, submit);
  auto two = std::async(std::launch::async, submit);
  while (one.wait_for(1ms) != std::future_status::ready) {
    if (two.wait_for(1ms) == std::future_status::ready) std::swap(one, two);
  }
  EXPECT_EQ(one.get(), StartOutcome::Kind::kOverloaded);
  queue.close();
  EXPECT_EQ(two.get(), StartOutcome::Kind::kUnavailable);
  EXPECT_TRUE(queue.take(10).empty()) << "closed";
}

TEST(StopSignal, EndsASleep) {
  StopSignal stop;
  EXPECT_FALSE(stop.wait_for(1ms));
  auto sleeper = std::async(std::launch::async, [&] { return stop.wait_for(10s); });
  stop.request();
  EXPECT_TRUE(sleeper.get());
  EXPECT_TRUE(stop.wait_for(10s)) << "at once, from now on";
  stop.reset();
  EXPECT_FALSE(stop.wait_for(1ms));
}

}  // namespace
}  // namespace sagad::runtime
