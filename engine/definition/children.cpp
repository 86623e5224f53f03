#include "definition/children.hpp"

#include <map>
#include <set>
#include <utility>

#include "definition/suggestion.hpp"

namespace sagad::definition {
namespace {

using Key = std::pair<std::string, int>;

std::string name_of(const Key& key) { return key.first + "@" + std::to_string(key.second); }

Key key_of(const Definition& definition) { return {definition.name, definition.version}; }

Key key_of(const ChildSaga& child) { return {child.definition, child.version}; }

class Check {
 public:
  explicit Check(const std::vector<DefinitionPtr>& definitions) {
    for (const auto& definition : definitions) by_key_.emplace(key_of(*definition), definition);
  }

  std::vector<Problem> run() && {
    for (const auto& [key, definition] : by_key_) {
      for (const auto& step : definition->steps) {
        if (step.child) check_step(*definition, step);
      }
    }
    return std::move(problems_);
  }

 private:
  void check_step(const Definition& definition, const Step& step) {
    const auto child = by_key_.find(key_of(*step.child));
    if (child == by_key_.end()) {
      add(step, "there is no definition '" + name_of(key_of(*step.child)) + "' beside this one; " +
                    known_versions(step.child->definition));
      return;
    }
    std::vector<Key> way{key_of(definition)};
    std::set<Key> seen;
    if (reaches(*child->second, way, seen)) {
      std::string circle;
      for (const auto& key : way) circle += name_of(key) + " -> ";
      add(step, "a saga cannot be its own descendant: " + circle + name_of(way.front()));
    }
    if (child->second->pivot && !step.pivot) {
      add(step, "the child '" + name_of(key_of(*step.child)) +
                    "' has a pivot, after which it cannot be undone, and so neither can this step: "
                    "add 'pivot: true'");
    }
  }

  /// Whether the first of the way is a descendant of `from`; then the way leads there.
  bool reaches(const Definition& from, std::vector<Key>& way, std::set<Key>& seen) const {
    if (key_of(from) == way.front()) return true;
    if (!seen.insert(key_of(from)).second) return false;
    way.push_back(key_of(from));
    for (const auto& step : from.steps) {
      if (!step.child) continue;
      const auto child = by_key_.find(key_of(*step.child));
      if (child != by_key_.end() && reaches(*child->second, way, seen)) return true;
    }
    way.pop_back();
    return false;
  }

  std::string known_versions(const std::string& name) const {
    std::string versions;
    std::vector<std::string> names;
    for (const auto& [key, definition] : by_key_) {
      if (names.empty() || names.back() != key.first) names.push_back(key.first);
      if (key.first == name) versions += (versions.empty() ? "" : ", ") + name_of(key);
    }
    if (!versions.empty()) return "there is " + versions;
    return suggest(name, names);
  }

  void add(const Step& step, std::string message) {
    problems_.push_back(
        {step.position, "steps[" + std::to_string(step.index) + "].child", std::move(message)});
  }

  std::map<Key, DefinitionPtr> by_key_;
  std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> check_children(const std::vector<DefinitionPtr>& definitions) {
  return Check(definitions).run();
}

Operation child_operation(const ChildSaga& child) {
  Operation operation;
  operation.participant = kChildParticipant;
  operation.action = name_of(key_of(child));
  operation.input = child.input;
  operation.retry.max_attempts = 0;
  return operation;
}

}  // namespace sagad::definition
