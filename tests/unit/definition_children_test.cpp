#include <gtest/gtest.h>

#include "definition/children.hpp"

// What definitions say about each other.

namespace sagad::definition {
namespace {

/// A definition with one child step (or none, if `child` is empty), in the file `<name>.yaml`.
DefinitionPtr definition(const std::string& name, const std::string& child,
                         const std::string& more = "") {
  std::string yaml = "name: " + name + "\nversion: 1\nsteps:\n";
  yaml += child.empty() ? "  - { id: act, action: order.create" + more + " }\n"
                        : "  - { id: sub, child: " + child + more + " }\n";
  return load_yaml(yaml, name + ".yaml");
}

std::vector<std::string> problems(const std::vector<DefinitionPtr>& definitions) {
  std::vector<std::string> texts;
  for (const auto& problem : check_children(definitions)) texts.push_back(problem.str());
  return texts;
}

using Texts = std::vector<std::string>;

TEST(DefinitionChildren, TheyAreCarriedOutByTheEngineAndCanBeUndone) {
  const auto parent = definition("parent", "leaf@1", ", input: { a: 1 }");
  const auto& step = parent->steps.at(0);
  EXPECT_EQ(step.kind, StepKind::kChild);
  EXPECT_EQ(step.action.participant, kChildParticipant);
  EXPECT_EQ(step.action.action, "leaf@1");
  ASSERT_TRUE(step.compensate);
  EXPECT_EQ(step.compensate->participant, kChildParticipant);
  EXPECT_TRUE(problems({parent, definition("leaf", "")}).empty());
}

TEST(DefinitionChildren, MissingOnesAreToldWithTheirPlace) {
  EXPECT_EQ(problems({definition("parent", "laef@1"), definition("leaf", "")}),
            (Texts{"parent.yaml:4:5: steps[0].child: there is no definition 'laef@1' beside this "
                   "one; did you mean 'leaf'?"}));
  EXPECT_EQ(problems({definition("parent", "leaf@2"), definition("leaf", "")}),
            (Texts{"parent.yaml:4:5: steps[0].child: there is no definition 'leaf@2' beside this "
                   "one; there is leaf@1"}));
}

TEST(DefinitionChildren, CirclesAreRefused) {
  const auto own = problems({definition("self", "self@1")});
  ASSERT_EQ(own.size(), 1U);
  EXPECT_NE(own[0].find("self@1 -> self@1"), std::string::npos) << own[0];
  const auto circle = problems({definition("a", "b@1"), definition("b", "c@1"),
                                definition("c", "a@1"), definition("d", "a@1")});
  ASSERT_EQ(circle.size(), 3U) << "d only leads into it";
  EXPECT_NE(circle[0].find("a@1 -> b@1 -> c@1 -> a@1"), std::string::npos) << circle[0];
}

TEST(DefinitionChildren, StepWhoseChildHasAPivotIsOne) {
  const auto child = definition("leaf", "", ", pivot: true");
  const auto refused = problems({definition("parent", "leaf@1"), child});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_NE(refused[0].find("'pivot: true'"), std::string::npos) << refused[0];
  EXPECT_TRUE(problems({definition("parent", "leaf@1", ", pivot: true"), child}).empty());
}

}  // namespace
}  // namespace sagad::definition
