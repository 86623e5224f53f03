#include "sagactl/scripted_answer.hpp"

#include <charconv>
#include <utility>

#include "definition/field_reader.hpp"
#include "definition/text.hpp"

namespace sagad::ctl {
namespace {

using definition::FieldReader;
using definition::ProblemList;
using definition::SourceNode;
using saga::Outcome;

constexpr int kMostTimes = 1'000'000;
constexpr const char* kForms =
    "must be an answer: done, { done: OUTPUT }, { failed: CODE }, { retry: CODE, times: N }, "
    "barred "
    "or lost";

/// An answer without anything to say: `done`, `barred`, `lost`.
std::optional<ScriptedAnswer> read_word(std::string_view word) {
  ScriptedAnswer answer;
  if (word == "done") return answer;
  if (word == "lost") {
    answer.lost = true;
    return answer;
  }
  if (word == "barred") {
    answer.outcome = Outcome::kBarred;
    return answer;
  }
  return std::nullopt;
}

/// Reads `key: CODE` with its message, if it is there.
bool read_error(const FieldReader& fields, const char* key, Outcome outcome,
                ScriptedAnswer& answer) {
  if (fields.find(key) == nullptr) return false;
  answer.outcome = outcome;
  answer.code = fields.string(key).value_or("");
  answer.message = fields.string("message").value_or("");
  return true;
}

ScriptedAnswer read_mapping(const FieldReader& fields, const SourceNode& node,
                            const std::string& path, ProblemList& problems) {
  ScriptedAnswer answer;
  int forms = 0;
  if (const auto* output = fields.find("done")) {
    answer.output = definition::to_json(*output);
    ++forms;
  }
  if (read_error(fields, "failed", Outcome::kFailed, answer)) ++forms;
  if (read_error(fields, "retry", Outcome::kRetry, answer)) ++forms;
  if (fields.find("barred") != nullptr) {
    answer.outcome = Outcome::kBarred;
    ++forms;
  }
  if (fields.find("lost") != nullptr) {
    answer.lost = true;
    ++forms;
  }
  if (forms != 1) problems.add(node.position, path, kForms);
  answer.after = fields.duration("after");
  answer.takes = fields.duration("takes").value_or(base::Duration{0});
  return answer;
}

/// One answer, or several in a row with `times`.
void read_answers(const SourceNode& node, const std::string& path, ProblemList& problems,
                  std::vector<ScriptedAnswer>& answers) {
  if (node.is_string()) {
    if (auto answer = read_word(node.text())) {
      answers.push_back(std::move(*answer));
      return;
    }
  }
  if (node.kind != SourceNode::Kind::kObject) {
    problems.add(node.position, path, std::string(kForms) + ", not " + node.describe());
    return;
  }
  const FieldReader fields(
      node, path, problems,
      {"done", "failed", "retry", "barred", "lost", "message", "after", "takes", "times"});
  const auto answer = read_mapping(fields, node, path, problems);
  const auto times = static_cast<std::size_t>(fields.integer("times", 1, kMostTimes).value_or(1));
  answers.insert(answers.end(), times, answer);
}

std::vector<ScriptedAnswer> read_list(const SourceNode& node, const std::string& path,
                                      ProblemList& problems) {
  std::vector<ScriptedAnswer> answers;
  if (node.kind != SourceNode::Kind::kArray) {
    read_answers(node, path, problems, answers);
    return answers;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    read_answers(node.items[i], path + "[" + std::to_string(i) + "]", problems, answers);
  }
  return answers;
}

StepScript read_execution(const FieldReader& fields, const definition::Step& step,
                          ProblemList& problems) {
  StepScript script;
  if (const auto* act = fields.find("do")) {
    script.act = read_list(*act, fields.path("do"), problems);
  }
  if (const auto* undo = fields.find("undo")) {
    script.undo = read_list(*undo, fields.path("undo"), problems);
    if (!step.compensate) fields.problem("undo", "the step has no compensation that could answer");
  }
  if (const auto* settle = fields.find("settle")) {
    auto answers = read_list(*settle, fields.path("settle"), problems);
    if (answers.size() == 1) script.settle = std::move(answers.front());
    if (answers.size() > 1)
      fields.problem("settle", "is one answer: what is found, once and for all");
  }
  return script;
}

std::optional<int> item_number(std::string_view text) {
  int number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || number < 0) return std::nullopt;
  return number;
}

}  // namespace

StepScript read_step_script(const SourceNode& node, const std::string& path,
                            const definition::Step& step, ProblemList& problems) {
  const FieldReader fields(node, path, problems, {"do", "undo", "settle", "items"});
  auto script = read_execution(fields, step, problems);
  const auto* items = fields.find("items");
  if (items == nullptr) return script;
  if (!step.foreach || items->kind != SourceNode::Kind::kObject) {
    fields.problem("items", step.foreach ? "must be a mapping of places, from 0, to their answers"
                                         : "the step has no 'foreach'");
    return script;
  }
  for (const auto& member : items->members) {
    const auto own = fields.path("items") + "." + member.key;
    const auto number = item_number(member.key);
    if (!number) {
      problems.add(member.key_position, own, "must be the place of an item, from 0");
      continue;
    }
    const FieldReader answers(member.value, own, problems, {"do", "undo", "settle"});
    script.items[*number] = read_execution(answers, step, problems);
  }
  return script;
}

}  // namespace sagad::ctl
