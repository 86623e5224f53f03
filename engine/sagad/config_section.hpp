#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/address.hpp"
#include "base/time.hpp"
#include "definition/problem_list.hpp"
#include "definition/source.hpp"
#include "sagad/config_load.hpp"

namespace sagad::daemon {

namespace json = boost::json;

/// One mapping of a configuration file, read key by key. What is wrong goes into the list of
/// problems, and the value is then as if the key were not there.
class ConfigSection {
 public:
  /// `node` may be a null scalar (`engine:` with nothing below), which has no keys.
  ConfigSection(const definition::SourceNode& node, std::string path,
                definition::ProblemList& problems, const Environment& environment);

  /// Refuses keys that are not known.
  void allow_only(const std::vector<std::string>& known);

  bool has(const std::string& key) const { return node_.find(key) != nullptr; }
  std::optional<ConfigSection> section(const std::string& key);
  /// All members, for sections whose keys are names.
  std::vector<std::pair<std::string, ConfigSection>> sections();

  /// A string in which `${NAME}` stands for an environment variable.
  std::optional<std::string> text(const std::string& key);
  /// The same, one or a list of them.
  std::vector<std::string> texts(const std::string& key);
  std::optional<std::string> word(const std::string& key, const std::vector<std::string>& allowed);
  std::optional<int> number(const std::string& key, int least, int most);
  std::optional<bool> flag(const std::string& key);
  std::optional<base::Duration> duration(const std::string& key);
  std::optional<api::Address> address(const std::string& key);
  /// A mapping as it is, with environment variables put in.
  json::object object(const std::string& key);

  /// Adds a problem of a key, or of the section itself if the key is empty or not there.
  void problem(const std::string& key, std::string message);

 private:
  /// The string of a scalar with its environment variables; nothing, and a problem, if it is none.
  std::optional<std::string> expand(const definition::SourceNode& node, const std::string& path);
  std::optional<std::string> expand_text(std::string_view text, const std::string& path,
                                         const definition::Position& position);
  json::value expand_all(const definition::SourceNode& node, const std::string& path);

  const definition::SourceNode& node_;
  std::string path_;
  definition::ProblemList& problems_;
  const Environment& environment_;
};

}  // namespace sagad::daemon
