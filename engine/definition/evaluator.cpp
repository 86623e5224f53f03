#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "base/json.hpp"
#include "definition/definition.hpp"
#include "definition/jq_analysis.hpp"
#include "definition/jq_program.hpp"
#include "definition/jq_tokens.hpp"
#include "definition/plain_path.hpp"
#include "definition/text.hpp"

namespace sagad::definition {
namespace {

/// What a branch of the program gets to see.
struct BranchReads {
  std::optional<ReadTree> input;
  std::vector<std::pair<const Step*, ReadTree>> steps;
  bool saga = false;
  std::optional<ReadTree> item;
  bool index = false;
};

[[noreturn]] void fail(const Expression& expression, const std::string& why) {
  throw ExpressionError(expression.position.file + ":" + std::to_string(expression.position.line) +
                        ": ${ " + expression.text + " }: " + why);
}

/// Both a template and what it is filled with have a depth; together they must still be a
/// document.
bool is_deeper(const json::value& value, std::size_t levels) {
  const auto below = [&](const json::value& part) {
    return levels == 0 || is_deeper(part, levels - 1);
  };
  if (value.is_array()) {
    const auto& array = value.get_array();
    return std::any_of(array.begin(), array.end(), below);
  }
  if (!value.is_object()) return false;
  const auto& object = value.get_object();
  return std::any_of(object.begin(), object.end(),
                     [&](const auto& member) { return below(member.value()); });
}

/// jv has no members to convert, so that nothing can throw between here and its owner.
void set_member(JvValue& object, std::string_view key, jv value) {
  object.reset(jv_object_set(object.release(),
                             jv_string_sized(key.data(), static_cast<int>(key.size())), value));
}

class DefinitionEvaluator final : public Evaluator {
 public:
  explicit DefinitionEvaluator(DefinitionPtr definition) : definition_(std::move(definition)) {
    std::vector<std::string> texts;
    bool guards = false;
    for (const auto& branch : definition_->jq_branches) {
      texts.push_back(branch.text);
      auto reads = analyse(branch);
      guards = guards || reads.needs_guards;
      reads_.push_back(resolve(std::move(reads)));
    }
    if (texts.empty()) return;
    try {
      program_.emplace(texts, guards);
    } catch (const JqError& error) {
      throw ExpressionError(definition_->name + ": " + error.what());
    }
  }

  json::value evaluate(const Template& value, const Scope& scope) override {
    auto result = node(value.root, scope);
    if (is_deeper(result, base::DocumentLimits{}.max_depth)) {
      throw ExpressionError(value.position.file + ":" + std::to_string(value.position.line) +
                            ": the value is nested deeper than " +
                            std::to_string(base::DocumentLimits{}.max_depth) + " levels");
    }
    return result;
  }

  bool evaluate_condition(const Expression& condition, const Scope& scope) override {
    const auto value = expression(condition, scope);
    if (!value.is_bool()) {
      fail(condition, "a condition must be true or false, not " + json_text(value));
    }
    return value.get_bool();
  }

  json::array evaluate_list(const Expression& list, const Scope& scope) override {
    auto value = expression(list, scope);
    if (!value.is_array()) fail(list, "'foreach' needs a list, not " + json_text(value));
    return std::move(value.get_array());
  }

 private:
  static JqReads analyse(const Expression& branch) {
    try {
      return analyse_jq(scan_jq(branch.text + "}", 0).tokens);
    } catch (const ExpressionSyntaxError& error) {
      fail(branch, error.what());
    }
  }

  BranchReads resolve(JqReads reads) const {
    BranchReads resolved{
        std::move(reads.input), {}, reads.saga, std::move(reads.item), reads.index};
    for (auto& [id, tree] : reads.steps) {
      resolved.steps.emplace_back(definition_->find_step(id), std::move(tree));
    }
    return resolved;
  }

  json::value node(const Template::Node& node, const Scope& scope) {
    return std::visit([&](const auto& part) { return value_of(part, scope); }, node);
  }

  json::value value_of(const json::value& constant, const Scope&) { return constant; }
  json::value value_of(const Expression& code, const Scope& scope) {
    return expression(code, scope);
  }
  json::value value_of(const Template::Splice& splice, const Scope& scope) {
    std::string text;
    for (const auto& part : splice.parts) {
      if (const auto* literal = std::get_if<std::string>(&part)) {
        text += *literal;
        continue;
      }
      const auto value = expression(std::get<Expression>(part), scope);
      const auto* inner = value.if_string();
      text += inner != nullptr ? std::string(inner->data(), inner->size()) : json_text(value);
    }
    return json::value(json::string(text.data(), text.size()));
  }
  json::value value_of(const std::shared_ptr<const Template::Array>& array, const Scope& scope) {
    json::array result;
    result.reserve(array->items.size());
    for (const auto& item : array->items) result.push_back(node(item, scope));
    return result;
  }
  json::value value_of(const std::shared_ptr<const Template::Object>& object, const Scope& scope) {
    json::object result;
    result.reserve(object->members.size());
    for (const auto& [key, member] : object->members) result[key] = node(member, scope);
    return result;
  }

  json::value expression(const Expression& expression, const Scope& scope) {
    try {
      if (const auto* path = std::get_if<PlainPath>(&expression.code)) {
        return evaluate_path(*path, scope);
      }
      const int number = std::get<JqBranch>(expression.code).number;
      return program_->run(number, jq_scope(reads_[static_cast<std::size_t>(number)], scope));
    } catch (const PathError& error) {
      fail(expression, error.what());
    } catch (const JqError& error) {
      fail(expression, error.what());
    } catch (const InexactNumberError& error) {
      fail(expression, error.what());
    }
  }

  static jv jq_scope(const BranchReads& reads, const Scope& scope) {
    static const ReadTree kAll{true, {}};
    JvValue result(jv_object());
    if (reads.input) set_member(result, "input", to_jv(scope.input, *reads.input));
    if (reads.saga) set_member(result, "saga", to_jv(saga_document(scope.saga), kAll));
    if (reads.item) set_member(result, "item", to_jv(item_of(scope), *reads.item));
    if (reads.index) set_member(result, "index", jv_number(static_cast<double>(scope.index)));
    if (reads.steps.empty()) return result.release();
    JvValue steps(jv_object());
    for (const auto& [step, tree] : reads.steps) {
      JvValue output(jv_object());
      set_member(output, "output", to_jv(output_of(scope, step->index), tree));
      set_member(steps, step->id, output.release());
    }
    set_member(result, "steps", steps.release());
    return result.release();
  }

  DefinitionPtr definition_;
  std::vector<BranchReads> reads_;
  std::optional<JqProgram> program_;
};

}  // namespace

std::unique_ptr<Evaluator> make_evaluator(DefinitionPtr definition) {
  return std::make_unique<DefinitionEvaluator>(std::move(definition));
}

}  // namespace sagad::definition
