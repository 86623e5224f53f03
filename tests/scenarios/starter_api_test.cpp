#include <gtest/gtest.h>

#include <future>
#include <map>
#include <thread>

#include "scenarios/engine_fixture.hpp"
#include "support/servers.hpp"

namespace sagad::tests {
namespace {

using Kind = runtime::StartOutcome::Kind;

class StarterApi : public EngineTest {};

TEST_F(StarterApi, TheCommitIsTheStart) {
  start();
  const auto outcome = starter().submit(request("k"));
  ASSERT_EQ(outcome.kind, Kind::kStarted);
  const auto instance = get(outcome.id);
  EXPECT_EQ(instance.status, saga::SagaStatus::kRunning);
  EXPECT_EQ(instance.key, "k");
  EXPECT_EQ(instance.sequence, 1);
  EXPECT_EQ(instance.steps.at(0).status, saga::StepStatus::kRunning);
  const auto sent = command("order");
  EXPECT_EQ(sent.saga, outcome.id);
  EXPECT_EQ(sent.action, "create");
  EXPECT_EQ(boost::json::serialize(sent.input), R"({"amount":5})");
  EXPECT_EQ(sent.sent_at, instance.steps.at(0).sent_at) << "the clock of the database";
  EXPECT_EQ(sums_.of("sagad_sagas_started_total{order-pay}"), 1);
}

TEST_F(StarterApi, AKnownKeyReturnsTheFirstSaga) {
  start();
  const auto first = starter().submit(request("k"));
  const auto same = starter().submit(request("k"));
  EXPECT_EQ(same.kind, Kind::kExisting);
  EXPECT_EQ(same.id, first.id);
  const auto other = starter().submit(request("k", 6));
  EXPECT_EQ(other.kind, Kind::kConflict);
  EXPECT_EQ(other.id, first.id);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.saga"), 1);
  EXPECT_EQ(commands("order", 1).size(), 1U);
  EXPECT_TRUE(no_command("order", base::Duration{300}));
}

TEST_F(StarterApi, TheSameInputIsTheSameWhateverTheOrderOfItsKeys) {
  start();
  auto one = request("k");
  one.input = boost::json::parse(R"({"amount":5,"note":"a"})");
  auto two = request("k");
  two.input = boost::json::parse(R"({ "note": "a", "amount": 5 })");
  EXPECT_EQ(starter().submit(one).kind, Kind::kStarted);
  EXPECT_EQ(starter().submit(two).kind, Kind::kExisting);
}

TEST_F(StarterApi, WithoutAKeyEveryStartIsItsOwn) {
  start();
  EXPECT_NE(start_saga(), start_saga());
}

TEST_F(StarterApi, AnInvalidInputStoresNothing) {
  start();
  const auto outcome = starter().submit(request("k", 0));
  EXPECT_EQ(outcome.kind, Kind::kInvalidInput);
  ASSERT_EQ(outcome.errors.size(), 1U);
  EXPECT_NE(outcome.errors[0].find("/amount"), std::string::npos) << outcome.errors[0];
  auto nul = request("k");
  nul.input = {{"amount", 5}, {"note", std::string("a\0b", 3)}};
  EXPECT_EQ(starter().submit(nul).kind, Kind::kInvalidInput);
  EXPECT_EQ(starter().submit(request(std::string(501, 'k'))).kind, Kind::kInvalidInput);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.saga"), 0);
}

TEST_F(StarterApi, AnUnknownDefinitionOrVersionIsRefused) {
  start();
  auto unknown = request("k");
  unknown.definition = "pay-order";
  EXPECT_EQ(starter().submit(unknown).kind, Kind::kUnknownDefinition);
  auto version = request("k");
  version.version = 2;
  EXPECT_EQ(starter().submit(version).kind, Kind::kUnknownDefinition);
  version.version = 1;
  EXPECT_EQ(starter().submit(version).kind, Kind::kStarted);
}

TEST_F(StarterApi, AThousandConcurrentStartsShareTransactions) {
  start();
  std::vector<std::thread> callers;
  std::atomic<int> started{0};
  for (int caller = 0; caller < 50; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 20; ++i) {
        const auto key = std::to_string(caller) + "-" + std::to_string(i);
        if (starter().submit(request(key)).kind == Kind::kStarted) ++started;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(started, 1000);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.saga"), 1000);
  EXPECT_LT(number("SELECT count(DISTINCT xmin::text) FROM sagad.saga_instance"), 300);
  EXPECT_EQ(commands("order", 1000).size(), 1000U);
  EXPECT_TRUE(eventually([&] { return number("SELECT count(*) FROM sagad.outbox") == 0; }));
}

TEST_F(StarterApi, ConcurrentStartsOfOneKeyAreOneSaga) {
  starter_options_.api_workers = 2;
  start();
  std::vector<std::future<runtime::StartOutcome>> starts;
  for (int i = 0; i < 40; ++i) {
    starts.push_back(std::async(std::launch::async,
                                [&, i] { return starter().submit(request("k", i < 30 ? 5 : 6)); }));
  }
  std::map<Kind, int> kinds;
  std::set<base::SagaId> ids;
  for (auto& one : starts) {
    const auto outcome = one.get();
    ++kinds[outcome.kind];
    ids.insert(outcome.id);
  }
  EXPECT_EQ(kinds[Kind::kStarted], 1);
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(kinds[Kind::kStarted] + kinds[Kind::kExisting] + kinds[Kind::kConflict], 40);
  EXPECT_TRUE(kinds[Kind::kConflict] == 10 || kinds[Kind::kConflict] == 30);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.saga"), 1);
}

TEST_F(StarterApi, TooManyThatWaitAreTurnedAway) {
  starter_options_.max_waiting = 0;
  start();
  EXPECT_EQ(starter().submit(request("k")).kind, Kind::kOverloaded);
}

TEST_F(StarterApi, StoppedItTakesNothingAndStartsAgain) {
  start();
  starter().stop();
  starter().stop();
  EXPECT_EQ(starter().submit(request("k")).kind, Kind::kUnavailable);
  starter().start();
  starter().start();
  EXPECT_EQ(starter().submit(request("k")).kind, Kind::kStarted);
}

TEST_F(StarterApi, WithoutTheDatabaseNothingIsPromised) {
  start();
  start_saga("before");
  postgres().stop();
  const auto outcome = starter().submit(request("k"));
  EXPECT_EQ(outcome.kind, Kind::kUnavailable);
  EXPECT_FALSE(outcome.errors.empty());
  postgres().start();
  EXPECT_EQ(starter().submit(request("k")).kind, Kind::kStarted);
}

}  // namespace
}  // namespace sagad::tests
