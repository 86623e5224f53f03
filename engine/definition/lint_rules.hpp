#pragma once

// Private to the layer: the rules behind lint().

#include <string>
#include <vector>

#include "definition/lint.hpp"

namespace sagad::definition {

/// Collects warnings about one definition.
class WarningList {
 public:
  /// `definition` outlives it.
  explicit WarningList(const Definition& definition);

  void about_file(std::string rule, std::string path, std::string message);
  /// `key`: of the step; may be empty.
  void about_step(const Step& step, std::string rule, const std::string& key, std::string message);
  void about(const Position& position, std::string rule, std::string path, std::string message);
  /// In the order of the file.
  std::vector<Warning> take();

 private:
  const Definition& definition_;
  std::vector<Warning> warnings_;
};

/// What stays done when a later step fails; compensations that are never used.
void lint_compensation(const Definition& definition, WarningList& warnings);
/// Times that contradict each other; no deadline.
void lint_times(const Definition& definition, WarningList& warnings);
/// Conditions that are written out.
void lint_conditions(const Definition& definition, WarningList& warnings);
/// Paths into the input that the input_schema does not know.
void lint_input(const Definition& definition, WarningList& warnings);

}  // namespace sagad::definition
