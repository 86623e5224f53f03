#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "unit/definition_fixture.hpp"

namespace sagad::definition {
namespace {

using test::Evaluation;
using testing::HasSubstr;

TEST(Jq, ComputesOverInputAndOutputs) {
  const Evaluation eval(R"({"lines": [{"price": 3, "count": 2}, {"price": 5, "count": 1}],
                            "name": "Ada"})",
                        R"({"fee": 4})");
  EXPECT_EQ(eval("[.input.lines[] | .price * .count] | add"), json::value(11));
  EXPECT_EQ(eval("([.input.lines[].price] | add) + .steps.first.output.fee"), json::value(12));
  EXPECT_EQ(eval("\"\\(.input.name): \\(.input.lines | length)\""), json::value("Ada: 2"));
  EXPECT_EQ(eval(".input.lines | map(select(.price > 3)) | .[0].price"), json::value(5));
  EXPECT_EQ(eval("reduce .input.lines[] as $l (0; . + $l.price)"), json::value(8));
  EXPECT_EQ(eval("if .input.name == \"Ada\" then .input.lines[0] else null end"),
            json::parse(R"({"count": 2, "price": 3})"));
  EXPECT_EQ(eval(".input.missing // \"none\""), json::value("none"));
  EXPECT_EQ(eval("any(.input.lines[]; .price > 4)"), json::value(true));
  EXPECT_EQ(eval("{name: .input.name, if: 1}"), json::parse(R"({"if": 1, "name": "Ada"})"));
  EXPECT_EQ(eval(".input | {name}"), json::parse(R"({"name": "Ada"})"));
  EXPECT_EQ(eval("try error(\"x\") catch ."), json::value("x"));
  EXPECT_EQ(eval("[range(3)]"), json::parse("[0, 1, 2]"));
  EXPECT_EQ(eval(".input.name as $n | .input.lines | map(.price) | {n: $n, p: .}"),
            json::parse(R"({"n": "Ada", "p": [3, 5]})"));
  EXPECT_EQ(eval(".input.name | @uri \"q=\\(.)\""), json::value("q=Ada"));
  EXPECT_EQ(eval("{a: 2} * {b: 3}"), json::parse(R"({"a": 2, "b": 3})"));
  EXPECT_EQ(eval("[(1, 2) * (3, 4)]"), json::parse("[3, 6, 4, 8]"));
}

TEST(Jq, WholeNumbersComeBackAsIntegers) {
  const Evaluation eval(R"({"a": 4, "d": 2.5, "max": 9007199254740991})");
  EXPECT_TRUE(eval(".input.a / 2").is_int64());
  EXPECT_TRUE(eval(".input.d + 0").is_double());
  EXPECT_EQ(eval(".input.max + 0"), json::value(9007199254740991));
  EXPECT_EQ(eval("0 - .input.max"), json::value(-9007199254740991));
}

TEST(Jq, RefusesIntegersThatItWouldRound) {
  const Evaluation eval(R"({"a": 9007199254740993, "u": 18446744073709551615,
                            "l": -9007199254740993, "max": 9007199254740991, "n": 1})");
  EXPECT_EQ(eval.error(".input.a + 0"),
            "test.yaml:7: ${ .input.a + 0 }: the integer 9007199254740993 is beyond 2^53, where "
            "jq is not exact");
  EXPECT_THAT(eval.error(".input.u | tostring"), HasSubstr("18446744073709551615 is beyond"));
  EXPECT_THAT(eval.error(".input.l | tostring"), HasSubstr("-9007199254740993 is beyond"));
  EXPECT_THAT(eval.error(".input | tojson"), HasSubstr("is beyond 2^53"));
  EXPECT_THAT(eval.error(".input.max + 2"), HasSubstr("is not below 2^53, so it may have been "
                                                      "rounded"));
  EXPECT_EQ(eval(".input.n + 1"), json::value(2)) << "only what is read counts";
}

TEST(Jq, MustYieldExactlyOneValue) {
  const Evaluation eval(R"({"a": [1, 2], "s": "x"})");
  EXPECT_EQ(eval.error(".input.a[]"),
            "test.yaml:7: ${ .input.a[] }: it yields more than one value, and must yield exactly "
            "one");
  EXPECT_EQ(eval.error("empty"),
            "test.yaml:7: ${ empty }: it yields no value, and must yield exactly one");
  EXPECT_EQ(eval.error("error(\"no stock\")"), "test.yaml:7: ${ error(\"no stock\") }: no stock");
  EXPECT_EQ(eval.error(".input.a, error(\"late\")"),
            "test.yaml:7: ${ .input.a, error(\"late\") }: late");
  EXPECT_THAT(eval.error(".input.s + 1"), HasSubstr("cannot be added"));
  EXPECT_THAT(eval.error("1 / (.input.a | length - 2)"), HasSubstr("test.yaml:7: "));
  EXPECT_THAT(eval.error("{a: 1} | error(.)"), HasSubstr("{\"a\":1}"));
}

TEST(Jq, AnErrorLeavesTheEvaluatorUsable) {
  const auto definition = load_yaml(
      "name: test\nsteps:\n  - id: a\n    action: x.y\n    when: '${ .input.n > 1 }'\n"
      "    input: { bad: '${ .input.s + 1 }', many: '${ .input.l[] }' }\n"
      "output: { n: '${ .input.n + 1 }', l: '${ .input.l | length }' }\n",
      "test.yaml");
  ASSERT_EQ(definition->jq_branches.size(), 5U);
  const auto evaluator = make_evaluator(definition);
  const json::value input = json::parse(R"({"n": 2, "s": "x", "l": [1, 2, 3]})");
  const std::string key;
  const Scope scope{input, {}, {base::SagaId(), definition->name, 1, key, base::Time()}};
  for (int i = 0; i < 3; ++i) {
    EXPECT_THROW(evaluator->evaluate(definition->steps[0].action.input, scope), ExpressionError);
    EXPECT_TRUE(evaluator->evaluate_condition(*definition->steps[0].when, scope));
    EXPECT_EQ(evaluator->evaluate(definition->output, scope), json::parse(R"({"n": 3, "l": 3})"));
  }
}

TEST(Jq, EveryBranchOfALargeDefinitionIsFound) {
  std::string text = "name: test\nsteps:\n  - id: a\n    action: x.y\n    input:\n";
  for (int i = 0; i < 37; ++i) {
    text += "      - '${ .input.n + " + std::to_string(i) + " }'\n";
  }
  const auto definition = load_yaml(text, "test.yaml");
  const json::value input = json::parse(R"({"n": 100})");
  const std::string key;
  const Scope scope{input, {}, {base::SagaId(), definition->name, 1, key, base::Time()}};
  const auto result =
      make_evaluator(definition)->evaluate(definition->steps[0].action.input, scope);
  for (int i = 0; i < 37; ++i) EXPECT_EQ(result.at(static_cast<std::size_t>(i)), 100 + i);
}

TEST(Jq, DoesNotRepeatStrings) {
  const Evaluation eval(R"({"s": "x", "n": 3})");
  EXPECT_EQ(eval.error(".input.s * .input.n"),
            "test.yaml:7: ${ .input.s * .input.n }: repeating a string with * is not allowed");
  EXPECT_THAT(eval.error(".input.n * .input.s"), HasSubstr("repeating a string"));
  EXPECT_EQ(eval(".input.n * .input.n"), json::value(9));
}

TEST(Jq, GuardsWhatWouldTakeTheProcessDown) {
  const Evaluation eval(
      R"({"big": -1e300, "one": -1, "n": 7, "nan": "nan", "s": "12", "l": [1, 2, 3]})");
  EXPECT_THAT(eval.error(".input.big % .input.one"), HasSubstr("% takes two numbers below 2^53"));
  EXPECT_THAT(eval.error(".input.n % 0"), HasSubstr("cannot be divided"));
  EXPECT_EQ(eval(".input.n % 4"), json::value(3));
  EXPECT_THAT(eval.error(".input.nan | tonumber"), HasSubstr("not a number"));
  EXPECT_THAT(eval.error(".input.nan | tonumber < 5"), HasSubstr("not a number"));
  EXPECT_EQ(eval(".input.s | tonumber"), json::value(12));
  EXPECT_THAT(eval.error(".input.big * 1e10 * .input.big"), HasSubstr("not a finite number"));
  EXPECT_THAT(eval.error(".input.big * 2"), HasSubstr("is not below 2^53"));
  EXPECT_EQ(eval(".input.l | del(.[0], .[-1:])"), json::parse("[2]"));
  EXPECT_EQ(eval(".input.l[1:]"), json::parse("[2, 3]"));
}

TEST(Jq, RefusesAValueThatIsTooDeep) {
  std::string deep = "1";
  for (int i = 0; i < 60; ++i) deep = "[" + deep + "]";
  const Evaluation eval("{\"deep\": " + deep + "}");
  EXPECT_NO_THROW(eval.value("[[[['${ .input.deep }']]]]"));
  EXPECT_THROW(eval.value("[[[[['${ .input.deep }']]]]]"), ExpressionError);
}

TEST(Jq, EveryThreadHasItsOwnEvaluator) {
  const auto definition = load_yaml(test::with_input("'${ .input.n / 7 | tostring }'"), "t.yaml");
  const json::value input = json::parse(R"({"n": 1})");
  const std::string key;
  const Scope scope{input, {}, {base::SagaId(), definition->name, 1, key, base::Time()}};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      const auto evaluator = make_evaluator(definition);
      for (int j = 0; j < 200; ++j) {
        const auto value = evaluator->evaluate(definition->steps[1].action.input, scope);
        if (!value.is_string() || value.get_string() != "0.14285714285714285") ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Jq, DoesNotReadTheLibraryOfAUser) {
  std::string home = testing::TempDir() + "/sagad-home-XXXXXX";
  ASSERT_NE(mkdtemp(home.data()), nullptr);
  std::ofstream(home + "/.jq") << "def add: 42;";
  const char* before = std::getenv("HOME");
  const std::string restored = before == nullptr ? "" : before;
  setenv("HOME", home.c_str(), 1);
  const auto problems = test::problems_of(test::with_input("'${ .input.l | add }'"));
  const auto plain = test::problems_of(test::with_input("'${ .input.l }'"));
  setenv("HOME", restored.c_str(), 1);
  std::filesystem::remove_all(home);
  EXPECT_EQ(problems, "test.yaml:7:12: steps[1].input: jq would read " + home +
                          "/.jq and could change what expressions mean: move that file away, or "
                          "run with another HOME");
  EXPECT_EQ(plain, "");
}

TEST(Jq, SeesOnlyWhatItNames) {
  EXPECT_EQ(Evaluation("{}")("{input: 1} | .steps"), json::value())
      << "behind a pipe these are keys like any other";
  EXPECT_THAT(test::problems_of(test::with_input("'${ .input as $i | . }'")),
              HasSubstr("'.' alone would read everything at once"))
      << "behind a binding '.' is still the scope";
  EXPECT_THAT(test::problems_of(test::with_input("'${ [.input.a | length] + keys }'")),
              HasSubstr("'keys' at the beginning"));
  EXPECT_THAT(test::problems_of(test::with_input("'${ {a: .input.a | length, b: .} }'")),
              HasSubstr("'.' alone"));
  EXPECT_THAT(test::problems_of(test::with_input("'${ .input.a | if . then .b else . end }'")),
              testing::IsEmpty());
}

TEST(Jq, StringsKeepTheirBytes) {
  const Evaluation eval(R"({"s": "é\"\\\n😀"})");
  EXPECT_EQ(eval(".input.s + \"\""), json::value("é\"\\\n😀"));
}

TEST(Condition, MustBeTrueOrFalse) {
  const Evaluation eval(R"({"n": 2, "yes": true, "s": "true"})");
  EXPECT_TRUE(eval.condition(".input.n > 1"));
  EXPECT_FALSE(eval.condition(".input.n > 2"));
  EXPECT_TRUE(eval.condition(".input.yes"));
  for (const auto& [expression, value] :
       {std::pair{".input.n", "2"}, {".input.missing", "null"}, {".input.s", "\"true\""}}) {
    try {
      eval.condition(expression);
      FAIL() << expression;
    } catch (const ExpressionError& error) {
      EXPECT_EQ(error.what(), std::string("test.yaml:8: ${ ") + expression +
                                  " }: a condition must be true or false, not " + value);
    }
  }
}

}  // namespace
}  // namespace sagad::definition
