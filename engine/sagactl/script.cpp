#include "sagactl/script.hpp"

#include <utility>

#include "definition/field_reader.hpp"
#include "definition/suggestion.hpp"
#include "definition/text.hpp"
#include "sagactl/scripted_answer.hpp"
#include "sagactl/scripted_signal.hpp"

namespace sagad::ctl {
namespace {

using definition::FieldReader;
using definition::ProblemList;
using definition::SourceNode;

void read_steps(const SourceNode& node, const definition::Definition& definition,
                ProblemList& problems, Script& script) {
  if (node.kind != SourceNode::Kind::kObject) {
    problems.add(node.position, "steps", "must be a mapping, not " + node.describe());
    return;
  }
  std::vector<std::string> ids;
  for (const auto& step : definition.steps) ids.push_back(step.id);
  for (const auto& member : node.members) {
    const auto* step = definition.find_step(member.key);
    const auto path = "steps." + member.key;
    if (step == nullptr) {
      problems.add(member.key_position, "steps",
                   "the definition has no step " + definition::in_quotes(member.key) + ": " +
                       definition::suggest(member.key, ids));
      continue;
    }
    script.steps[member.key] = read_step_script(member.value, path, *step, problems);
  }
}

std::optional<ExpectedCommand> read_command(const SourceNode& node, const std::string& path,
                                            ProblemList& problems) {
  if (node.is_string()) return ExpectedCommand{std::string(node.text()), std::nullopt};
  const FieldReader fields(node, path, problems, {"do", "undo", "settle", "input"});
  for (const char* kind : {"do", "undo", "settle"}) {
    const auto step = fields.string(kind);
    if (!step) continue;
    ExpectedCommand command{std::string(kind) + " " + *step, std::nullopt};
    if (const auto* input = fields.find("input")) command.input = definition::to_json(*input);
    return command;
  }
  problems.add(node.position, path, "must be a command, such as do pay, or { do: pay, input: … }");
  return std::nullopt;
}

std::vector<ExpectedCommand> read_commands(const SourceNode& node, ProblemList& problems) {
  std::vector<ExpectedCommand> commands;
  if (node.kind != SourceNode::Kind::kArray) {
    problems.add(node.position, "expect.commands", "must be a list, not " + node.describe());
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const auto path = "expect.commands[" + std::to_string(i) + "]";
    if (auto command = read_command(node.items[i], path, problems)) {
      commands.push_back(std::move(*command));
    }
  }
  return commands;
}

Expectations read_expectations(const SourceNode& node, ProblemList& problems) {
  const FieldReader fields(node, "expect", problems,
                           {"status", "reason", "error", "output", "path", "commands"});
  Expectations expect;
  if (const auto status = fields.string("status")) {
    try {
      expect.status = saga::parse_saga_status(*status);
    } catch (const std::invalid_argument& error) {
      fields.problem("status", error.what());
    }
  }
  expect.reason = fields.string("reason");
  expect.error = fields.string("error");
  if (const auto* output = fields.find("output")) expect.output = definition::to_json(*output);
  expect.path = fields.strings("path");
  if (const auto* commands = fields.find("commands")) {
    expect.commands = read_commands(*commands, problems);
  }
  return expect;
}

void check_input(const SourceNode& root, const definition::Definition& definition,
                 const Script& script, ProblemList& problems) {
  if (definition.input_schema == nullptr) return;
  const auto* node = root.find("input");
  for (const auto& error : definition.input_schema->check(script.input)) {
    problems.add(node == nullptr ? root.position : node->position, "input",
                 "does not fit the input_schema: " + error);
  }
}

void throw_problems(ProblemList& problems) {
  if (!problems.empty()) throw definition::DefinitionError(problems.take());
}

}  // namespace

Script read_script(std::string_view text, const std::string& file,
                   const definition::Definition& definition) {
  ProblemList problems;
  const auto root = definition::read_yaml(text, file, problems);
  throw_problems(problems);
  const FieldReader fields(root, "", problems,
                           {"description", "input", "key", "steps", "signals", "expect"});
  Script script;
  script.file = file;
  if (const auto* input = fields.find("input")) script.input = definition::to_json(*input);
  script.key = fields.string("key").value_or("");
  check_input(root, definition, script, problems);
  if (const auto* steps = fields.find("steps")) read_steps(*steps, definition, problems, script);
  if (const auto* signals = fields.find("signals")) {
    script.signals = read_signals(*signals, definition, problems);
  }
  if (const auto* expect = fields.find("expect")) {
    script.expect = read_expectations(*expect, problems);
  }
  throw_problems(problems);
  return script;
}

}  // namespace sagad::ctl
