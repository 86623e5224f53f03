#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "dev/files.hpp"
#include "sagactl/verdict.hpp"
#include "unit/sagactl_fixture.hpp"

namespace sagad::ctl {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using tests::Ran;

const std::string kSource = SAGAD_SOURCE_DIR;

constexpr const char* kDefinition = R"(name: s
deadline: 1m
input_schema: { type: object, properties: { n: { type: integer } } }
steps:
  - { id: a, action: p.a, compensate: p.undo_a }
  - id: b
    action: p.b
    input: { n: "${ .input.n }" }
    retry: { max_attempts: 2, initial_interval: 10s, max_interval: 10s, jitter: 0 }
output: "${ .steps.b.output }"
)";

class SagactlTest : public testing::Test {
 protected:
  Ran play(const std::string& script, std::vector<const char*> more = {},
           const std::string& definition = kDefinition) {
    dev::write_file(folder_.path() / "s.yaml", definition);
    dev::write_file(folder_.path() / "t.yaml", script);
    definition_ = (folder_.path() / "s.yaml").string();
    script_ = (folder_.path() / "t.yaml").string();
    std::vector<const char*> all{"test", definition_.c_str(), "--script", script_.c_str()};
    all.insert(all.end(), more.begin(), more.end());
    return tests::sagactl(all);
  }
  json::object played(const std::string& script, const std::string& definition = kDefinition) {
    const auto ran = play(script, {"--output", "json"}, definition);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return json::parse(ran.out).at("trials").at(0).as_object();
  }
  static std::vector<std::string> texts(const json::object& trial, const char* list) {
    std::vector<std::string> texts;
    for (const auto& entry : trial.at(list).as_array()) {
      texts.emplace_back(entry.at("text").as_string());
    }
    return texts;
  }

  dev::TempDir folder_;
  std::string definition_;
  std::string script_;
};

class SagactlTestExamples : public testing::TestWithParam<std::string> {};

TEST_P(SagactlTestExamples, DoWhatTheySay) {
  const auto definition =
      kSource + "/sagas/" + GetParam().substr(0, GetParam().find('.')) + ".yaml";
  const auto script = kSource + "/examples/scripts/" + GetParam() + ".yaml";
  const auto ran = tests::sagactl({"test", definition.c_str(), "--script", script.c_str()});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(script + ": ok: "));
}

std::vector<std::string> examples() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kSource + "/examples/scripts")) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Files, SagactlTestExamples, testing::ValuesIn(examples()),
                         [](const auto& parameter) {
                           auto name = parameter.param;
                           for (auto& c : name) c = std::isalnum(c) != 0 ? c : '_';
                           return name;
                         });

TEST_F(SagactlTest, WithoutAScriptedAnswerAStepIsDone) {
  const auto trial = played("input: { n: 3 }\n");
  EXPECT_EQ(trial.at("status"), "completed");
  EXPECT_EQ(texts(trial, "commands"), (std::vector<std::string>{"do a", "do b"}));
  EXPECT_EQ(trial.at("commands").at(1).at("input"), (json::value{{"n", 3}}));
  EXPECT_EQ(trial.at("took_ms"), 0);
}

TEST_F(SagactlTest, TimeJumpsOverBackOffs) {
  const auto trial = played("steps: { b: { do: [{ retry: busy }, { done: 7, takes: 3s }] } }\n");
  EXPECT_EQ(trial.at("status"), "completed");
  EXPECT_EQ(trial.at("output"), 7);
  EXPECT_EQ(trial.at("took_ms"), 13'000);
}

TEST_F(SagactlTest, AnExecutionThatTakesTooLongIsARetry) {
  const auto trial = played("steps: { b: { do: { done: 1, takes: 31s } } }\n");
  EXPECT_EQ(trial.at("status"), "compensated");
  EXPECT_EQ(trial.at("error").at("code"), "deadline_exceeded");
  EXPECT_EQ(texts(trial, "path").at(4), "retry b");
}

TEST_F(SagactlTest, ExhaustedStepsAreSettledAndUndone) {
  const auto trial = played("steps: { b: { do: { retry: busy } } }\n");
  EXPECT_EQ(trial.at("status"), "compensated");
  EXPECT_EQ(texts(trial, "commands"),
            (std::vector<std::string>{"do a", "do b", "do b", "settle b", "undo a"}));
}

TEST_F(SagactlTest, ASettleFindsWhatIsScriptedOrBars) {
  const std::string lost = "steps: { b: { do: lost ";
  EXPECT_THAT(texts(played(lost + "} }\n"), "path"), testing::Contains("barred b"));
  const auto found = played(lost + ", settle: { failed: no } } }\n");
  EXPECT_THAT(texts(found, "path"), testing::Contains("failed b"));
  EXPECT_EQ(found.at("took_ms"), 60'000) << "the deadline";
}

constexpr const char* kFanOut = R"(name: fan
steps:
  - id: each
    action: p.each
    foreach: "${ .input.list }"
    max_parallel: 3
    input: "${ .item }"
    compensate: p.undo_each
  - { id: rest, sleep: 1h }
  - { id: order, child: order-pay@1, input: "${ .steps.each.output }" }
output: "${ .steps.order.output }"
)";

TEST_F(SagactlTest, ItemsHaveAnswersOfTheirOwn) {
  const auto trial = played(
      "input: { list: [a, b, c] }\n"
      "steps: { each: { do: { done: 1 }, items: { \"1\": { do: { failed: sold_out } } } } }\n",
      kFanOut);
  EXPECT_EQ(trial.at("status"), "compensated");
  EXPECT_EQ(trial.at("error").at("code"), "sold_out");
  EXPECT_THAT(texts(trial, "commands"),
              testing::IsSupersetOf({"do each[0]", "do each[1]", "do each[2]", "undo each[0]"}));
  EXPECT_THAT(texts(trial, "commands"), testing::Not(testing::Contains("undo each[1]")));
}

TEST_F(SagactlTest, SleepsAndChildrenTakeTheirTime) {
  const auto trial = played(
      "input: { list: [a] }\n"
      "steps: { each: { do: { done: 1 } }, order: { do: { done: 7, takes: 2h } } }\n",
      kFanOut);
  EXPECT_EQ(trial.at("status"), "completed");
  EXPECT_EQ(trial.at("output"), 7);
  EXPECT_EQ(trial.at("took_ms"), 3 * 3'600'000);
  EXPECT_EQ(trial.at("commands").at(1).at("input"), json::array{1});
}

TEST_F(SagactlTest, ItemsThatCannotBeArePointedOut) {
  const auto ran =
      play("steps: { each: { items: { x: { do: done } } }, rest: { items: {} } }\n", {}, kFanOut);
  EXPECT_NE(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("steps.each.items.x: must be the place of an item, from 0"));
  EXPECT_THAT(ran.err, HasSubstr("the step has no 'foreach'"));
}

TEST_F(SagactlTest, ACompensationThatFailsPauses) {
  const auto trial =
      played("steps: { a: { undo: { failed: gone } }, b: { do: { failed: no } } }\n");
  EXPECT_EQ(trial.at("status"), "paused");
  EXPECT_EQ(trial.at("reason"), "compensation_failed");
}

TEST_F(SagactlTest, WhatWaitsForEverIsSaid) {
  const auto ran =
      play("steps: { a: { do: lost } }\n", {}, "name: s\nsteps:\n  - { id: a, action: p.a }\n");
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out,
              HasSubstr("running, and waits for ever: no answer, no timer and no deadline"));
}

TEST_F(SagactlTest, WithoutAnEndItStops) {
  const auto ran =
      play("steps: { a: { do: { retry: busy } } }\n", {},
           "name: s\nsteps:\n  - { id: a, action: p.a, retry: { max_attempts: 1000000 } }\n");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("there is no end to it: stopped after 100000 events"));
}

TEST_F(SagactlTest, WhatIsNotAsExpectedIsShownAsADiff) {
  const auto ran = play(R"(
input: { n: 3 }
steps: { b: { do: { failed: no } } }
expect:
  status: completed
  reason: none
  error: other
  output: 1
  path: [started, dispatched a, done a, dispatched b, done b, completed]
  commands: [do a, { do: b, input: { n: 4 } }, undo a]
)");
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.err, script_ + ": status: expected 'completed', it is 'compensated'\n" + script_ +
                         ": reason: expected 'none', it is 'step_failed'\n" + script_ +
                         ": error: expected 'other', it is 'no'\n" + script_ +
                         ": output: expected 1, it is null\n" + script_ + R"(: path:
    started
    dispatched a
    done a
    dispatched b
  - done b
  - completed
  + failed b
  + compensating
  + undo_dispatched a
  + compensated a
  + compensated
)" + script_ + R"(: commands:
    do a
  - do b {"n":4}
  + do b {"n":3}
    undo a
)");
  EXPECT_THAT(ran.out, HasSubstr(script_ + ": FAILED: compensated (step_failed: no) after 0s"));
}

TEST_F(SagactlTest, AWrongScriptIsRefusedWithAllItsProblems) {
  const auto ran = play(R"(input: { n: many }
steps:
  c: { do: done }
  a: { do: finished, settle: [done, lost] }
  b: { undo: done, do: { done: 1, failed: x } }
expect: { status: over, paths: [] }
)");
  EXPECT_EQ(ran.code, 1);
  for (const char* problem :
       {":1:8: input: does not fit the input_schema: ",
        ":3:3: steps: the definition has no step 'c'",
        ":4:12: steps.a.do: must be an answer: done, ", ":4:30: steps.a.settle: is one answer",
        ":5:14: steps.b.undo: the step has no compensation",
        ":5:24: steps.b.do: must be an answer: ", ":6:19: expect.status: not a ",
        ":6:25: expect: unknown key 'paths': did you mean 'path'?"}) {
    EXPECT_THAT(ran.err, HasSubstr(script_ + problem));
  }
}

TEST_F(SagactlTest, SignalsComeWhenTheyAreScripted) {
  const std::string waiting =
      "name: s\ndeadline: 1h\nsteps: [{ id: w, signal: paid, timeout: 1m }]\n"
      "output: \"${ .steps.w.output }\"\n";
  const auto trial = played("signals: [{ name: paid, at: 5s, payload: { by: ann } }]\n", waiting);
  EXPECT_EQ(trial.at("status"), "completed");
  EXPECT_EQ(trial.at("output"), (json::value{{"by", "ann"}}));
  EXPECT_EQ(trial.at("took_ms"), 5000);
  const auto late = played("signals: []\n", waiting);
  EXPECT_EQ(late.at("status"), "compensated");
  EXPECT_EQ(late.at("took_ms"), 60'000);
  const auto wrong = play("signals: [{ name: piad }]\n", {}, waiting);
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("no step waits for the signal 'piad': did you mean 'paid'?"));
}

TEST_F(SagactlTest, WrongArgumentsAre2) {
  EXPECT_EQ(tests::sagactl({"test", "a.yaml"}).code, 2);
  EXPECT_EQ(tests::sagactl({"test", "/nonexistent.yaml", "--script", "x"}).code, 1);
}

TEST_F(SagactlTest, QuietShowsOnlyTheVerdicts) {
  const auto ran = play("input: { n: 3 }\n", {"--quiet"});
  EXPECT_EQ(ran.out, script_ + ": ok: completed after 0s\n");
}

}  // namespace
}  // namespace sagad::ctl
