#include "definition/steps_reader.hpp"

#include <algorithm>
#include <utility>

#include "definition/children.hpp"
#include "definition/step_kind.hpp"
#include "definition/suggestion.hpp"
#include "definition/text.hpp"

namespace sagad::definition {
namespace {

constexpr std::size_t kLongestId = 100;
constexpr std::size_t kMostSteps = 500;
constexpr std::string_view kNothingToUndo = "none";

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> kKeys = {
      "id",      "action",        "sleep",        "signal", "child", "input",
      "foreach", "max_parallel",  "compensate",   "needs",  "when",  "timeout",
      "retry",   "total_timeout", "on_exhausted", "pivot"};
  return kKeys;
}

}  // namespace

StepsReader::StepsReader(const SourceNode& node, const StepDefaults& defaults,
                         ProblemList& problems)
    : node_(node), defaults_(defaults), problems_(problems), expressions_(ids_, problems) {}

std::vector<Step> StepsReader::read() {
  if (node_.kind != SourceNode::Kind::kArray || node_.items.empty()) {
    problems_.add(
        node_.position, "steps",
        "must be a list of at least one step, not " +
            (node_.kind == SourceNode::Kind::kArray ? "an empty list" : node_.describe()));
    return {};
  }
  if (node_.items.size() > kMostSteps) {
    problems_.add(node_.position, "steps",
                  "must be at most " + std::to_string(kMostSteps) + " steps, not " +
                      std::to_string(node_.items.size()));
    return {};
  }
  read_ids();
  read_graph();
  std::vector<Step> steps;
  for (std::size_t i = 0; i < node_.items.size(); ++i) steps.push_back(read_step(i));
  for (auto& step : steps) {
    for (const int needed : step.needs) {
      steps[static_cast<std::size_t>(needed)].dependents.push_back(step.index);
    }
  }
  return steps;
}

std::optional<int> StepsReader::pivot() const {
  for (std::size_t i = 0; i < graph_.size(); ++i) {
    if (graph_[i].pivot) return static_cast<int>(i);
  }
  return std::nullopt;
}

void StepsReader::read_ids() {
  for (std::size_t i = 0; i < node_.items.size(); ++i) {
    fields_.emplace_back(node_.items[i], step_path(i), problems_, known_keys());
    const auto& fields = fields_.back();
    fields.require("id");
    auto id = fields.string("id").value_or("");
    if (!id.empty() && std::find(ids_.begin(), ids_.end(), id) != ids_.end()) {
      fields.problem("id", "another step is called " + in_quotes(id) + " already");
    }
    if (fields.find("id") != nullptr && fields.find("id")->is_string() &&
        !is_name(id, "_", kLongestId)) {
      fields.problem("id",
                     "must be a lower-case letter followed by lower-case letters, digits and "
                     "underscores, at most " +
                         std::to_string(kLongestId) + " in all, not " + in_quotes(id));
    }
    ids_.push_back(std::move(id));
  }
}

void StepsReader::read_graph() {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const auto& fields = fields_[i];
    const auto* needs = fields.find("needs");
    graph_.push_back({ids_[i], read_needs(fields, i), fields.boolean("pivot").value_or(false),
                      fields.position(), needs == nullptr ? fields.position() : needs->position});
  }
  ancestors_ = find_ancestors(graph_, problems_);
  check_pivot(graph_, ancestors_, problems_);
}

std::vector<int> StepsReader::read_needs(const FieldReader& fields, std::size_t index) {
  const auto* node = fields.find("needs");
  if (node == nullptr) {
    return index == 0 ? std::vector<int>{} : std::vector<int>{static_cast<int>(index) - 1};
  }
  const auto wanted = fields.strings("needs");
  std::vector<int> needs;
  for (std::size_t i = 0; wanted && i < wanted->size(); ++i) {
    const auto step = needed_step((*wanted)[i], node->items[i], index);
    if (!step) continue;
    if (std::find(needs.begin(), needs.end(), *step) != needs.end()) {
      problems_.add(node->items[i].position, fields.path("needs"),
                    in_quotes((*wanted)[i]) + " is here twice");
      continue;
    }
    needs.push_back(*step);
  }
  std::sort(needs.begin(), needs.end());
  return needs;
}

std::optional<int> StepsReader::needed_step(const std::string& id, const SourceNode& node,
                                            std::size_t index) {
  const auto path = join_path(step_path(index), "needs");
  const auto found = std::find(ids_.begin(), ids_.end(), id);
  if (found == ids_.end()) {
    problems_.add(node.position, path,
                  "there is no step " + in_quotes(id) + ": " + suggest(id, ids_));
    return std::nullopt;
  }
  const auto step = static_cast<std::size_t>(found - ids_.begin());
  if (step == index) {
    problems_.add(node.position, path, "a step cannot need itself");
    return std::nullopt;
  }
  return static_cast<int>(step);
}

Step StepsReader::read_step(std::size_t index) {
  const auto& fields = fields_[index];
  Step step;
  step.id = ids_[index];
  step.index = static_cast<int>(index);
  step.position = fields.position();
  step.needs = graph_[index].needs;
  step.pivot = graph_[index].pivot;
  Readable readable;
  readable.steps = ancestors_[index];
  readable.self = step.index;
  step.kind = read_kind(fields);
  if (const auto* when = fields.find("when")) {
    step.when =
        expressions_.read_single(*when, fields.path("when"), readable, ".input.amount > 100");
  }
  if (step.kind == StepKind::kAction) read_action(fields, readable, step);
  if (step.kind == StepKind::kSleep) step.sleep = fields.duration("sleep").value_or(step.sleep);
  if (step.kind == StepKind::kSignal) step.signal = read_signal(fields);
  if (step.kind == StepKind::kChild) {
    step.child = read_child(fields, readable, expressions_);
    step.action = child_operation(*step.child);
    step.compensate = step.action;
    step.compensate->input = Template{};  // the child knows what it did
  }
  read_exhaustion(fields, step);
  return step;
}

void StepsReader::read_action(const FieldReader& fields, Readable readable, Step& step) {
  if (const auto* action = fields.find("action")) {
    read_action_name(*action, fields.path("action"), step.action, problems_);
  }
  step.foreach = read_foreach(fields, readable, expressions_);
  readable.item = step.foreach.has_value();
  if (const auto* input = fields.find("input")) {
    step.action.input = expressions_.read_template(*input, fields.path("input"), readable);
  } else {
    step.action.input.root = json::value(json::object());
    step.action.input.position = fields.position();
  }
  read_retry_of(fields, step);
  const auto* compensate = fields.find("compensate");
  step.nothing_to_undo =
      compensate != nullptr && compensate->is_string() && compensate->text() == kNothingToUndo;
  if (compensate != nullptr && !step.nothing_to_undo) {
    readable.steps[static_cast<std::size_t>(step.index)] = true;
    step.compensate = read_compensation(*compensate, fields.path("compensate"), defaults_,
                                        step.action.input, readable, expressions_, problems_);
  }
}

void StepsReader::read_retry_of(const FieldReader& fields, Step& step) {
  step.action.timeout = fields.duration("timeout").value_or(defaults_.timeout);
  step.action.retry = defaults_.retry;
  if (const auto* retry = fields.find("retry")) {
    step.action.retry = read_retry(*retry, fields.path("retry"), defaults_.retry, false, problems_);
  }
}

void StepsReader::read_exhaustion(const FieldReader& fields, Step& step) {
  step.total_timeout = fields.duration("total_timeout");
  const auto exhausted = fields.string("on_exhausted");
  if (!exhausted || *exhausted == "compensate") return;
  if (*exhausted == "pause") {
    step.on_exhausted = OnExhausted::kPause;
  } else {
    fields.problem("on_exhausted", "must be 'compensate' or 'pause', not " + in_quotes(*exhausted));
  }
}

}  // namespace sagad::definition
