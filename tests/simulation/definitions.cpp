#include "simulation/definitions.hpp"

#include <string>
#include <vector>

#include "base/random.hpp"
#include "definition/loader.hpp"

namespace sagad::simulation {
namespace {

/// Writes one definition. Steps need only steps before them.
class Writer {
 public:
  explicit Writer(std::uint64_t number)
      : random_(number * 7919 + 17),
        name_("d" + std::to_string(number)),
        has_children_(number >= kChildren && one_in(3)) {}

  std::string write();

 private:
  bool one_in(std::uint64_t n) { return random_.next() % n == 0; }
  std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
  static std::string id(std::size_t step) { return step_id(step); }

  void draw_graph(std::size_t count);
  void step(std::size_t index);
  void act(std::size_t index);
  void signal(std::size_t index);
  void sleep();
  void child(std::size_t index);
  void pause_or_pivot(std::size_t index);
  void retry(const char* indent, bool of_action);

  base::Random random_;
  const std::string name_;
  const bool has_children_;
  std::string text_;
  std::vector<std::vector<std::size_t>> needs_;
  std::vector<std::vector<bool>> ancestors_;
  enum class Output { kNone, kToken, kList };
  std::vector<Output> outputs_;  ///< by step
  std::size_t pivot_ = ~std::size_t{0};
};

void Writer::draw_graph(std::size_t count) {
  if (one_in(3)) pivot_ = below(count);
  const std::uint64_t density = 1 + below(3);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::size_t> needs;
    for (std::size_t need = 0; need < i; ++need) {
      const bool all = i == pivot_;  // every step is before or after the pivot
      if (all || (below(density + 1) == 0 && need + 3 >= i)) needs.push_back(need);
    }
    if (pivot_ < i && (needs.empty() || needs.back() < pivot_)) needs = {pivot_};
    needs_.push_back(needs);
    std::vector<bool> ancestors(count);
    for (const auto need : needs) {
      ancestors[need] = true;
      for (std::size_t j = 0; j < need; ++j) ancestors[j] = ancestors[j] || ancestors_[need][j];
    }
    ancestors_.push_back(std::move(ancestors));
  }
}

void Writer::retry(const char* indent, bool of_action) {
  text_ += std::string(indent) +
           "retry: { initial_interval: 200ms, max_interval: " + (one_in(4) ? "20s" : "2s");
  if (of_action) text_ += ", max_attempts: " + std::to_string(1 + below(5));
  if (!of_action && one_in(6)) text_ += ", max_attempts: " + std::to_string(2 + below(4));
  if (one_in(4)) text_ += ", non_retryable_errors: [fatal]";
  text_ += " }\n";
}

/// Waits for an event from outside; several steps may wait for the same.
void Writer::signal(std::size_t index) {
  text_ += "    signal: sig" + std::to_string(below(2)) +
           "\n    timeout: " + std::to_string(10 + below(60)) + "s\n";
  pause_or_pivot(index);
}

void Writer::pause_or_pivot(std::size_t index) {
  if (one_in(4)) text_ += "    on_exhausted: pause\n";
  if (index == pivot_) text_ += "    pivot: true\n";
}

void Writer::sleep() { text_ += "    sleep: " + std::to_string(1 + below(20)) + "s\n"; }

/// A child with a pivot makes its step one, so only a step that is one may have such.
void Writer::child(std::size_t index) {
  auto number = below(kChildren);
  while (index != pivot_ && definition_number(number)->pivot) number = below(kChildren);
  text_ += "    child: d" + std::to_string(number) +
           "@1\n    input: { n: \"${ .input.n }\", flags: \"${ .input.flags }\", "
           "lists: \"${ .input.lists }\" }\n";
  pause_or_pivot(index);
}

void Writer::step(std::size_t index) {
  text_ += "  - id: " + id(index) + "\n    needs: [";
  for (std::size_t i = 0; i < needs_[index].size(); ++i) {
    text_ += (i > 0 ? ", " : "") + id(needs_[index][i]);
  }
  text_ += "]\n";
  outputs_.push_back(Output::kNone);
  if (one_in(10)) return signal(index);
  if (index != pivot_ && one_in(12)) return sleep();
  if (has_children_ && one_in(3)) return child(index);
  act(index);
}

void Writer::act(std::size_t index) {
  const bool fans_out = index != pivot_ && one_in(6);
  outputs_.back() = fans_out ? Output::kList : Output::kToken;
  if (fans_out) {
    text_ += "    foreach: \"${ .input.lists." + id(index) +
             " }\"\n    max_parallel: " + std::to_string(1 + below(3)) + "\n";
  }
  const auto participant = "p" + std::to_string(below(kParticipants)) + ".";
  const auto kind = std::to_string(below(4));
  text_ += "    action: " + participant + "a" + kind +
           "\n    input:\n      n: \"${ .input.n }\"\n" + "      step: " + id(index) +
           (fans_out ? "\n      item: \"${ .item }\"" : "") +
           "\n      tokens:\n        none: null\n";
  for (std::size_t i = 0; i < index; ++i) {
    if (!ancestors_[index][i] || outputs_[i] == Output::kNone) continue;
    text_ += "        " + id(i) + ": \"${ .steps." + id(i) + ".output" +
             (outputs_[i] == Output::kToken ? ".token" : "") + " }\"\n";
  }
  retry("    ", true);
  text_ += "    timeout: " + std::to_string(2 + below(9)) + "s\n";
  if (one_in(5)) text_ += "    total_timeout: " + std::to_string(3 + below(60)) + "s\n";
  if (one_in(6)) text_ += "    on_exhausted: pause\n";
  if (index == pivot_) {
    text_ += "    pivot: true\n";
    return;
  }
  if (one_in(5)) text_ += "    when: \"${ .input.flags." + id(index) + " }\"\n";
  if (one_in(5)) return;  // nothing undoes it
  text_ += "    compensate:\n      action: " + participant + "c" + kind +
           "\n      input:\n        n: \"${ .input.n }\"\n        step: " + id(index) +
           "\n        token: \"${ .steps." + id(index) + ".output.token }\"\n";
  retry("      ", false);
  text_ += "      timeout: " + std::to_string(2 + below(9)) + "s\n";
}

std::string Writer::write() {
  const auto count = static_cast<std::size_t>(1 + below(one_in(4) ? kMostSteps : 4));
  draw_graph(count);
  text_ = "name: " + name_ + "\nversion: 1\n";
  if (one_in(3)) text_ += "deadline: " + std::to_string(5 + below(90)) + "s\n";
  text_ += "steps:\n";
  for (std::size_t i = 0; i < count; ++i) step(i);
  text_ += "output: { n: \"${ .input.n }\", last: \"${ .steps." + id(count - 1) + ".output }\" }\n";
  return text_;
}

}  // namespace

std::string step_id(std::uint64_t step) { return "s" + std::to_string(step); }

std::string definition_text(std::uint64_t number) { return Writer(number).write(); }

definition::DefinitionPtr definition_number(std::uint64_t number) {
  static thread_local std::vector<definition::DefinitionPtr> known(kDefinitions);
  auto& definition = known.at(number);
  if (definition == nullptr) {
    definition =
        definition::load_yaml(definition_text(number), "d" + std::to_string(number) + ".yaml");
  }
  return definition;
}

definition::DefinitionPtr definition_named(const std::string& name) {
  return definition_number(std::stoull(name.substr(1)));
}

std::vector<definition::DefinitionPtr> with_children(const definition::DefinitionPtr& definition) {
  std::vector<definition::DefinitionPtr> all{definition};
  for (const auto& step : definition->steps) {
    if (step.child) all.push_back(definition_named(step.child->definition));
  }
  return all;
}

}  // namespace sagad::simulation
