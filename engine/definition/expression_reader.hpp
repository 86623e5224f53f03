#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "definition/definition.hpp"
#include "definition/problem_list.hpp"
#include "definition/source.hpp"

namespace sagad::definition {

struct JqToken;

/// What an expression may read beside the saga and its input.
struct Readable {
  std::vector<bool> steps;  ///< whose output; by index
  int self = -1;            ///< the step that the expression belongs to; -1 for the saga's output
  bool item = false;        ///< `.item` and `.index`: it stands in the input of a `foreach`
  bool at_start = false;    ///< evaluated before any step
};

/// Turns the strings and values of a definition into expressions and templates. Checks that they
/// name only what they may; what needs jq gets a branch number and is compiled later.
class ExpressionReader {
 public:
  ExpressionReader(const std::vector<std::string>& step_ids, ProblemList& problems)
      : step_ids_(step_ids), problems_(problems) {}

  Template read_template(const SourceNode& node, const std::string& path, const Readable& readable);

  /// For `when` and `foreach`: one expression and nothing beside it. `example` is one, for the
  /// message.
  std::optional<Expression> read_single(const SourceNode& node, const std::string& path,
                                        const Readable& readable, const std::string& example);

  /// Those that need jq, by their branch numbers.
  const std::vector<Expression>& branches() const { return branches_; }
  /// Where one of them stands: `steps[1].input.amount`.
  const std::string& branch_path(std::size_t number) const { return branch_paths_[number]; }

 private:
  using Parts = std::vector<std::variant<std::string, Expression>>;
  struct Place;

  Template::Node read_node(const SourceNode& node, const Place& place);
  Template::Node read_text(const SourceNode& node, const Place& place);
  Parts split(std::string_view text, const Place& place);
  Expression read_expression(std::string text, const std::vector<JqToken>& tokens,
                             const Place& place);
  int step_index(const std::string& id, const Place& place) const;

  const std::vector<std::string>& step_ids_;
  ProblemList& problems_;
  std::vector<Expression> branches_;
  std::vector<std::string> branch_paths_;
};

}  // namespace sagad::definition
