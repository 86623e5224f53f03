#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "definition/json_schema.hpp"
#include "definition/loader.hpp"

namespace sagad::definition {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string refusal(const char* schema) {
  try {
    compile_schema(json::parse(schema));
  } catch (const SchemaError& error) {
    return error.pointer() + " " + error.what();
  }
  return "accepted";
}

auto check(const char* schema, const json::value& input) {
  return compile_schema(json::parse(schema))->check(input);
}

auto check(const char* schema, const char* input) { return check(schema, json::parse(input)); }

TEST(Schema, RefusesWhatItWouldNotCheck) {
  EXPECT_EQ(refusal(R"({"type": "string", "format": "date"})"),
            "/format 'format' is not supported: use 'pattern' with 'maxLength'");
  EXPECT_EQ(refusal(R"({"properties": {"a": {"minLenght": 1}}})"),
            "/properties/a/minLenght unknown keyword 'minLenght': did you mean 'minLength'?");
  EXPECT_EQ(refusal(R"({"patternProperties": {}})"),
            "/patternProperties 'patternProperties' is not supported");
  EXPECT_EQ(refusal(R"({"$id": "http://x"})"), "/$id '$id' is not supported");
  EXPECT_EQ(refusal("5"), " a schema must be an object, or true or false");
}

TEST(Schema, RefusesWrongValuesOfKeywords) {
  EXPECT_EQ(refusal(R"({"type": "int"})"), "/type unknown type 'int': did you mean 'integer'?");
  EXPECT_EQ(refusal(R"({"minimum": "1"})"), "/minimum 'minimum' must be a number");
  EXPECT_EQ(refusal(R"({"maximum": 9007199254740993})"),
            "/maximum 'maximum' must be below 2^53, beyond which it would not be exact");
  EXPECT_EQ(refusal(R"({"multipleOf": 0})"), "/multipleOf 'multipleOf' must be above 0");
  EXPECT_EQ(refusal(R"({"maxItems": -1})"),
            "/maxItems 'maxItems' must be a whole number of at least 0");
  EXPECT_EQ(refusal(R"({"required": "a"})"), "/required 'required' must be a list of strings");
  EXPECT_EQ(refusal(R"({"required": ["a", "a"]})"), "/required 'required' has 'a' twice");
  EXPECT_EQ(refusal(R"({"enum": []})"), "/enum 'enum' must be a list that is not empty");
  EXPECT_EQ(refusal(R"({"anyOf": {}})"),
            "/anyOf 'anyOf' must be a list of schemas that is not empty");
  EXPECT_EQ(refusal(R"({"properties": {"a~/b": 1}})"),
            "/properties/a~0~1b a schema must be an object, or true or false");
}

TEST(Schema, PatternNeedsALength) {
  const std::string needs = "/pattern 'pattern' needs a 'maxLength' of at most 1000 beside it";
  EXPECT_EQ(refusal(R"({"pattern": "^a"})"), needs);
  EXPECT_EQ(refusal(R"({"pattern": "^a", "maxLength": 1001})"), needs);
  EXPECT_EQ(refusal(R"({"pattern": "(", "maxLength": 10})"),
            "/pattern 'pattern' is not a regular expression of ECMAScript: '('");
  EXPECT_EQ(refusal(R"({"pattern": "^a", "maxLength": 1000})"), "accepted");
}

TEST(Schema, PatternIsNotTriedOnLongStrings) {
  const char* schema = R"({"type": "string", "pattern": "^(a|b)*$", "maxLength": 1000})";
  EXPECT_THAT(check(schema, json::value(std::string(1000, 'a'))), IsEmpty());
  EXPECT_THAT(check(schema, json::value(std::string(10, 'c'))),
              ElementsAre("the input: Failed to match regex specified by 'pattern' constraint."));
  // std::regex would use up the stack for this one.
  EXPECT_THAT(check(schema, json::value(std::string(2'000'000, 'a'))), SizeIs(1));
}

TEST(Schema, ReferencesAreLocal) {
  EXPECT_EQ(refusal(R"({"$ref": "http://example.org/x"})"),
            "/$ref '$ref' must point into this schema, such as \"#/definitions/money\"");
  EXPECT_EQ(refusal(R"({"properties": {"a": {"$ref": "#/definitions/b"}}})"),
            "/properties/a/$ref '$ref' points to nothing: '#/definitions/b'");
  EXPECT_EQ(refusal(R"({"definitions": {"a": {"items": {"$ref": "#/definitions/a"}}}})"),
            "/definitions/a/items/$ref a schema that contains itself is not supported");
  EXPECT_EQ(refusal(R"({"definitions": {"a": {}}, "properties":
                        {"a": {"$ref": "#/definitions/a", "type": "string"}}})"),
            "/properties/a/$ref keywords beside '$ref' have no effect: remove them, or put them "
            "into an allOf");
  const char* schema = R"({"definitions": {"money": {"type": "integer", "minimum": 1}},
                           "properties": {"a": {"$ref": "#/definitions/money"}}})";
  EXPECT_THAT(check(schema, R"({"a": 1})"), IsEmpty());
  EXPECT_THAT(check(schema, R"({"a": 0})"),
              ElementsAre("/a: Expected number greater than or equal to 1"));
}

TEST(Schema, ReportsEveryErrorWithItsPlace) {
  const char* schema = R"({"type": "object", "required": ["id"], "additionalProperties": false,
    "properties": {"id": {"type": "string"}, "lines": {"type": "array", "items":
      {"type": "object", "properties": {"price": {"type": "integer"}}}}}})";
  EXPECT_THAT(check(schema, R"({"id": 1, "lines": [{"price": 1}, {"price": "x"}]})"),
              testing::UnorderedElementsAre(
                  "/id: Value type not permitted by 'type' constraint: it is the number 1",
                  "/lines/1/price: Value type not permitted by 'type' constraint: "
                  "it is a string"));
  EXPECT_THAT(check(schema, R"({"id": "x", "name": "y"})"),
              ElementsAre("the input: Object contains a property that could not be validated "
                          "using 'properties' or 'additionalProperties' constraints: 'name'."));
}

TEST(Schema, ConditionsAndChoices) {
  const char* schema = R"({"if": {"properties": {"kind": {"const": "card"}}},
    "then": {"required": ["number"]}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]})";
  EXPECT_THAT(check(schema, R"({"kind": "card", "number": 1, "a": 1})"), IsEmpty());
  EXPECT_THAT(check(schema, R"({"kind": "card", "a": 1})"),
              ElementsAre("the input: Missing required property 'number'."));
  EXPECT_FALSE(check(schema, R"({"kind": "cash", "a": 1, "b": 2})").empty());
}

TEST(Schema, IntegersBeyondInt64AreNotGuessed) {
  const char* schema = R"({"type": "object", "properties": {"n": {"type": "integer"}}})";
  EXPECT_THAT(check(schema, R"({"n": 9223372036854775807})"), IsEmpty());
  EXPECT_THAT(check(schema, R"({"n": 18446744073709551615})"),
              ElementsAre("/n: an integer above 9223372036854775807 cannot be checked by a "
                          "schema: send it as a string"));
  EXPECT_THAT(check(schema, json::value({{"n", std::uint64_t{5}}})), IsEmpty());
}

json::value read_json(const std::string& path) {
  std::ifstream stream(path);
  return json::parse(std::string(std::istreambuf_iterator<char>(stream), {}));
}

TEST(PublishedSchema, AcceptsTheShippedDefinitions) {
  const auto schema = compile_schema(read_json(std::string(SAGAD_SAGAS) + "/saga.schema.json"));
  for (const auto& definition : load_folder(SAGAD_SAGAS)) {
    EXPECT_THAT(schema->check(json::parse(definition->canonical)), IsEmpty()) << definition->name;
  }
}

TEST(PublishedSchema, RefusesTyposAndWrongTypes) {
  const auto schema = compile_schema(read_json(std::string(SAGAD_SAGAS) + "/saga.schema.json"));
  const auto errors = [&](const char* step) {
    return schema->check(json::parse(std::string(R"({"name": "x", "steps": [)") + step + "]}"));
  };
  for (const char* step :
       {R"({"id": "a", "action": "x.y"})", R"({"id": "a", "sleep": "5s"})",
        R"({"id": "a", "signal": "paid", "timeout": "1h", "on_exhausted": "pause"})",
        R"({"id": "a", "child": "order-pay@1", "input": {}, "total_timeout": "1h"})",
        R"({"id": "a", "action": "x.y", "foreach": "${ .input.l }", "max_parallel": 3})"}) {
    EXPECT_THAT(errors(step), IsEmpty()) << step;
  }
  for (const char* step : {R"({"id": "a", "action": "x"})", R"({"id": "a-b", "action": "x.y"})",
                           R"({"id": "a"})", R"({"id": "a", "action": "x.y", "retries": {}})",
                           R"({"id": "a", "action": "x.y", "timeout": 5})",
                           R"({"id": "a", "action": "x.y", "timeout": "5 s"})",
                           R"({"id": "a", "action": "x.y", "retry": {"max_attempts": 0}})",
                           R"({"id": "a", "action": "x.y", "on_exhausted": "stop"})",
                           R"({"id": "a", "action": "x.y", "when": true})",
                           R"({"id": "a", "action": "x.y", "sleep": "5s"})",
                           R"({"id": "a", "sleep": "5s", "timeout": "5s"})",
                           R"({"id": "a", "sleep": "5s", "compensate": "x.y"})",
                           R"({"id": "a", "action": "x.y", "max_parallel": 3})",
                           R"({"id": "a", "signal": "paid", "total_timeout": "5s"})",
                           R"({"id": "a", "child": "order-pay"})"}) {
    EXPECT_FALSE(errors(step).empty()) << step;
  }
}

}  // namespace
}  // namespace sagad::definition
