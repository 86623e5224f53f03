#include "runtime/signals.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <thread>

#include "definition/loader.hpp"
#include "jetstream/raw_nats.hpp"
#include "scenarios/engine_fixture.hpp"
#include "support/servers.hpp"

namespace sagad::tests {
namespace {

using Kind = runtime::SignalOutcome::Kind;
using Outcome = runtime::SignalOutcome;
namespace json = boost::json;

/// Signals over the API and the bus, to sagas on a real database.
class SignalsTest : public EngineTest {
 protected:
  SignalsTest() : client_(nats().url()), inbox_(client_.subscribe("answers." + name_space_)) {}
  ~SignalsTest() override { signals_.reset(); }

  static definition::DefinitionPtr approval(const std::string& wait = "") {
    return definition::load_yaml(R"(name: approval
version: 1
steps:
  - id: create
    action: order.create
    compensate: order.cancel
  - id: approved
    signal: approved
    )" + wait + R"(
  - id: pay
    action: pay.charge
    input: { by: "${ .steps.approved.output.by }" }
)",
                                 "approval.yaml");
  }

  void start_all(const definition::DefinitionPtr& definition = approval()) {
    bus_->ensure_stream({ports::StreamRef::Kind::kSignals, {}});
    start({definition, order_pay()});
    start_signals();
  }
  void start_signals() {
    runtime::Signals::Options options;
    options.fetch_wait = base::Duration{200};
    signals_ = std::make_unique<runtime::Signals>(options, stores(), *bus_, relay(), *definitions_,
                                                  completions_, sums_, log_);
    signals_->start();
  }

  base::SagaId begin(const std::string& key) {
    runtime::StartRequest request;
    request.definition = "approval";
    request.key = key;
    request.input = json::object{};
    return starter().submit(request).id;
  }
  /// A saga that waits for its signal.
  base::SagaId waiting(const std::string& key) {
    const auto id = begin(key);
    send(done(command("order")));
    EXPECT_TRUE(eventually([&] { return step(id) == saga::StepStatus::kWaiting; }));
    return id;
  }
  saga::StepStatus step(base::SagaId id) { return get(id).steps.at(1).status; }

  Outcome signal(base::SagaId id, const std::string& name, const json::value& payload,
                 const std::string& key = "") {
    runtime::SignalRequest request;
    request.saga = id;
    request.name = name;
    request.key = key;
    request.payload = payload;
    return signals_->send(request);
  }
  /// The answer to a signal on the bus.
  json::object ask(const std::string& payload, const std::string& definition = "approval") {
    client_.publish(name_space_ + ".signal." + definition, payload, "Sagad-Reply-To",
                    "answers." + name_space_);
    for (int tries = 0; tries < 5; ++tries) {
      if (auto answer = client_.next(*inbox_)) return json::parse(*answer).as_object();
    }
    ADD_FAILURE() << "no answer to " << payload;
    return {};
  }
  std::string dead_letters() {
    return value("SELECT string_agg(reason, ',' ORDER BY id) FROM sagad.dead_letter");
  }

  jetstream::tests::RawNats client_;
  jetstream::SubscriptionPtr inbox_;
  std::unique_ptr<runtime::Signals> signals_;
};

TEST_F(SignalsTest, PayloadIsTheOutputOfTheStep) {
  start_all();
  const auto id = waiting("k");
  EXPECT_EQ(signal(id, "approved", {{"by", "ann"}}).kind, Kind::kAccepted);
  const auto charge = command("pay");
  EXPECT_EQ(charge.saga, id);
  EXPECT_EQ(charge.input, json::value({{"by", "ann"}}));
  send(done(charge));
  wait_for(id, saga::SagaStatus::kCompleted);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.signal WHERE step = 1"), 1);
  EXPECT_EQ(
      value("SELECT string_agg(type, ',' ORDER BY sequence, number) FROM sagad.saga_history "
            "WHERE saga_id = '" +
            id.str() + "'"),
      "started,dispatched,done,waiting,signalled,signal_taken,done,dispatched,done,completed");
}

TEST_F(SignalsTest, EarlySignalsSurviveTheDaemonAndAreTakenInOrder) {
  start_all();
  const auto id = begin("k");
  const auto create = command("order");
  EXPECT_EQ(signal(id, "approved", {{"by", "first"}}).kind, Kind::kAccepted);
  EXPECT_EQ(signal(id, "approved", {{"by", "second"}}).kind, Kind::kAccepted);
  signals_.reset();
  stop();
  start({});
  send(done(create));
  EXPECT_EQ(command("pay").input, json::value({{"by", "first"}}));
  EXPECT_EQ(number("SELECT count(*) FROM sagad.signal WHERE step IS NULL"), 1);
  EXPECT_EQ(get(id).steps.at(1).queued_signals, 1);
}

TEST_F(SignalsTest, KeyMakesASignalCountOnce) {
  start_all();
  const auto id = begin("k");
  EXPECT_EQ(signal(id, "approved", {{"by", "ann"}}, "mail-7").kind, Kind::kAccepted);
  EXPECT_EQ(signal(id, "approved", {{"by", "ann"}}, "mail-7").kind, Kind::kExisting);
  EXPECT_EQ(signal(id, "approved", {{"by", "bob"}}, "mail-7").kind, Kind::kConflict);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.signal"), 1);
  send(done(command("order")));
  command("pay");
  EXPECT_EQ(signal(id, "approved", {{"by", "ann"}}, "mail-7").kind, Kind::kExisting)
      << "also when a step has taken it";
}

TEST_F(SignalsTest, TheSameSignalSentAtOnceByManyCountsOnce) {
  start_all();
  const auto id = begin("k");
  std::vector<std::thread> senders;
  std::vector<Outcome> outcomes(8);
  for (auto& outcome : outcomes) {
    senders.emplace_back([&] { outcome = signal(id, "approved", 1, "mail-7"); });
  }
  for (auto& sender : senders) sender.join();
  int accepted = 0;
  for (const auto& outcome : outcomes) {
    accepted += outcome.kind == Kind::kAccepted ? 1 : 0;
    EXPECT_TRUE(outcome.kind == Kind::kAccepted || outcome.kind == Kind::kExisting)
        << outcome.detail;
  }
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(get(id).steps.at(1).queued_signals, 1);
}

TEST_F(SignalsTest, TellsWhoCannotHaveIt) {
  start_all();
  const auto id = begin("k");
  EXPECT_EQ(signal(ids_.next(clock_.now()), "approved", 1).kind, Kind::kUnknownSaga);
  const auto unknown = signal(id, "aproved", 1);
  EXPECT_EQ(unknown.kind, Kind::kUnknownSignal);
  EXPECT_NE(unknown.detail.find("'approved'"), std::string::npos) << unknown.detail;
  EXPECT_EQ(signal(id, "not a name", 1).kind, Kind::kInvalid);
  EXPECT_EQ(signal(start_saga("other"), "approved", 1).kind, Kind::kUnknownSignal);
  const auto create = commands("order", 2).at(0);
  send(failed(create));
  wait_for(id, saga::SagaStatus::kCompensated);
  EXPECT_EQ(signal(id, "approved", 1).kind, Kind::kEnded);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.signal"), 0);
}

TEST_F(SignalsTest, KeepsOnlySoMany) {
  start_all();
  const auto id = begin("k");
  for (int i = 0; i < runtime::kMostKeptSignals; ++i) {
    ASSERT_EQ(signal(id, "approved", i).kind, Kind::kAccepted);
  }
  EXPECT_EQ(signal(id, "approved", "one more").kind, Kind::kTooMany);
}

TEST_F(SignalsTest, TimeoutTurnsTheSagaBack) {
  start_all(approval("timeout: 500ms"));
  start_timers();
  const auto id = waiting("k");
  const auto cancel = command("order", ports::CommandLane::kUndo);
  EXPECT_EQ(cancel.kind, saga::Kind::kUndo);
  send(done(cancel));
  const auto instance = wait_for(id, saga::SagaStatus::kCompensated);
  EXPECT_EQ(instance.error->code, "signal_timeout");
}

TEST_F(SignalsTest, TheBusAnswersWhatBecameOfASignal) {
  start_all();
  const auto id = waiting("k");
  const auto accepted =
      ask(R"({"saga_key":"k","signal":"approved","key":"m1","payload":{"by":"bus"}})");
  EXPECT_EQ(accepted.at("status"), "accepted");
  EXPECT_EQ(accepted.at("saga"), json::value(id.str()));
  EXPECT_EQ(command("pay").input, json::value({{"by", "bus"}}));
  EXPECT_EQ(
      ask(R"({"saga":")" + id.str() + R"(","signal":"approved","key":"m1","payload":{"by":"bus"}})")
          .at("status"),
      "existing");
  EXPECT_EQ(dead_letters(), "");
}

TEST_F(SignalsTest, WhatTheBusBringsAndNobodyCanHaveIsADeadLetter) {
  start_all();
  const auto id = begin("k");
  EXPECT_EQ(ask("{").at("status"), "invalid");
  EXPECT_EQ(ask(R"({"saga_key":"k","signal":"approved"})").at("status"), "invalid");
  EXPECT_EQ(ask(R"({"saga_key":"none","signal":"approved","key":"m"})").at("status"),
            "unknown_saga");
  EXPECT_EQ(ask(R"({"saga_key":"k","signal":"other","key":"m"})").at("status"), "unknown_signal");
  EXPECT_EQ(ask(R"({"saga":")" + id.str() + R"(","signal":"approved","key":"m"})", "order-pay")
                .at("status"),
            "unknown_saga")
      << "the subject is not that of its definition";
  EXPECT_EQ(dead_letters(),
            "signal_invalid,signal_invalid,signal_unknown_saga,signal_unknown_signal,"
            "signal_unknown_saga");
  EXPECT_EQ(ask(R"({"saga_key":"k","signal":"approved","key":"m"})").at("status"), "accepted")
      << "the others go on";
}

TEST_F(SignalsTest, SagasWithoutSignalsCostNoStatement) {
  start({order_pay()});
  const auto id = start_saga("k");
  const auto before = number(
      "SELECT COALESCE(sum(seq_scan + idx_scan), 0) "
      "FROM pg_stat_user_tables WHERE relname = 'signal'");
  send(done(command("order")));
  send(done(command("pay")));
  wait_for(id, saga::SagaStatus::kCompleted);
  EXPECT_EQ(number("SELECT COALESCE(sum(seq_scan + idx_scan), 0) "
                   "FROM pg_stat_user_tables WHERE relname = 'signal'"),
            before);
}

}  // namespace
}  // namespace sagad::tests
