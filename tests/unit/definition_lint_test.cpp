#include "definition/lint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace sagad::definition {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> warnings(const std::string& yaml) {
  std::vector<std::string> texts;
  for (const auto& warning : lint(*load_yaml(yaml, "s.yaml"))) texts.push_back(warning.str());
  return texts;
}

/// `rule line` of each.
std::vector<std::string> rules(const std::string& yaml) {
  std::vector<std::string> found;
  for (const auto& warning : lint(*load_yaml(yaml, "s.yaml"))) {
    found.push_back(warning.rule + " " + std::to_string(warning.problem.position.line));
  }
  return found;
}

TEST(Lint, WhatIsShippedIsClean) {
  for (const char* folder : {SAGAD_SAGAS, SAGAD_TEMPLATE_SAGAS}) {
    for (const auto& definition : load_folder(folder)) {
      for (const auto& warning : lint(*definition)) ADD_FAILURE() << warning.str();
    }
  }
}

TEST(Lint, NoDeadline) {
  EXPECT_THAT(warnings("name: s\nsteps:\n  - { id: a, action: p.a }\n"),
              ElementsAre("s.yaml:1:1: warning: there is no deadline: if a participant is away, a "
                          "saga waits for it for ever. Add one, such as deadline: 15m "
                          "[no-deadline]"));
}

TEST(Lint, AnEffectThatStaysWhenALaterStepFails) {
  EXPECT_THAT(warnings(R"(name: s
deadline: 1h
steps:
  - { id: a, action: p.a }
  - { id: b, action: p.b }
)"),
              ElementsAre("s.yaml:4:5: warning: steps[0]: has no compensation, and 'b' may still "
                          "fail after it: what it did stays done. Add 'compensate', or make it the "
                          "pivot if there is no way back after it; if it does nothing that lasts, "
                          "say so: compensate: none [not-undone]"));
}

TEST(Lint, NothingStaysIfItIsUndoneOrSaidToDoNothingOrThePivotOrTheLast) {
  EXPECT_THAT(rules(R"(name: s
deadline: 1h
steps:
  - { id: a, action: p.a, compensate: p.undo_a }
  - { id: b, action: p.b, compensate: none }
  - { id: c, action: p.c, pivot: true }
  - { id: d, action: p.d }
  - { id: e, action: p.e }
)"),
              IsEmpty());
}

TEST(Lint, BranchesMayFailWhileTheOtherIsDone) {
  EXPECT_THAT(rules(R"(name: s
deadline: 1h
steps:
  - { id: a, action: p.a, compensate: p.undo_a }
  - { id: b, action: p.b, needs: [a] }
  - { id: c, action: p.c, needs: [a] }
)"),
              ElementsAre("not-undone 5", "not-undone 6"));
}

TEST(Lint, CompensationsThatAreNeverUsed) {
  EXPECT_THAT(rules(R"(name: s
deadline: 1h
steps:
  - { id: a, action: p.a, compensate: p.undo_a }
  - { id: b, action: p.b, compensate: p.undo_b, pivot: true }
  - { id: c, action: p.c, compensate: p.undo_c }
)"),
              ElementsAre("never-undone 5", "never-undone 6"));
}

TEST(Lint, TimesThatContradictEachOther) {
  EXPECT_THAT(rules(R"(name: s
deadline: 20s
steps:
  - { id: a, action: p.a, compensate: none, timeout: 21s }
  - { id: b, action: p.b, compensate: none, timeout: 5s, total_timeout: 4s }
  - { id: c, action: p.c, compensate: none, timeout: 5s, total_timeout: 1m }
)"),
              ElementsAre("long-timeout 4", "long-timeout 5", "long-timeout 6"));
}

TEST(Lint, AttemptsThatNeverBegin) {
  EXPECT_THAT(warnings(R"(name: s
deadline: 1h
steps:
  - id: a
    action: p.a
    timeout: 10s
    total_timeout: 1m
    retry: { max_attempts: 10, initial_interval: 20s, max_interval: 20s }
)"),
              ElementsAre("s.yaml:4:5: warning: steps[0].retry: of its 10 attempts only 3 can "
                          "begin within its total_timeout of 1m, because of the waiting between "
                          "them. Shorten max_interval or lower max_attempts [long-retry]"));
  EXPECT_THAT(rules(R"(name: s
deadline: 1m
defaults: { timeout: 10s }
steps:
  - { id: a, action: p.a, retry: { max_attempts: 1000000, initial_interval: 1ms } }
)"),
              ElementsAre("long-retry 5"));
}

TEST(Lint, ConditionsThatAreWrittenOut) {
  EXPECT_THAT(rules(R"(name: s
deadline: 1h
steps:
  - id: a
    action: p.a
    compensate: none
    when: "${ false }"
  - id: b
    action: p.b
    compensate: none
    when: "${ (true) }"
  - id: c
    action: p.c
    when: "${ .input.a == false }"
)"),
              ElementsAre("never-runs 7", "always-true 11"));
}

TEST(Lint, InputsThatTheSchemaDoesNotHave) {
  EXPECT_THAT(warnings(R"(name: s
deadline: 1h
input_schema: { type: object, properties: { amount: { type: integer } } }
steps:
  - id: a
    action: p.a
    compensate: p.b
    input: { amount: "${ .input.amuont }", more: ["${ .input.amount }"] }
)"),
              ElementsAre("s.yaml:8:22: warning: steps[0].input: reads .input.amuont, which the "
                          "input_schema does not have; did you mean 'amount'? [unknown-input]"));
  EXPECT_THAT(rules(R"(name: s
deadline: 1h
input_schema: { type: object, properties: { a: {} }, allOf: [{ properties: { b: {} } }] }
steps: [{ id: a, action: p.a, input: "${ .input.b }" }]
)"),
              IsEmpty());
}

}  // namespace
}  // namespace sagad::definition
