#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "definition/loader.hpp"

namespace sagad::definition::test {

/// All that load_yaml says about a text, or "" if it accepts it.
inline std::string problems_of(const std::string& text) {
  try {
    load_yaml(text, "test.yaml");
    return "";
  } catch (const DefinitionError& error) {
    return error.what();
  }
}

/// A definition of two steps, `first` and `second`, with `value` (a YAML flow value) as the input
/// of the second one.
inline std::string with_input(const std::string& value) {
  return "name: test\nsteps:\n  - id: first\n    action: a.b\n  - id: second\n    action: a.b\n"
         "    input: " +
         value + "\n";
}

/// The same with `expression` as the `when` of the second step.
inline std::string with_condition(const std::string& expression) {
  return with_input("{}") + "    when: '${ " + expression + " }'\n";
}

/// Evaluates expressions over one input and the output of `first`.
class Evaluation {
 public:
  explicit Evaluation(const std::string& input, const std::string& first_output = "null")
      : input_(parse(input)), first_(parse(first_output)) {}

  /// The input of the second step, with single quotes around one expression.
  json::value operator()(const std::string& expression) const {
    return value("'${ " + expression + " }'");
  }

  /// For any YAML flow value.
  json::value value(const std::string& yaml) const {
    const auto definition = load_yaml(with_input(yaml), "test.yaml");
    const auto evaluator = make_evaluator(definition);
    return evaluator->evaluate(definition->steps[1].action.input, scope(*definition));
  }

  bool condition(const std::string& expression) const {
    const auto definition = load_yaml(with_condition(expression), "test.yaml");
    const auto evaluator = make_evaluator(definition);
    return evaluator->evaluate_condition(*definition->steps[1].when, scope(*definition));
  }

  /// What the ExpressionError says, or "no error".
  std::string error(const std::string& expression) const {
    try {
      (*this)(expression);
    } catch (const ExpressionError& error) {
      return error.what();
    }
    return "no error";
  }

 private:
  static json::value parse(const std::string& text) {
    json::parse_options options;
    options.max_depth = base::DocumentLimits{}.max_depth;
    return json::parse(text, {}, options);
  }

  Scope scope(const Definition& definition) const {
    const auto id = base::SagaId::parse("01890a5d-ac96-774b-bcce-b302099a8057");
    return {
        input_,
        outputs_,
        {id, definition.name, definition.version, key_, base::from_micros(1'700'000'000'000'000)}};
  }

  json::value input_;
  json::value first_;
  std::string key_ = "key-1";
  std::vector<const json::value*> outputs_{&first_, nullptr};
};

}  // namespace sagad::definition::test
