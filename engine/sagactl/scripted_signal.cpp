#include "sagactl/scripted_signal.hpp"

#include <algorithm>

#include "definition/field_reader.hpp"
#include "definition/suggestion.hpp"
#include "definition/text.hpp"

namespace sagad::ctl {
namespace {

using definition::FieldReader;

std::vector<std::string> signal_names(const definition::Definition& definition) {
  std::vector<std::string> names;
  for (const auto& step : definition.steps) {
    if (step.signal) names.push_back(step.signal->name);
  }
  return names;
}

}  // namespace

std::vector<ScriptedSignal> read_signals(const definition::SourceNode& node,
                                         const definition::Definition& definition,
                                         definition::ProblemList& problems) {
  std::vector<ScriptedSignal> signals;
  if (node.kind != definition::SourceNode::Kind::kArray) {
    problems.add(node.position, "signals", "must be a list, not " + node.describe());
  }
  const auto names = signal_names(definition);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const FieldReader fields(node.items[i], "signals[" + std::to_string(i) + "]", problems,
                             {"at", "name", "payload"});
    fields.require("name");
    ScriptedSignal signal;
    signal.at = fields.duration("at").value_or(base::Duration{0});
    signal.name = fields.string("name").value_or("");
    if (!signal.name.empty() && std::find(names.begin(), names.end(), signal.name) == names.end()) {
      fields.problem("name",
                     "no step waits for the signal " + definition::in_quotes(signal.name) +
                         (names.empty() ? "" : ": " + definition::suggest(signal.name, names)));
    }
    if (const auto* payload = fields.find("payload")) {
      signal.payload = definition::to_json(*payload);
    }
    signals.push_back(std::move(signal));
  }
  return signals;
}

}  // namespace sagad::ctl
