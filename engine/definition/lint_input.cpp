#include <algorithm>
#include <set>
#include <utility>

#include "definition/lint_rules.hpp"
#include "definition/suggestion.hpp"
#include "definition/text.hpp"

namespace sagad::definition {
namespace {

/// Calls `use` with every expression of a template.
template <typename Use>
void each_expression(const Template::Node& node, const Use& use) {
  if (const auto* expression = std::get_if<Expression>(&node)) {
    use(*expression);
  } else if (const auto* splice = std::get_if<Template::Splice>(&node)) {
    for (const auto& part : splice->parts) {
      if (const auto* inside = std::get_if<Expression>(&part)) use(*inside);
    }
  } else if (const auto* array = std::get_if<std::shared_ptr<const Template::Array>>(&node)) {
    for (const auto& item : (*array)->items) each_expression(item, use);
  } else if (const auto* object = std::get_if<std::shared_ptr<const Template::Object>>(&node)) {
    for (const auto& [key, value] : (*object)->members) each_expression(value, use);
  }
}

/// The names of `input_schema.properties`; empty if the schema says nothing of them in this way.
std::vector<std::string> property_names(const Definition& definition) {
  const auto document = json::parse(definition.canonical);
  const auto* schema = document.as_object().if_contains("input_schema");
  if (schema == nullptr || !schema->is_object()) return {};
  const auto& keywords = schema->get_object();
  for (const char* elsewhere : {"$ref", "allOf", "anyOf", "oneOf", "if", "dependencies"}) {
    if (keywords.contains(elsewhere)) return {};  // more names may be there
  }
  const auto* properties = keywords.if_contains("properties");
  if (properties == nullptr || !properties->is_object()) return {};
  std::vector<std::string> names;
  for (const auto& property : properties->get_object()) names.emplace_back(property.key());
  return names;
}

/// Tells of each place once: a compensation may have its input from the action.
class InputPaths {
 public:
  InputPaths(std::vector<std::string> names, WarningList& warnings)
      : names_(std::move(names)), warnings_(warnings) {}

  void check(const Expression& expression, const std::string& path) {
    const auto* plain = std::get_if<PlainPath>(&expression.code);
    if (plain == nullptr || plain->root != PlainPath::Root::kInput || plain->elements.empty()) {
      return;
    }
    const auto* name = std::get_if<std::string>(&plain->elements.front());
    if (name == nullptr || std::find(names_.begin(), names_.end(), *name) != names_.end()) return;
    if (!told_.emplace(expression.position.line, expression.position.column).second) return;
    warnings_.about(expression.position, "unknown-input", path,
                    "reads .input." + *name + ", which the input_schema does not have; " +
                        suggest(*name, names_));
  }
  void check(const Template& value, const std::string& path) {
    each_expression(value.root, [&](const Expression& expression) { check(expression, path); });
  }

 private:
  std::vector<std::string> names_;
  WarningList& warnings_;
  std::set<std::pair<int, int>> told_;
};

}  // namespace

void lint_input(const Definition& definition, WarningList& warnings) {
  auto names = property_names(definition);
  if (names.empty()) return;
  InputPaths paths(std::move(names), warnings);
  for (const auto& step : definition.steps) {
    const auto place = "steps[" + std::to_string(step.index) + "]";
    paths.check(step.action.input, place + ".input");
    if (step.child) paths.check(step.child->input, place + ".input");
    if (step.foreach) paths.check(step.foreach->list, place + ".foreach");
    if (step.when) paths.check(*step.when, place + ".when");
    if (step.compensate) paths.check(step.compensate->input, place + ".compensate.input");
  }
  paths.check(definition.output, "output");
  for (const auto& tag : definition.tags) paths.check(tag.value, "tags." + tag.name);
}

}  // namespace sagad::definition
