#include "sagactl/offline.hpp"

#include <boost/json.hpp>
#include <map>

#include "definition/lint.hpp"
#include "definition/loader.hpp"

namespace sagad::ctl {
namespace {

namespace json = boost::json;

json::object problem_view(const definition::Problem& problem) {
  return {{"file", problem.position.file},
          {"line", problem.position.line},
          {"column", problem.position.column},
          {"path", problem.path},
          {"message", problem.message}};
}

/// What is known of one file.
struct Checked {
  std::string file;
  definition::DefinitionPtr definition;  ///< nullptr if it has problems
  std::vector<definition::Problem> problems;
  std::vector<definition::Warning> warnings;
};

Checked check(const std::string& file) {
  try {
    auto definition = definition::load_file(file);
    auto warnings = definition::lint(*definition);
    return {file, std::move(definition), {}, std::move(warnings)};
  } catch (const definition::DefinitionError& error) {
    return {file, nullptr, error.problems(), {}};
  }
}

/// Two files of one name and version cannot be loaded together.
void check_names(std::vector<Checked>& all) {
  std::map<std::pair<std::string, int>, std::string> seen;
  for (auto& one : all) {
    if (!one.definition) continue;
    const auto& definition = *one.definition;
    const auto [first, is_new] = seen.try_emplace({definition.name, definition.version}, one.file);
    if (is_new) continue;
    one.problems.push_back({{one.file, 1, 1},
                            "",
                            "'" + definition.name + "' in version " +
                                std::to_string(definition.version) + " is already in " +
                                first->second});
    one.definition = nullptr;
  }
}

void print_text(const std::vector<Checked>& all, std::ostream& out, std::ostream& err) {
  for (const auto& one : all) {
    for (const auto& problem : one.problems) err << problem.str() << '\n';
    for (const auto& warning : one.warnings) err << warning.str() << '\n';
    if (!one.definition) continue;
    const auto& definition = *one.definition;
    out << one.file << ": ok: " << definition.name << " v" << definition.version << ", "
        << definition.steps.size() << (definition.steps.size() == 1 ? " step" : " steps")
        << ", digest " << definition.digest.substr(0, 12) << '\n';
  }
}

void print_json(const std::vector<Checked>& all, std::ostream& out) {
  json::array files;
  for (const auto& one : all) {
    json::array problems;
    for (const auto& problem : one.problems) problems.push_back(problem_view(problem));
    json::object file{{"file", one.file}, {"ok", one.definition != nullptr}};
    if (one.definition) {
      file["name"] = one.definition->name;
      file["version"] = one.definition->version;
      file["digest"] = one.definition->digest;
    }
    file["problems"] = std::move(problems);
    json::array warnings;
    for (const auto& warning : one.warnings) {
      auto view = problem_view(warning.problem);
      view["rule"] = warning.rule;
      warnings.push_back(std::move(view));
    }
    file["warnings"] = std::move(warnings);
    files.push_back(std::move(file));
  }
  out << json::serialize(json::object{{"files", std::move(files)}}) << '\n';
}

}  // namespace

ExitCode validate(const ValidateCommand& command, bool as_json, std::ostream& out,
                  std::ostream& err) {
  std::vector<Checked> all;
  for (const auto& file : command.files) all.push_back(check(file));
  check_names(all);
  if (as_json) {
    print_json(all, out);
  } else {
    print_text(all, out, err);
  }
  auto code = ExitCode::kOk;
  for (const auto& one : all) {
    if (!one.definition) return ExitCode::kError;
    if (command.strict && !one.warnings.empty()) code = ExitCode::kWarnings;
  }
  return code;
}

ExitCode graph(const GraphCommand& command, std::ostream& out, std::ostream& err) {
  try {
    auto text = definition::to_mermaid(*definition::load_file(command.file));
    out << text << (text.empty() || text.back() == '\n' ? "" : "\n");
    return ExitCode::kOk;
  } catch (const definition::DefinitionError& error) {
    err << error.what() << '\n';
    return ExitCode::kError;
  }
}

}  // namespace sagad::ctl
