#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "definition/loader.hpp"
#include "unit/definition_fixture.hpp"

namespace sagad::definition {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::filesystem::path kSagas = SAGAD_SAGAS;

TEST(ShippedDefinitions, AreAllLoaded) {
  const auto definitions = load_folder(kSagas);
  ASSERT_EQ(definitions.size(), 2U);
  EXPECT_EQ(definitions[0]->name, "checkout");
  EXPECT_EQ(definitions[1]->name, "order-pay");
}

TEST(ShippedDefinitions, OrderPayIsCreateAndCharge) {
  const auto definition = load_file(kSagas / "order-pay.yaml");
  EXPECT_EQ(definition->version, 1);
  EXPECT_EQ(definition->deadline, base::Duration{15min});
  ASSERT_EQ(definition->steps.size(), 2U);
  const auto& create = definition->steps[0];
  const auto& pay = definition->steps[1];
  EXPECT_EQ(create.action.full_name(), "order.create");
  EXPECT_EQ(create.compensate->full_name(), "order.cancel");
  EXPECT_EQ(create.action.timeout, base::Duration{30s});
  EXPECT_THAT(create.needs, IsEmpty());
  EXPECT_THAT(create.dependents, ElementsAre(1));
  EXPECT_EQ(pay.action.full_name(), "pay.charge");
  EXPECT_EQ(pay.compensate->full_name(), "pay.refund");
  EXPECT_EQ(pay.action.timeout, base::Duration{10s});
  EXPECT_THAT(pay.needs, ElementsAre(0));
  EXPECT_THAT(pay.action.input.steps, ElementsAre(0));
  EXPECT_THAT(pay.action.retry.non_retryable_errors, ElementsAre("bad_gateway_config"));
  EXPECT_EQ(definition->pivot, std::nullopt);
  EXPECT_THAT(definition->jq_branches, IsEmpty()) << "the fast path needs no jq";
}

TEST(ShippedDefinitions, OrderPayChecksItsInput) {
  const auto schema = load_file(kSagas / "order-pay.yaml")->input_schema;
  const auto check = [&](const char* text) { return schema->check(json::parse(text)); };
  EXPECT_THAT(check(R"({"order_name": "books", "account": "a", "amount": 1})"), IsEmpty());
  EXPECT_THAT(check(R"({"order_name": "books", "account": "a", "amount": 0})"),
              ElementsAre("/amount: Expected number greater than or equal to 1"));
  EXPECT_THAT(check(R"({"order_name": "books", "account": "a", "amount": "1"})"),
              ElementsAre("/amount: Value type not permitted by 'type' constraint: "
                          "it is a string"));
  EXPECT_THAT(check(R"({"order_name": "books", "account": "a"})"),
              ElementsAre("the input: Missing required property 'amount'."));
}

TEST(ShippedDefinitions, CheckoutEndsWithItsPivot) {
  const auto definition = load_file(kSagas / "checkout.yaml");
  ASSERT_EQ(definition->steps.size(), 4U);
  EXPECT_EQ(definition->pivot, 3);
  EXPECT_EQ(definition->steps[3].on_exhausted, OnExhausted::kPause);
  EXPECT_FALSE(definition->steps[2].compensate.has_value());
  EXPECT_THAT(definition->steps[1].compensate->input.steps, ElementsAre(1))
      << "a compensation may read its own step";
}

TEST(Defaults, AreAsDocumented) {
  const auto definition =
      load_yaml("name: test\nsteps: [{ id: a, action: x.y, compensate: x.z }]\n", "test.yaml");
  const auto& step = definition->steps[0];
  EXPECT_EQ(definition->version, 1);
  EXPECT_EQ(definition->deadline, std::nullopt);
  EXPECT_EQ(definition->input_schema, nullptr);
  EXPECT_TRUE(definition->output.is_null());
  EXPECT_EQ(step.action.timeout, base::Duration{30s});
  EXPECT_EQ(step.action.retry.max_attempts, 5);
  EXPECT_EQ(step.action.retry.backoff, (base::Backoff{200ms, 2.0, 30s, 0.2}));
  EXPECT_EQ(step.action.retry.give_up_after, std::nullopt);
  EXPECT_EQ(step.compensate->timeout, base::Duration{30s});
  EXPECT_EQ(step.compensate->retry.max_attempts, 0);
  EXPECT_EQ(step.compensate->retry.backoff, (base::Backoff{200ms, 2.0, 1min, 0.2}));
  EXPECT_EQ(step.compensate->retry.give_up_after, base::Duration{1h});
  EXPECT_EQ(step.on_exhausted, OnExhausted::kCompensate);
  EXPECT_EQ(std::get<json::value>(step.action.input.root), json::value(json::object()));
}

TEST(Defaults, OfTheFileMergeKeyByKey) {
  const auto definition = load_yaml(R"(
name: test
defaults: { timeout: 5s, retry: { max_attempts: 3, jitter: 0.5 } }
steps:
  - { id: a, action: x.y, compensate: x.z, retry: { max_attempts: 7 } }
  - { id: b, action: x.y, timeout: 1s, compensate: { action: x.z, retry: { max_attempts: 9, give_up_after: 2h } } }
)",
                                    "test.yaml");
  const auto& a = definition->steps[0];
  const auto& b = definition->steps[1];
  EXPECT_EQ(a.action.timeout, base::Duration{5s});
  EXPECT_EQ(a.action.retry.max_attempts, 7);
  EXPECT_EQ(a.action.retry.backoff.jitter, 0.5);
  EXPECT_EQ(b.action.timeout, base::Duration{1s});
  EXPECT_EQ(b.action.retry.max_attempts, 3);
  EXPECT_EQ(a.compensate->timeout, base::Duration{5s});
  EXPECT_EQ(a.compensate->retry.max_attempts, 0) << "defaults.retry is for actions";
  EXPECT_EQ(a.compensate->retry.backoff.jitter, 0.2);
  EXPECT_EQ(b.compensate->retry.max_attempts, 9);
  EXPECT_EQ(b.compensate->retry.give_up_after, base::Duration{2h});
}

TEST(Compensation, HasTheInputOfItsAction) {
  const auto definition = load_yaml(R"(
name: test
steps:
  - { id: a, action: x.y, input: { id: "${ .input.id }" }, compensate: x.z }
)",
                                    "test.yaml");
  const json::value input = json::parse(R"({"id": 7})");
  const std::string key;
  const Scope scope{input, {}, {base::SagaId(), definition->name, 1, key, base::Time()}};
  EXPECT_EQ(make_evaluator(definition)->evaluate(definition->steps[0].compensate->input, scope),
            json::parse(R"({"id": 7})"));
}

TEST(Graph, ForksAndJoins) {
  const auto definition = load_yaml(R"(
name: test
steps:
  - { id: a, action: x.y }
  - { id: b, action: x.y, needs: [] }
  - { id: c, action: x.y, needs: [b, a], input: { a: "${ .steps.a.output }", b: "${ .steps.b.output }" } }
  - { id: d, action: x.y, input: { a: "${ .steps.a.output }" } }
)",
                                    "test.yaml");
  EXPECT_THAT(definition->steps[1].needs, IsEmpty());
  EXPECT_THAT(definition->steps[2].needs, ElementsAre(0, 1));
  EXPECT_THAT(definition->steps[0].dependents, ElementsAre(2));
  EXPECT_THAT(definition->steps[3].needs, ElementsAre(2));
  EXPECT_EQ(definition->find_step("d")->index, 3);
  EXPECT_EQ(definition->find_step("e"), nullptr);
}

TEST(Graph, AStepOfAnotherBranchCannotBeRead) {
  EXPECT_EQ(test::problems_of(R"(name: test
steps:
  - { id: a, action: x.y }
  - { id: b, action: x.y, needs: [], input: { a: "${ .steps.a.output }" } }
)"),
            "test.yaml:4:50: steps[1].input.a: the step 'a' does not run before this one: add it "
            "to 'needs'");
}

TEST(Pivot, MayStandBeforeAForkAndAfterAJoin) {
  EXPECT_EQ(test::problems_of(R"(name: test
steps:
  - { id: a, action: x.y }
  - { id: b, action: x.y, needs: [] }
  - { id: c, action: x.y, needs: [a, b], pivot: true }
  - { id: d, action: x.y, needs: [c] }
  - { id: e, action: x.y, needs: [c] }
)"),
            "");
}

TEST(Digest, LeavesOutDescriptionAndOrderOfKeys) {
  const auto digest = [](const std::string& text) { return load_yaml(text, "t.yaml")->digest; };
  const std::string steps = "steps: [{ id: a, action: x.y }]\n";
  const auto plain = digest("name: test\nversion: 1\n" + steps);
  EXPECT_EQ(digest("version: 1\n" + steps + "name: test\ndescription: words\n"), plain);
  EXPECT_NE(digest("name: test\n" + steps), plain) << "what the file sets is what counts";
  EXPECT_NE(digest("name: test\nversion: 1\nsteps: [{ id: b, action: x.y }]\n"), plain);
  EXPECT_EQ(plain.size(), 64U);
}

TEST(Canonical, ReadsBackToTheSameDefinition) {
  for (const auto& definition : load_folder(kSagas)) {
    const auto again = load_canonical(definition->canonical);
    EXPECT_EQ(again->digest, definition->digest);
    EXPECT_EQ(again->canonical, definition->canonical);
    EXPECT_EQ(again->name, definition->name);
    EXPECT_EQ(again->steps.size(), definition->steps.size());
    EXPECT_EQ(again->description, "");
  }
}

TEST(Canonical, KeepsNumbersExactly) {
  const auto definition = load_yaml(
      test::with_input("{ a: 18446744073709551615, b: -9223372036854775808, c: 0.1, d: '1' }"),
      "test.yaml");
  const auto again = load_canonical(definition->canonical);
  EXPECT_EQ(std::get<json::value>(again->steps[1].action.input.root),
            std::get<json::value>(definition->steps[1].action.input.root));
  EXPECT_EQ(again->digest, definition->digest);
}

TEST(Canonical, IsRefusedIfItIsNoDefinition) {
  EXPECT_THROW(load_canonical("{"), DefinitionError);
  EXPECT_THROW(load_canonical("[]"), DefinitionError);
  EXPECT_THROW(load_canonical(R"({"name": "x"})"), DefinitionError);
}

class Folder : public testing::Test {
 protected:
  Folder() {
    std::string pattern = testing::TempDir() + "/sagad-definitions-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() override { std::filesystem::remove_all(path_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(path_ / name) << text;
  }
  std::string problems() {
    try {
      load_folder(path_);
    } catch (const DefinitionError& error) {
      return error.what();
    }
    return "";
  }

  std::filesystem::path path_;
};

TEST_F(Folder, ReportsTheProblemsOfAllFiles) {
  write("a.yaml", "name: A\nsteps: [{ id: a, action: x.y }]\n");
  write("b.yml", "name: b\n");
  write("c.txt", "not looked at");
  EXPECT_EQ(problems(),
            (path_ / "a.yaml").string() +
                ":1:7: name: must be a lower-case letter followed by lower-case letters, digits "
                "and hyphens, at most 100 in all, not 'A'\n" +
                (path_ / "b.yml").string() + ":1:1: the key 'steps' is missing");
}

TEST_F(Folder, RefusesTwoFilesOfOneNameAndVersion) {
  const std::string text = "name: same\nsteps: [{ id: a, action: x.y }]\n";
  write("a.yaml", text);
  write("b.yaml", text);
  write("c.yaml", "version: 2\n" + text);
  EXPECT_EQ(problems(), (path_ / "b.yaml").string() + ":1:1: same version 1 is already in " +
                            (path_ / "a.yaml").string() +
                            ": give one of them another name or version");
}

TEST_F(Folder, SaysWhatCannotBeRead) {
  EXPECT_EQ(test::problems_of(""), "test.yaml:1:1: the file is empty");
  try {
    load_file(path_ / "missing.yaml");
    FAIL();
  } catch (const DefinitionError& error) {
    EXPECT_EQ(error.what(), (path_ / "missing.yaml").string() +
                                ":0:0: cannot be read: No such file or directory");
  }
  EXPECT_THROW(load_folder(path_ / "missing"), DefinitionError);
}

TEST(Compensation, NoneSaysThatThereIsNothingToUndo) {
  const auto definition = load_yaml(
      "name: s\nsteps:\n  - { id: a, action: x.y, compensate: none }\n  - { id: b, action: x.y }\n",
      "s.yaml");
  EXPECT_TRUE(definition->steps[0].nothing_to_undo);
  EXPECT_FALSE(definition->steps[0].compensate);
  EXPECT_FALSE(definition->steps[1].nothing_to_undo);
  EXPECT_TRUE(load_canonical(definition->canonical)->steps[0].nothing_to_undo);
}

TEST(Mermaid, ShowsStepsUndoAndPivot) {
  const auto text = to_mermaid(*load_file(kSagas / "checkout.yaml"));
  EXPECT_THAT(text, testing::StartsWith("flowchart TD\n"));
  EXPECT_THAT(text, HasSubstr("  s1[\"pay<br/>pay.charge\"]\n"));
  EXPECT_THAT(text, HasSubstr("  s1 -. undo .-> u1\n"));
  EXPECT_THAT(text, HasSubstr("  s3{{\"confirm<br/>order.confirm<br/>pivot\"}}\n"));
  EXPECT_THAT(text, HasSubstr("  s0 --> s1\n"));
}

TEST(Mermaid, EscapesConditions) {
  const auto definition =
      load_yaml(test::with_condition(".input.a > 1 and .input.b == \"x\""), "test.yaml");
  EXPECT_THAT(to_mermaid(*definition),
              HasSubstr("when .input.a #gt; 1 and .input.b == #quot;x#quot;\"]"));
}

}  // namespace
}  // namespace sagad::definition
