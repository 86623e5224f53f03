#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "definition/definition.hpp"

namespace sagad::definition {

/// One thing that is wrong in a file: where, what, and what would be right.
struct Problem {
  Position position;
  std::string path;     ///< `steps[1].retry.max_attempts`
  std::string message;  ///< "must be a whole number of at least 1, not 'many'"

  /// `file:line:column: path: message`
  std::string str() const;
};

/// All that is wrong in a file; what() is one problem a line.
class DefinitionError : public std::runtime_error {
 public:
  explicit DefinitionError(std::vector<Problem> problems);
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::vector<Problem> problems_;
};

/// Parses and checks a definition; expressions are compiled once as a check. `file` is only for
/// messages. Reports every problem it can find in one go. Throws DefinitionError.
DefinitionPtr load_yaml(std::string_view text, const std::string& file);

/// Reads the file and calls load_yaml. A file that cannot be read is a DefinitionError at 0:0.
DefinitionPtr load_file(const std::filesystem::path& path);

/// Loads every *.yaml and *.yml of a folder, sorted by name. Two files that give the same name
/// and version are a DefinitionError. All problems of all files are in one error.
std::vector<DefinitionPtr> load_folder(const std::filesystem::path& folder);

/// Reads back what the database keeps (Definition::canonical), for an instance whose file is
/// gone. The digest comes out the same. Throws DefinitionError.
DefinitionPtr load_canonical(std::string_view canonical_json);

/// A Mermaid flowchart of the definition: steps, needs, conditions, compensations, pivot.
std::string to_mermaid(const Definition& definition);

}  // namespace sagad::definition
