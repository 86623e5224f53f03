#include <gtest/gtest.h>

#include <string>

#include "unit/definition_fixture.hpp"

namespace sagad::definition {
namespace {

using test::Evaluation;

TEST(PlainPath, KeepsEveryTypeAndEveryInteger) {
  const Evaluation eval(R"({"a": 9007199254740993, "b": 18446744073709551615,
    "c": -9223372036854775808, "d": 1.5, "e": "x", "f": [1, {"g": null}], "h": true})");
  EXPECT_EQ(eval(".input.a"), json::value(9007199254740993));
  EXPECT_EQ(eval(".input.b"), json::value(18446744073709551615U));
  EXPECT_EQ(eval(".input.c"), json::value(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(eval(".input.d"), json::value(1.5));
  EXPECT_EQ(eval(".input.e"), json::value("x"));
  EXPECT_EQ(eval(".input.f"), json::parse(R"([1, {"g": null}])"));
  EXPECT_EQ(eval(".input.h"), json::value(true));
  EXPECT_TRUE(eval(".input.b").is_uint64());
}

TEST(PlainPath, IsRecognisedInAllItsForms) {
  const Evaluation eval(R"({"a": {"b-c": [10, 20, 30]}, "x": {"é\"": 1}})");
  for (const char* path : {".input.a[\"b-c\"][1]", ".input[\"a\"][\"b-c\"][-2]",
                           ".input.a.\"b-c\"[1]", ".input.a [ \"b-c\" ] [ 1 ]"}) {
    EXPECT_EQ(eval(path), json::value(20)) << path;
    const auto definition =
        load_yaml(test::with_input(std::string("'${ ") + path + " }'"), "test.yaml");
    EXPECT_TRUE(definition->jq_branches.empty()) << path;
  }
  EXPECT_EQ(eval(R"(.input.x["\u00e9\""])"), json::value(1));
}

TEST(PlainPath, WhatIsNotThereIsNull) {
  const Evaluation eval(R"({"a": null, "list": [1]})");
  for (const char* path :
       {".input.missing", ".input.a", ".input.a.b.c", ".input.missing[0].x", ".input.list[1]",
        ".input.list[-2]", ".steps.first.output", ".steps.first.output.id"}) {
    EXPECT_TRUE(eval(path).is_null()) << path;
  }
}

TEST(PlainPath, AKeyOfAScalarIsAnError) {
  const Evaluation eval(R"({"n": 1, "s": "x", "b": true, "l": [1], "o": {}})");
  EXPECT_EQ(eval.error(".input.n.a"),
            "test.yaml:7: ${ .input.n.a }: cannot read the key 'a' of a number");
  EXPECT_EQ(eval.error(".input.s.a"),
            "test.yaml:7: ${ .input.s.a }: cannot read the key 'a' of a string");
  EXPECT_EQ(eval.error(".input.b.a"),
            "test.yaml:7: ${ .input.b.a }: cannot read the key 'a' of true or false");
  EXPECT_EQ(eval.error(".input.l.a"),
            "test.yaml:7: ${ .input.l.a }: cannot read the key 'a' of a list");
  EXPECT_EQ(eval.error(".input.o[0]"),
            "test.yaml:7: ${ .input.o[0] }: cannot read the place [0] of an object");
}

TEST(PlainPath, ReadsOutputsAndTheSaga) {
  const Evaluation eval("{}", R"({"id": 9007199254740993})");
  EXPECT_EQ(eval(".steps.first.output.id"), json::value(9007199254740993));
  EXPECT_EQ(eval(".saga"), json::parse(R"({"id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "definition": "test", "version": 1, "key": "key-1",
    "started_at": "2023-11-14T22:13:20.000000Z"})"));
  EXPECT_EQ(eval(".saga.id"), json::value("01890a5d-ac96-774b-bcce-b302099a8057"));
}

TEST(Template, FillsListsAndObjects) {
  const Evaluation eval(R"({"a": 1, "b": [2]})");
  EXPECT_EQ(eval.value(R"({ x: ["${ .input.a }", 7], y: { z: "${ .input.b }" }, w: null })"),
            json::parse(R"({"x": [1, 7], "y": {"z": [2]}, "w": null})"));
}

TEST(Splice, PutsValuesIntoText) {
  const Evaluation eval(R"({"s": "text", "n": 9007199254740993, "u": 18446744073709551615,
    "d": 1.5, "o": {"a": [1, null, 2.5, "x"]}})");
  EXPECT_EQ(eval.value("'order ${ .input.n } of ${.input.s}!'"),
            json::value("order 9007199254740993 of text!"));
  EXPECT_EQ(eval.value("'${ .input.u }${ .input.d }'"), json::value("184467440737095516151.5"));
  EXPECT_EQ(eval.value("' ${ .input.o } ${ .input.missing }'"),
            json::value(R"( {"a":[1,null,2.5,"x"]} null)"));
}

TEST(Splice, ADoubledDollarIsText) {
  const Evaluation eval(R"({"a": 1})");
  EXPECT_EQ(eval.value("'$${ .input.a }'"), json::value("${ .input.a }"));
  EXPECT_EQ(eval.value("'$${x} costs $ ${ .input.a } {}'"), json::value("${x} costs $ 1 {}"));
  EXPECT_EQ(eval.value("'$$ $'"), json::value("$$ $"));
}

TEST(Splice, FindsTheEndOfTheExpression) {
  const Evaluation eval(R"({"a": 1, "s": "}"})");
  EXPECT_EQ(eval.value(R"y('<${ {x: {y: .input.a}} }>')y"), json::value(R"(<{"x":{"y":1}}>)"));
  EXPECT_EQ(eval.value(R"y('${ .input.s + "}" }.')y"), json::value("}}."));
  EXPECT_EQ(eval.value(R"y('${ "a\(.input.s + "\"}")b" }.')y"), json::value("a}\"}b."));
}

}  // namespace
}  // namespace sagad::definition
