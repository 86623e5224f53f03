#include "definition/loader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>
#include <utility>

#include "base/json.hpp"
#include "base/sha256.hpp"
#include "definition/definition_reader.hpp"
#include "definition/source.hpp"

namespace sagad::definition {
namespace {

/// Throws DefinitionError if there is anything in the list.
void throw_problems(ProblemList& problems) {
  if (!problems.empty()) throw DefinitionError(problems.take());
}

DefinitionPtr finish(Definition definition, std::string canonical) {
  definition.digest = base::sha256_hex(canonical);
  definition.canonical = std::move(canonical);
  return std::make_shared<const Definition>(std::move(definition));
}

Definition read_checked(const SourceNode& root, ProblemList& problems) {
  auto definition = read_definition(root, problems);
  throw_problems(problems);
  return definition;
}

std::string canonical_text(const SourceNode& root) {
  auto value = to_json(root);
  value.get_object().erase("description");
  return base::canonical_json(value);
}

[[noreturn]] void refuse_file(const std::string& file, const std::string& message) {
  throw DefinitionError({{{file, 0, 0}, "", message}});
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text;
  if (stream) text.assign(std::istreambuf_iterator<char>(stream), {});
  if (!stream) refuse_file(path.string(), std::string("cannot be read: ") + std::strerror(errno));
  return text;
}

bool is_definition_file(const std::filesystem::directory_entry& entry) {
  const auto extension = entry.path().extension();
  return entry.is_regular_file() && (extension == ".yaml" || extension == ".yml");
}

std::vector<std::filesystem::path> definition_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  try {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (is_definition_file(entry)) files.push_back(entry.path());
    }
  } catch (const std::filesystem::filesystem_error& error) {
    refuse_file(folder.string(), "cannot be read: " + error.code().message());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

DefinitionPtr load_yaml(std::string_view text, const std::string& file) {
  ProblemList problems;
  const auto root = read_yaml(text, file, problems);
  throw_problems(problems);
  auto definition = read_checked(root, problems);
  return finish(std::move(definition), canonical_text(root));
}

DefinitionPtr load_file(const std::filesystem::path& path) {
  return load_yaml(read_text(path), path.string());
}

std::vector<DefinitionPtr> load_folder(const std::filesystem::path& folder) {
  std::vector<DefinitionPtr> definitions;
  std::vector<Problem> problems;
  std::map<std::pair<std::string, int>, std::string> files;
  for (const auto& path : definition_files(folder)) {
    try {
      auto definition = load_file(path);
      const auto [first, is_new] =
          files.emplace(std::pair(definition->name, definition->version), path.string());
      if (is_new) {
        definitions.push_back(std::move(definition));
        continue;
      }
      problems.push_back({{path.string(), 1, 1},
                          "",
                          definition->name + " version " + std::to_string(definition->version) +
                              " is already in " + first->second +
                              ": give one of them another name or version"});
    } catch (const DefinitionError& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  }
  if (!problems.empty()) throw DefinitionError(std::move(problems));
  return definitions;
}

DefinitionPtr load_canonical(std::string_view canonical_json) {
  const std::string file = "stored definition";
  json::value value;
  try {
    value = base::parse_document(canonical_json, {kMaxSourceBytes, kMaxSourceDepth});
  } catch (const base::DocumentError& error) {
    refuse_file(file, error.what());
  }
  ProblemList problems;
  const auto name = value.is_object() ? value.get_object().if_contains("name") : nullptr;
  const auto root =
      source_from_json(value, name != nullptr && name->is_string()
                                  ? file + " " + std::string(name->get_string().c_str())
                                  : file);
  // The text as it came, and not written anew: the digest must come out the same.
  return finish(read_checked(root, problems), std::string(canonical_json));
}

}  // namespace sagad::definition
