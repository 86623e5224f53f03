#include "definition/expression_reader.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "definition/jq_analysis.hpp"
#include "definition/jq_tokens.hpp"
#include "definition/suggestion.hpp"
#include "definition/text.hpp"

namespace sagad::definition {

/// Where the value that is being read stands, and what it may name.
struct ExpressionReader::Place {
  Position position;
  std::string path;
  const Readable& readable;
  std::set<int>& steps;  ///< what it reads, found on the way
};

namespace {

std::vector<int> to_vector(const std::set<int>& steps) { return {steps.begin(), steps.end()}; }

bool is_constant(const Template::Node& node) { return std::holds_alternative<json::value>(node); }

Template::Node array_node(std::vector<Template::Node> items) {
  if (!std::all_of(items.begin(), items.end(), is_constant)) {
    return std::make_shared<const Template::Array>(Template::Array{std::move(items)});
  }
  json::array array;
  for (auto& item : items) array.push_back(std::get<json::value>(std::move(item)));
  return json::value(std::move(array));
}

Template::Node object_node(std::vector<std::pair<std::string, Template::Node>> members) {
  const bool constant = std::all_of(members.begin(), members.end(),
                                    [](const auto& member) { return is_constant(member.second); });
  if (!constant) {
    return std::make_shared<const Template::Object>(Template::Object{std::move(members)});
  }
  json::object object;
  for (auto& [key, value] : members) object[key] = std::get<json::value>(std::move(value));
  return json::value(std::move(object));
}

PlainPath::Root root_of(const std::string& name) {
  if (name == "steps") return PlainPath::Root::kStepOutput;
  if (name == "saga") return PlainPath::Root::kSaga;
  if (name == "item") return PlainPath::Root::kItem;
  if (name == "index") return PlainPath::Root::kIndex;
  return PlainPath::Root::kInput;
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

}  // namespace

Template ExpressionReader::read_template(const SourceNode& node, const std::string& path,
                                         const Readable& readable) {
  std::set<int> steps;
  Template result;
  result.position = node.position;
  result.root = read_node(node, {node.position, path, readable, steps});
  result.steps = to_vector(steps);
  return result;
}

std::optional<Expression> ExpressionReader::read_single(const SourceNode& node,
                                                        const std::string& path,
                                                        const Readable& readable,
                                                        const std::string& example) {
  std::set<int> steps;
  const auto problems_before = problems_.size();
  auto read =
      node.is_string() ? read_text(node, {node.position, path, readable, steps}) : Template::Node();
  if (auto* expression = std::get_if<Expression>(&read)) return std::move(*expression);
  if (problems_.size() > problems_before) return std::nullopt;
  problems_.add(node.position, path,
                "must be one expression, such as \"${ " + example + " }\", not " + node.describe());
  return std::nullopt;
}

Template::Node ExpressionReader::read_node(const SourceNode& node, const Place& place) {
  if (node.kind == SourceNode::Kind::kArray) {
    std::vector<Template::Node> items;
    for (const auto& item : node.items) {
      const auto path = place.path + "[" + std::to_string(items.size()) + "]";
      items.push_back(read_node(item, {item.position, path, place.readable, place.steps}));
    }
    return array_node(std::move(items));
  }
  if (node.kind == SourceNode::Kind::kObject) {
    std::vector<std::pair<std::string, Template::Node>> members;
    for (const auto& member : node.members) {
      const auto path = join_path(place.path, member.key);
      if (member.key.find("${") != std::string::npos) {
        problems_.add(member.key_position, path, "a key cannot have an expression in it");
      }
      members.emplace_back(member.key, read_node(member.value, {member.value.position, path,
                                                                place.readable, place.steps}));
    }
    return object_node(std::move(members));
  }
  return node.is_string() ? read_text(node, place) : Template::Node(node.scalar);
}

Template::Node ExpressionReader::read_text(const SourceNode& node, const Place& place) {
  auto parts = split(node.text(), place);
  if (parts.empty()) return json::value(json::string());
  if (parts.size() > 1) return Template::Splice{std::move(parts)};
  if (auto* text = std::get_if<std::string>(&parts.front())) {
    return json::value(json::string(text->data(), text->size()));
  }
  return std::get<Expression>(std::move(parts.front()));
}

/// Text and expressions in turn. After a problem, what could be read up to there.
ExpressionReader::Parts ExpressionReader::split(std::string_view text, const Place& place) {
  Parts parts;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) parts.emplace_back(std::exchange(literal, {}));
  };
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.substr(at, 3) == "$${") {
      literal += "${";
      at += 3;
    } else if (text.substr(at, 2) == "${") {
      try {
        const auto scan = scan_jq(text, at + 2);
        end_literal();
        parts.emplace_back(
            read_expression(trimmed(text.substr(at + 2, scan.end - at - 2)), scan.tokens, place));
        at = scan.end + 1;
      } catch (const ExpressionSyntaxError& error) {
        problems_.add(place.position, place.path, error.what());
        break;
      }
    } else {
      literal += text[at++];
    }
  }
  end_literal();
  return parts;
}

Expression ExpressionReader::read_expression(std::string text, const std::vector<JqToken>& tokens,
                                             const Place& place) {
  if (tokens.empty()) throw ExpressionSyntaxError("the expression is empty");
  const auto reads = analyse_jq(tokens);
  if ((reads.item || reads.index) && !place.readable.item) {
    throw ExpressionSyntaxError(
        "'.item' and '.index' are there only in the 'input' of a step with 'foreach' and in that "
        "of its compensation");
  }
  Expression expression{std::move(text), place.position, {}, {}};
  std::set<int> steps;
  for (const auto& [id, tree] : reads.steps) {
    const int index = step_index(id, place);
    if (index >= 0) steps.insert(index);
  }
  expression.steps = to_vector(steps);
  place.steps.insert(steps.begin(), steps.end());
  auto path = read_plain_path(tokens);
  if (!path) {
    expression.code = JqBranch{static_cast<int>(branches_.size())};
    branches_.push_back(expression);
    branch_paths_.push_back(place.path);
    return expression;
  }
  const auto root = std::get<std::string>(path->front());
  PlainPath plain{root_of(root), -1, {}};
  auto first = path->begin() + 1;
  if (plain.root == PlainPath::Root::kStepOutput) {
    plain.step = expression.steps.empty() ? -1 : expression.steps.front();
    first += 2;  // the id and `output`
  }
  plain.elements.assign(std::make_move_iterator(first), std::make_move_iterator(path->end()));
  expression.code = std::move(plain);
  return expression;
}

int ExpressionReader::step_index(const std::string& id, const Place& place) const {
  const auto found = std::find(step_ids_.begin(), step_ids_.end(), id);
  if (found == step_ids_.end()) {
    throw ExpressionSyntaxError("there is no step '" + id + "': " + suggest(id, step_ids_));
  }
  if (place.readable.at_start) {
    throw ExpressionSyntaxError(
        "a tag is evaluated when the saga starts, before any step has an output");
  }
  const auto index = static_cast<int>(found - step_ids_.begin());
  if (index == place.readable.self && !place.readable.steps[static_cast<std::size_t>(index)]) {
    throw ExpressionSyntaxError("a step cannot read its own output; its compensation can");
  }
  if (!place.readable.steps[static_cast<std::size_t>(index)]) {
    throw ExpressionSyntaxError("the step '" + id +
                                "' does not run before this one: add it to 'needs'");
  }
  return index;
}

}  // namespace sagad::definition
