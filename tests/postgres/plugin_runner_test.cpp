#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

#include "plugins/step_runner.hpp"
#include "support/servers.hpp"

// The step runner and the SDK's transaction, with actions made here.

namespace {

using sagad::Answer;
using sagad::Context;
using sagad::base::Time;
using sagad::saga::Command;
using sagad::saga::Outcome;
using testing::HasSubstr;

class FixedClock final : public sagad::base::Clock {
 public:
  Time now() const override { return sagad::base::parse_time("2026-01-31T08:15:30Z"); }
};

class StepRunner : public testing::Test {
 private:
  template <typename Run>
  auto with_runner(sagad::ActionFunction function, sagad::BatchFunction batch, Run run) {
    auto plugin = std::make_shared<sagad::plugins::Plugin>();
    plugin->name = "test";
    plugin->actions.push_back({"act", std::move(function), std::move(batch), {}});
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(lines_);
    auto logger = std::make_shared<spdlog::logger>("test", sink);
    logger->set_pattern("%l %v");
    sagad::plugins::PluginStepRunner runner(plugin, clock_, logger, {.max_bytes = 1000});
    pqxx::work work(connection_);
    sagad::Transaction tx(work, prepared_);
    return run(runner, tx);
  }

 protected:
  sagad::ports::StepAnswer run(sagad::ActionFunction function, const Command& command = act()) {
    return with_runner(std::move(function), {},
                       [&](auto& runner, auto& tx) { return runner.run(command, tx); });
  }
  std::vector<sagad::ports::StepAnswer> run_batch(sagad::BatchFunction batch,
                                                  const std::vector<const Command*>& commands) {
    return with_runner([](Context&) { return sagad::done(); }, std::move(batch),
                       [&](auto& runner, auto& tx) { return runner.run_batch(commands, tx); });
  }
  static Command act() {
    Command command;
    command.saga = sagad::base::SagaId::parse("0190163d-8694-739b-aea5-966c26f8ad91");
    command.definition = "order-pay";
    command.participant = "test";
    command.action = "act";
    command.step = "first";
    command.attempt = 3;
    command.round = 2;
    command.timeout = std::chrono::seconds(10);
    command.input = {{"a", 1}};
    return command;
  }
  std::string log() const { return lines_.str(); }

 private:
  FixedClock clock_;
  std::ostringstream lines_;
  pqxx::connection connection_{sagad::tests::fresh_database()};
  sagad::Transaction::Prepared prepared_;
};

TEST_F(StepRunner, ShowsTheActionWhichExecutionItIs) {
  auto command = act();
  command.kind = sagad::saga::Kind::kUndo;
  command.action_input = {{"b", 2}};
  command.action_output = {{"c", 3}};
  run(
      [&](Context& context) {
        const auto& execution = context.execution;
        EXPECT_EQ(execution.saga_id, "0190163d-8694-739b-aea5-966c26f8ad91");
        EXPECT_EQ(execution.definition, "order-pay");
        EXPECT_EQ(execution.step_id, "first");
        EXPECT_EQ(execution.attempt, 3);
        EXPECT_EQ(execution.round, 2);
        EXPECT_TRUE(execution.undo);
        EXPECT_EQ(execution.idempotency_key, sagad::saga::idempotency_key(command));
        EXPECT_EQ(execution.deadline, sagad::base::parse_time("2026-01-31T08:15:40Z"));
        EXPECT_EQ(context.input, command.input);
        EXPECT_EQ(context.action_input, command.action_input);
        EXPECT_EQ(context.action_output, command.action_output);
        return sagad::done();
      },
      command);
}

TEST_F(StepRunner, TakesLaterOnlyFromWhoeverHasAToken) {
  auto command = act();
  command.token = "0.2.secret";
  const auto answer = run(
      [](Context& context) {
        EXPECT_EQ(context.execution.answer_token, "0.2.secret");
        return sagad::later("the bank calls back");
      },
      command);
  EXPECT_EQ(answer.outcome, Outcome::kLater);
  EXPECT_EQ(answer.message, "the bank calls back");

  const auto untold = run([](Context&) { return sagad::later(); });
  EXPECT_EQ(untold.outcome, Outcome::kRetry);
  EXPECT_EQ(untold.code, "bad_answer");
  command.kind = sagad::saga::Kind::kUndo;
  command.token.clear();
  const auto undo = run([](Context&) { return sagad::later(); }, command);
  EXPECT_EQ(undo.code, "bad_answer");
  EXPECT_THAT(undo.message, HasSubstr("a compensation cannot"));
}

TEST_F(StepRunner, RunsExternalActionsWithoutATransaction) {
  auto plugin = std::make_shared<sagad::plugins::Plugin>();
  plugin->name = "test";
  sagad::Registry registry({}, {});
  registry.external_action("act", [](sagad::ExternalContext& context) -> Answer {
    EXPECT_EQ(context.execution.idempotency_key, sagad::saga::idempotency_key(act()));
    EXPECT_EQ(context.execution.deadline, sagad::base::parse_time("2026-01-31T08:15:40Z"));
    EXPECT_EQ(context.input, act().input);
    context.log.info("calling");
    return sagad::failed("declined", "no funds");
  });
  plugin->actions = registry.actions();
  std::ostringstream lines;
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(lines);
  const FixedClock clock;
  sagad::plugins::PluginStepRunner runner(plugin, clock,
                                          std::make_shared<spdlog::logger>("test", sink));
  EXPECT_TRUE(runner.find("act")->external);
  const auto answer = runner.run_external(act());
  EXPECT_EQ(answer.outcome, Outcome::kFailed);
  EXPECT_EQ(answer.code, "declined");
  EXPECT_THAT(lines.str(), HasSubstr("calling"));
}

TEST_F(StepRunner, TranslatesTheAnswers) {
  auto answer = run([](Context&) { return sagad::done({{"x", 1}}); });
  EXPECT_EQ(answer.outcome, Outcome::kDone);
  EXPECT_EQ(boost::json::serialize(answer.output), R"({"x":1})");

  answer = run([](Context&) { return sagad::failed("no_stock", "nothing left"); });
  EXPECT_EQ(answer.outcome, Outcome::kFailed);
  EXPECT_EQ(answer.code, "no_stock");
  EXPECT_EQ(answer.message, "nothing left");

  answer = run([](Context&) { return sagad::retry("busy", "later", std::chrono::seconds(2)); });
  EXPECT_EQ(answer.outcome, Outcome::kRetry);
  EXPECT_EQ(answer.code, "busy");
  EXPECT_EQ(answer.after, sagad::base::Duration(2000));

  answer = run([](Context&) { return sagad::retry("busy", "now", std::chrono::seconds(-2)); });
  EXPECT_EQ(answer.after, sagad::base::Duration(0));
  EXPECT_EQ(run([](Context&) { return sagad::retry("busy", ""); }).after, std::nullopt);
}

TEST_F(StepRunner, MakesTextOfAnswersFitToBeCarried) {
  auto answer = run([](Context&) { return sagad::failed("", std::string("caf\xE9\0!", 6)); });
  EXPECT_EQ(answer.code, "unnamed");
  EXPECT_EQ(answer.message,
            "caf?"
            "?!");
  answer = run([](Context&) { return sagad::failed("x", std::string(10'000, 'm')); });
  EXPECT_EQ(answer.message.size(), 2'000U);
}

TEST_F(StepRunner, AnOutputThatCannotBeCarriedIsARetry) {
  auto answer = run([](Context&) { return sagad::done({{"x", std::string(2'000, 'x')}}); });
  EXPECT_EQ(answer.outcome, Outcome::kRetry);
  EXPECT_EQ(answer.code, "bad_output");
  EXPECT_THAT(answer.message, HasSubstr("the output of action act: "));
  answer = run([](Context&) { return sagad::done({{"x", "\xFF"}}); });
  EXPECT_EQ(answer.code, "bad_output");
  EXPECT_THAT(answer.message, HasSubstr("/x"));
}

TEST_F(StepRunner, LetsExceptionsPass) {
  EXPECT_THROW(run([](Context&) -> Answer { throw std::runtime_error("x"); }), std::runtime_error);
  EXPECT_THROW(run([](Context& context) -> Answer {
                 context.tx.exec("SELECT 1 / $1::int", 0);
                 return sagad::done();
               }),
               pqxx::sql_error);
}

TEST_F(StepRunner, LogsWithSagaStepAndAttempt) {
  run([](Context& context) {
    context.log.warn("stock {} is low");  // braces are no placeholders
    return sagad::done();
  });
  EXPECT_EQ(log(),
            "warning saga=0190163d-8694-739b-aea5-966c26f8ad91 step=first attempt=3 "
            "stock {} is low\n");
}

TEST_F(StepRunner, KnowsWhatItsActionsDeclare) {
  auto plugin = std::make_shared<sagad::plugins::Plugin>();
  const auto act = [](Context&) { return sagad::done(); };
  plugin->actions.push_back({"plain", act, {}, {}});
  plugin->actions.push_back({"rich",
                             act,
                             [](auto contexts) { return std::vector<Answer>(contexts.size()); },
                             {.lock_key = "/account", .refuses_before_writing = true}});
  FixedClock clock;
  sagad::plugins::PluginStepRunner runner(plugin, clock, std::make_shared<spdlog::logger>("test"));
  ASSERT_NE(runner.find("plain"), nullptr);
  EXPECT_FALSE(runner.find("plain")->has_batch);
  EXPECT_FALSE(runner.find("plain")->refuses_before_writing);
  EXPECT_EQ(runner.find("plain")->lock_key, "");
  ASSERT_NE(runner.find("rich"), nullptr);
  EXPECT_TRUE(runner.find("rich")->has_batch);
  EXPECT_TRUE(runner.find("rich")->refuses_before_writing);
  EXPECT_EQ(runner.find("rich")->lock_key, "/account");
  EXPECT_EQ(runner.find("none"), nullptr);
}

TEST_F(StepRunner, RunsABatchInItsOrder) {
  auto first = act();
  auto second = act();
  second.input = {{"a", 2}};
  const auto answers = run_batch(
      [](std::span<Context> contexts) {
        std::vector<Answer> all;
        for (auto& context : contexts) all.push_back(sagad::done(context.input));
        return all;
      },
      {&first, &second});
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].output, first.input);
  EXPECT_EQ(answers[1].output, second.input);
}

TEST_F(StepRunner, RefusesABatchThatAnswersTooFew) {
  const auto one = act();
  try {
    run_batch([](std::span<Context>) { return std::vector<Answer>(); }, {&one});
    FAIL() << "no exception";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "the batch form of action act gave 0 answers to 1 executions");
  }
}

TEST_F(StepRunner, TheTransactionTakesEveryKindOfParameter) {
  run([](Context& context) {
    sagad::Array texts, numbers;
    for (const auto* text : {"plain", "", "NULL", "a,b {c} \"d\" \\e 'f'"}) texts.add(text);
    texts.add(std::optional<std::string>());
    numbers.add(std::int64_t{-9'223'372'036'854'775'807} - 1);
    const auto row = context.tx.exec(
        "SELECT $1::int, $2::text, $3::text, $4::text IS NULL, $5::bigint IS NULL, $6::bigint, "
        "$7::bool, ($8::text[])[4], ($8::text[])[5] IS NULL, ($9::bigint[])[1], $10::text IS NULL",
        7, std::string("text"), std::string_view("view"), nullptr, std::optional<std::int64_t>(),
        std::optional<std::int64_t>(8), true, texts, numbers, std::optional<std::string_view>())[0];
    EXPECT_EQ(row[0].as<int>(), 7);
    EXPECT_EQ(row[1].as<std::string>(), "text");
    EXPECT_EQ(row[2].as<std::string>(), "view");
    EXPECT_TRUE(row[3].as<bool>());
    EXPECT_TRUE(row[4].as<bool>());
    EXPECT_EQ(row[5].as<int>(), 8);
    EXPECT_TRUE(row[6].as<bool>());
    EXPECT_EQ(row[7].as<std::string>(), "a,b {c} \"d\" \\e 'f'");
    EXPECT_TRUE(row[8].as<bool>());
    EXPECT_EQ(row[9].as<std::string>(), "-9223372036854775808");
    EXPECT_TRUE(row[10].as<bool>());
    return sagad::done();
  });
}

TEST_F(StepRunner, TheTransactionPreparesAStatementOnceAConnection) {
  run([](Context& context) {
    for (int i = 0; i < 3; ++i) context.tx.exec("SELECT $1::int", i);
    context.tx.exec("SELECT $1::int + 1", 1);
    const auto count = context.tx.exec_raw("SELECT count(*) FROM pg_prepared_statements");
    EXPECT_EQ(count[0][0].as<int>(), 2);
    EXPECT_EQ(context.tx.quote("it's"), "'it''s'");
    return sagad::done();
  });
}

}  // namespace
