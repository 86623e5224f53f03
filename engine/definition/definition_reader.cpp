#include "definition/definition_reader.hpp"

#include <limits>
#include <utility>

#include "definition/expression_reader.hpp"
#include "definition/field_reader.hpp"
#include "definition/jq_program.hpp"
#include "definition/json_schema.hpp"
#include "definition/steps_reader.hpp"
#include "definition/text.hpp"

namespace sagad::definition {
namespace {

constexpr std::size_t kLongestName = 100;
constexpr std::size_t kLongestTagName = 64;
constexpr std::size_t kMostTags = 16;

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> kKeys = {"name",     "version",  "description",
                                                 "deadline", "defaults", "input_schema",
                                                 "steps",    "output",   "tags"};
  return kKeys;
}

void read_name(const FieldReader& fields, Definition& definition) {
  fields.require("name");
  const auto name = fields.string("name");
  if (!name) return;
  if (!is_name(*name, "-", kLongestName)) {
    fields.problem("name",
                   "must be a lower-case letter followed by lower-case letters, digits and "
                   "hyphens, at most " +
                       std::to_string(kLongestName) + " in all, not " + in_quotes(*name));
  }
  definition.name = *name;
}

void read_schema(const FieldReader& fields, Definition& definition, ProblemList& problems) {
  const auto* node = fields.find("input_schema");
  if (node == nullptr) return;
  try {
    definition.input_schema = compile_schema(to_json(*node));
  } catch (const SchemaError& error) {
    const auto pointer = error.pointer().empty() ? "" : "at " + error.pointer() + ": ";
    problems.add(find_pointer(*node, error.pointer()).position, "input_schema",
                 pointer + error.what());
  }
}

/// Compiles all expressions at once; only if that fails, each alone to find the wrong ones.
void compile_expressions(const ExpressionReader& expressions, ProblemList& problems) {
  const auto& branches = expressions.branches();
  std::vector<std::string> texts;
  for (const auto& branch : branches) texts.push_back(branch.text);
  if (texts.empty() || !find_compile_problem(texts)) return;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto problem = find_compile_problem({texts[i]});
    if (problem) problems.add(branches[i].position, expressions.branch_path(i), *problem);
  }
}

Readable everything(std::size_t steps) {
  Readable readable;
  readable.steps.assign(steps, true);
  return readable;
}

void read_tag(const SourceNode::Member& member, ExpressionReader& expressions,
              Definition& definition, ProblemList& problems) {
  const auto path = join_path("tags", member.key);
  if (!is_name(member.key, "_-", kLongestTagName)) {
    problems.add(member.key_position, path,
                 "a tag's name must be a lower-case letter followed by lower-case letters, digits, "
                 "hyphens and underscores, at most " +
                     std::to_string(kLongestTagName) + " in all");
  }
  if (member.value.kind != SourceNode::Kind::kScalar || member.value.scalar.is_null()) {
    problems.add(member.value.position, path,
                 "must be one expression, such as \"${ .input.customer }\", or a text, not " +
                     member.value.describe());
    return;
  }
  auto readable = everything(definition.steps.size());
  readable.at_start = true;
  definition.tags.push_back({member.key, expressions.read_template(member.value, path, readable)});
}

void read_tags(const SourceNode* node, ExpressionReader& expressions, Definition& definition,
               ProblemList& problems) {
  if (node == nullptr) return;
  if (node->kind != SourceNode::Kind::kObject) {
    problems.add(node->position, "tags",
                 "must be a mapping of names to expressions, not " + node->describe());
    return;
  }
  if (node->members.size() > kMostTags) {
    problems.add(node->position, "tags",
                 "must be at most " + std::to_string(kMostTags) + " tags, not " +
                     std::to_string(node->members.size()));
    return;
  }
  for (const auto& member : node->members) read_tag(member, expressions, definition, problems);
}

}  // namespace

Definition read_definition(const SourceNode& root, ProblemList& problems) {
  const FieldReader fields(root, "", problems, known_keys());
  Definition definition;
  read_name(fields, definition);
  if (const auto version = fields.integer("version", 1, std::numeric_limits<std::int32_t>::max())) {
    definition.version = *version;
  }
  definition.description = fields.string("description").value_or("");
  definition.deadline = fields.duration("deadline");
  read_schema(fields, definition, problems);
  const auto defaults = read_defaults(fields.find("defaults"), problems);
  fields.require("steps");
  const auto* steps = fields.find("steps");
  if (steps == nullptr) return definition;
  StepsReader reader(*steps, defaults, problems);
  definition.steps = reader.read();
  definition.pivot = reader.pivot();
  auto& expressions = reader.expressions();
  if (const auto* output = fields.find("output")) {
    definition.output =
        expressions.read_template(*output, "output", everything(definition.steps.size()));
  }
  read_tags(fields.find("tags"), expressions, definition, problems);
  compile_expressions(expressions, problems);
  definition.jq_branches = expressions.branches();
  return definition;
}

}  // namespace sagad::definition
