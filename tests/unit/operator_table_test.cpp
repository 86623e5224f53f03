// Every status with every verb: the table of docs/operations.md, line by line.

#include <algorithm>
#include <functional>
#include <map>

#include "unit/operator_fixture.hpp"

namespace sagad::saga {
namespace {

using namespace std::chrono_literals;

const std::string kSaga = R"(
name: table
version: 1
steps:
  - { id: a, action: p.a, compensate: p.undo_a }
  - { id: b, action: p.b, compensate: p.undo_b, retry: { max_attempts: 3 } }
  - { id: c, action: p.c }
)";

const std::string kPivot = R"(
name: pivot
version: 1
steps:
  - { id: a, action: p.a, compensate: p.undo_a, pivot: true }
  - { id: b, action: p.b, retry: { max_attempts: 3 } }
  - { id: c, action: p.c }
)";

/// Step a is done, b is under way.
Machine at_b_of(const std::string& yaml) {
  Machine machine(yaml);
  machine.start();
  machine.answer("a", Outcome::kDone, {{"x", 1}});
  return machine;
}

Machine running() { return at_b_of(kSaga); }

Machine retrying() {
  auto machine = running();
  machine.answer("b", Outcome::kRetry, nullptr, "busy");
  return machine;
}

Machine paused() {
  auto machine = running();
  give(machine, order(Verb::kPause));
  return machine;
}

Machine refused_while_paused() {
  auto machine = paused();
  machine.answer("b", Outcome::kFailed, nullptr, "no");
  return machine;
}

Machine after_pivot() { return at_b_of(kPivot); }

Machine refused_after_pivot() {
  auto machine = after_pivot();
  machine.answer("b", Outcome::kFailed, nullptr, "no");
  return machine;
}

/// b is refused, the undo of a is under way.
Machine undoing() {
  auto machine = running();
  machine.answer("b", Outcome::kFailed, nullptr, "no");
  return machine;
}

Machine undo_in_back_off() {
  auto machine = undoing();
  machine.answer("a", Outcome::kRetry, nullptr, "busy");
  return machine;
}

Machine undo_failed() {
  auto machine = undoing();
  machine.answer("a", Outcome::kFailed, nullptr, "no");
  return machine;
}

Machine settling() {
  auto machine = running();
  give(machine, order(Verb::kCancel));
  return machine;
}

Machine completed() {
  auto machine = running();
  machine.answer("b", Outcome::kDone);
  machine.answer("c", Outcome::kDone);
  return machine;
}

Machine compensated() {
  auto machine = undoing();
  machine.answer("a", Outcome::kDone);
  return machine;
}

Machine failed() {
  auto machine = undo_failed();
  give(machine, order(Verb::kFail));
  return machine;
}

struct Line {
  std::string name;
  std::function<Machine()> make;
  std::string step;                      ///< for the verbs that need one
  std::map<Verb, std::string> expected;  ///< verdict, and the saga's status after it
};

const std::string kEnded = "refused: ended";

std::map<Verb, std::string> all(const std::string& verdict, const std::string& status) {
  std::map<Verb, std::string> line;
  for (const auto verb : {Verb::kCancel, Verb::kPause, Verb::kResume, Verb::kRetry, Verb::kSkip,
                          Verb::kComplete, Verb::kEdit, Verb::kFail}) {
    line[verb] = verdict + " " + status;
  }
  return line;
}

std::map<Verb, std::string> but(std::map<Verb, std::string> line, Verb verb,
                                const std::string& what) {
  line[verb] = what;
  return line;
}

std::vector<Line> table() {
  return {
      {"running, the step under way",
       running,
       "b",
       {{Verb::kCancel, "applied compensating"},
        {Verb::kPause, "applied paused"},
        {Verb::kResume, "unchanged running"},
        {Verb::kRetry, "unchanged running"},
        {Verb::kSkip, "pending running"},
        {Verb::kComplete, "pending running"},
        {Verb::kEdit, "pending running"},
        {Verb::kFail, "pending paused"}}},
      {"running, the step in its back-off",
       retrying,
       "b",
       {{Verb::kCancel, "applied compensating"},
        {Verb::kPause, "applied paused"},
        {Verb::kResume, "unchanged running"},
        {Verb::kRetry, "applied running"},
        {Verb::kSkip, "pending running"},
        {Verb::kComplete, "pending running"},
        {Verb::kEdit, "pending running"},
        {Verb::kFail, "pending paused"}}},
      {"running, the step not begun",
       running,
       "c",
       {{Verb::kRetry, "refused: not_possible running"},
        {Verb::kSkip, "applied running"},
        {Verb::kComplete, "applied running"},
        {Verb::kEdit, "applied running"}}},
      {"running, the step done",
       running,
       "a",
       {{Verb::kRetry, "refused: step_done running"},
        {Verb::kSkip, "refused: step_done running"},
        {Verb::kComplete, "refused: step_done running"},
        {Verb::kEdit, "refused: step_done running"}}},
      {"running, past the pivot",
       after_pivot,
       "b",
       {{Verb::kCancel, "refused: pivot_passed running"},
        {Verb::kPause, "applied paused"},
        {Verb::kSkip, "pending running"},
        {Verb::kFail, "pending paused"}}},
      {"paused, the step under way",
       paused,
       "b",
       {{Verb::kCancel, "applied compensating"},
        {Verb::kPause, "unchanged paused"},
        {Verb::kResume, "applied running"},
        {Verb::kRetry, "applied running"},
        {Verb::kSkip, "pending paused"},
        {Verb::kComplete, "pending paused"},
        {Verb::kEdit, "pending paused"},
        {Verb::kFail, "pending paused"}}},
      {"paused, the step refused meanwhile",
       refused_while_paused,
       "b",
       {{Verb::kCancel, "applied compensating"},
        {Verb::kPause, "unchanged paused"},
        {Verb::kResume, "applied compensating"},
        {Verb::kRetry, "applied running"},
        {Verb::kSkip, "applied paused"},
        {Verb::kComplete, "applied paused"},
        {Verb::kEdit, "applied running"},
        {Verb::kFail, "applied failed"}}},
      {"paused, the step refused after the pivot",
       refused_after_pivot,
       "b",
       {{Verb::kCancel, "refused: pivot_passed paused"},
        {Verb::kPause, "unchanged paused"},
        {Verb::kResume, "applied running"},
        {Verb::kRetry, "applied running"},
        {Verb::kSkip, "applied paused"},
        {Verb::kComplete, "applied paused"},
        {Verb::kEdit, "applied running"},
        {Verb::kFail, "applied failed"}}},
      {"compensating, the undo under way",
       undoing,
       "a",
       {{Verb::kCancel, "unchanged compensating"},
        {Verb::kPause, "applied paused"},
        {Verb::kResume, "unchanged compensating"},
        {Verb::kRetry, "unchanged compensating"},
        {Verb::kSkip, "refused: in_flight compensating"},
        {Verb::kComplete, "refused: in_flight compensating"},
        {Verb::kEdit, "applied compensating"},
        {Verb::kFail, "pending paused"}}},
      {"compensating, the undo in its back-off",
       undo_in_back_off,
       "a",
       {{Verb::kCancel, "unchanged compensating"},
        {Verb::kPause, "applied paused"},
        {Verb::kResume, "unchanged compensating"},
        {Verb::kRetry, "applied compensating"},
        {Verb::kSkip, "applied compensated"},
        {Verb::kComplete, "applied compensated"},
        {Verb::kEdit, "applied compensating"},
        {Verb::kFail, "applied failed"}}},
      {"compensating, the step being settled",
       settling,
       "b",
       {{Verb::kCancel, "unchanged compensating"},
        {Verb::kPause, "applied paused"},
        {Verb::kResume, "unchanged compensating"},
        {Verb::kRetry, "refused: not_possible compensating"},
        {Verb::kSkip, "refused: in_flight compensating"},
        {Verb::kComplete, "refused: in_flight compensating"},
        {Verb::kEdit, "refused: not_possible compensating"},
        {Verb::kFail, "pending paused"}}},
      {"paused, the undo failed",
       undo_failed,
       "a",
       {{Verb::kCancel, "refused: not_possible paused"},
        {Verb::kPause, "unchanged paused"},
        {Verb::kResume, "applied compensating"},
        {Verb::kRetry, "applied compensating"},
        {Verb::kSkip, "applied paused"},
        {Verb::kComplete, "applied paused"},
        {Verb::kEdit, "applied compensating"},
        {Verb::kFail, "applied failed"}}},
      {"completed", completed, "b", all(kEnded, "completed")},
      {"compensated", compensated, "b",
       but(all(kEnded, "compensated"), Verb::kCancel, "unchanged compensated")},
      {"failed", failed, "b", but(all(kEnded, "failed"), Verb::kFail, "unchanged failed")},
  };
}

TEST(OperatorTable, EveryStatusWithEveryVerb) {
  for (const auto& line : table()) {
    for (const auto& [verb, expected] : line.expected) {
      SCOPED_TRACE(line.name + ": " + std::string(to_string(verb)));
      auto machine = line.make();
      const auto before = machine.instance();
      const bool of_step = needs_step(verb) || verb == Verb::kRetry;
      auto given = order(verb, of_step ? line.step : "");
      if (verb == Verb::kEdit) given = with_value(given, {{"y", 2}});
      const auto verdict = give(machine, given);
      EXPECT_EQ(verdict + " " + std::string(to_string(machine.status())), expected);
      const bool unchanged = machine.decision().verdict->kind == Verdict::Kind::kUnchanged ||
                             machine.decision().verdict->kind == Verdict::Kind::kRefused;
      EXPECT_EQ(machine.decision().changed, !unchanged);
      if (unchanged) {
        EXPECT_EQ(encode_steps(machine.instance().steps), encode_steps(before.steps));
        EXPECT_EQ(encode_control(machine.instance().control), encode_control(before.control));
      } else {
        const auto& last = machine.decision().history;
        const bool recorded = std::any_of(last.begin(), last.end(), [&](const auto& entry) {
          return entry.type.rfind("verb_", 0) == 0 && entry.detail.at("by") == "ann" &&
                 entry.detail.at("why") == "because";
        });
        EXPECT_TRUE(recorded) << "who and why are in the history";
      }
    }
  }
}

TEST(OperatorTable, WhatMayBeOrderedIsToldForEveryStatus) {
  EXPECT_TRUE(possible_verbs(completed().instance()).empty());
  EXPECT_EQ(possible_verbs(running().instance()).front(), Verb::kCancel);
  EXPECT_EQ(possible_verbs(undoing().instance()).front(), Verb::kPause);
  EXPECT_EQ(possible_verbs(undo_failed().instance()).front(), Verb::kResume);
}

TEST(OperatorTable, AStepMustBeKnown) {
  auto machine = running();
  EXPECT_EQ(give(machine, order(Verb::kSkip, "nowhere")), "refused: unknown_step");
  EXPECT_EQ(give(machine, order(Verb::kSkip)), "refused: unknown_step");
}

}  // namespace
}  // namespace sagad::saga
