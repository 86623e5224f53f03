#include <gtest/gtest.h>

#include "definition/loader.hpp"
#include "postgres/stores.hpp"
#include "runtime/definition_follower.hpp"
#include "scenarios/engine_fixture.hpp"

namespace sagad::tests {
namespace {

using Kind = runtime::StartOutcome::Kind;
using State = ports::DefinitionState;

definition::DefinitionPtr version(int number) {
  return definition::load_yaml("name: order-pay\nversion: " + std::to_string(number) +
                                   "\nsteps:\n  - { id: create_order, action: order.create }\n",
                               "v.yaml");
}

class DefinitionStates : public EngineTest {
 protected:
  Kind submit(std::optional<int> version, const std::string& key = "") {
    auto start = request(key);
    start.version = version;
    last_ = starter().submit(start);
    return last_.kind;
  }
  int started_version() { return get(last_.id).version; }

  runtime::StartOutcome last_{Kind::kUnavailable, {}, {}};
};

TEST_F(DefinitionStates, StartsTakeTheHighestActiveVersion) {
  start({version(1), version(2), version(3)});
  ASSERT_EQ(submit({}), Kind::kStarted);
  EXPECT_EQ(started_version(), 3);
  EXPECT_EQ(definitions_->set_state({"order-pay", 3, State::kRetired, "ann", ""}), true);
  ASSERT_EQ(submit({}), Kind::kStarted);
  EXPECT_EQ(started_version(), 2);
  ASSERT_EQ(submit(1), Kind::kStarted);
  EXPECT_EQ(started_version(), 1);
  EXPECT_EQ(submit(3), Kind::kRetired);
  EXPECT_EQ(submit(4), Kind::kUnknownDefinition);
  definitions_->set_state({"order-pay", 1, State::kRetired, "", ""});
  definitions_->set_state({"order-pay", 2, State::kRetired, "", ""});
  EXPECT_EQ(submit({}), Kind::kRetired);
  definitions_->set_state({"order-pay", 1, State::kActive, "", ""});
  ASSERT_EQ(submit({}), Kind::kStarted);
  EXPECT_EQ(started_version(), 1);
}

TEST_F(DefinitionStates, AStartOverTheBusOfARetiredVersionIsADeadLetter) {
  start({version(1)});
  definitions_->set_state({"order-pay", 1, State::kRetired, "", ""});
  send_raw("start.order-pay", R"({"key":"k","input":{}})");
  EXPECT_TRUE(eventually([&] {
    return value("SELECT reason || ': ' || message FROM sagad.dead_letter") ==
           "retired_definition: the definition 'order-pay' is retired";
  }));
}

TEST_F(DefinitionStates, OtherDaemonsFollow) {
  start({version(1), version(2)});
  runtime::DefinitionFollower follower({base::Duration{20}}, *definitions_, log_);
  follower.start();
  runtime::Definitions other(postgres::make_definition_store(database_));
  other.set_state({"order-pay", 2, State::kRetired, "ann", ""});
  EXPECT_TRUE(eventually([&] { return definitions_->active("order-pay")->version == 1; }));
  other.add({version(5)}, false);
  EXPECT_TRUE(eventually([&] { return definitions_->active("order-pay")->version == 5; }));
  EXPECT_FALSE(definitions_->follow()) << "nothing new";
}

}  // namespace
}  // namespace sagad::tests
