#pragma once

#include <optional>
#include <string>
#include <vector>

#include "definition/definition.hpp"
#include "definition/expression_reader.hpp"
#include "definition/field_reader.hpp"
#include "definition/graph.hpp"
#include "definition/operation_reader.hpp"
#include "definition/source.hpp"

namespace sagad::definition {

/// Reads `steps`: first the ids and what needs what, then everything that may name a step.
class StepsReader {
 public:
  /// All three must outlive it.
  StepsReader(const SourceNode& node, const StepDefaults& defaults, ProblemList& problems);

  /// Call once.
  std::vector<Step> read();
  /// Index of the pivot.
  std::optional<int> pivot() const;
  /// Reads with these steps' ids, and has the expressions that were read so far.
  ExpressionReader& expressions() { return expressions_; }

 private:
  void read_ids();
  void read_graph();
  std::vector<int> read_needs(const FieldReader& fields, std::size_t index);
  std::optional<int> needed_step(const std::string& id, const SourceNode& node, std::size_t index);
  Step read_step(std::size_t index);
  void read_action(const FieldReader& fields, Readable readable, Step& step);
  void read_retry_of(const FieldReader& fields, Step& step);
  void read_exhaustion(const FieldReader& fields, Step& step);

  const SourceNode& node_;
  const StepDefaults& defaults_;
  ProblemList& problems_;
  std::vector<std::string> ids_;
  std::vector<FieldReader> fields_;
  std::vector<GraphNode> graph_;
  std::vector<std::vector<bool>> ancestors_;
  ExpressionReader expressions_;
};

}  // namespace sagad::definition
