#include <string>
#include <string_view>

#include "definition/loader.hpp"

namespace sagad::definition {
namespace {

/// Inside a quoted label of Mermaid: no quotes, no line breaks, no markup of its own.
std::string label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "#quot;";
        break;
      case '#':
        out += "#35;";
        break;
      case '<':
        out += "#lt;";
        break;
      case '>':
        out += "#gt;";
        break;
      case '&':
        out += "#amp;";
        break;
      case '\n':
        out += ' ';
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// Step ids could be words of Mermaid (`end`), so nodes have names that cannot.
std::string node_of(const Step& step) { return "s" + std::to_string(step.index); }

std::string step_node(const Step& step) {
  std::string text = step.id + "<br/>" + label(step.describe());
  if (step.foreach) text += "<br/>foreach " + label(step.foreach->list.text);
  if (step.when) text += "<br/>when " + label(step.when->text);
  if (step.pivot) return node_of(step) + "{{\"" + text + "<br/>pivot\"}}";
  if (step.kind == StepKind::kChild) return node_of(step) + "[[\"" + text + "\"]]";
  return node_of(step) + "[\"" + text + "\"]";
}

}  // namespace

std::string to_mermaid(const Definition& definition) {
  std::string out = "flowchart TD\n";
  const auto line = [&out](const std::string& text) { out += "  " + text + "\n"; };
  line("start([\"" + label(definition.name) + " " + std::to_string(definition.version) + "\"])");
  for (const auto& step : definition.steps) {
    line(step_node(step));
    if (step.compensate && step.kind == StepKind::kAction) {
      line("u" + std::to_string(step.index) + "([\"" + label(step.compensate->full_name()) +
           "\"])");
    }
  }
  for (const auto& step : definition.steps) {
    if (step.needs.empty()) line("start --> " + node_of(step));
    for (const int needed : step.needs) {
      line(node_of(definition.steps[static_cast<std::size_t>(needed)]) + " --> " + node_of(step));
    }
    if (step.dependents.empty()) line(node_of(step) + " --> completed");
    if (step.compensate && step.kind == StepKind::kAction) {
      line(node_of(step) + " -. undo .-> u" + std::to_string(step.index));
    }
  }
  line("completed([\"completed\"])");
  return out;
}

}  // namespace sagad::definition
