// sagas/saga.schema.json, which editors use, against everything that there is: what the loader
// takes it has to take, and what the loader refuses it has to refuse, unless it is listed here as
// beyond what a JSON Schema can say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "definition/json_schema.hpp"
#include "definition/loader.hpp"
#include "definition/source.hpp"

namespace sagad::definition {
namespace {

using testing::IsEmpty;

/// A schema knows neither the graph nor expressions nor other definitions.
const std::set<std::string> kBeyondTheSchema = {
    "circle",       "expression_forbidden", "expression_names", "expression_syntax",
    "input_schema", "pivot_beside",         "schema_pattern",   "two_pivots",
};

/// Is no document at all: an editor's reader of YAML says so, not the schema.
const std::set<std::string> kNotADocument = {
    "anchor_and_alias",
    "depth",
    "duplicate_key",
    "empty",
    "key_not_string",
    "merge_key",
    "not_yaml",
    "number_too_large",
    "tag",
    "two_documents",
    "unquoted_expression",
    "unquoted_expression_with_colon",
};

std::string read(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::filesystem::path> yaml_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  return files;
}

class PublishedSchema : public testing::TestWithParam<std::filesystem::path> {
 protected:
  /// What the schema says about a file; nothing if it is no document.
  std::optional<std::vector<std::string>> check(const std::filesystem::path& file) {
    ProblemList problems;
    const auto document = read_yaml(read(file), file.string(), problems);
    if (!problems.empty()) return std::nullopt;
    return schema_->check(to_json(document));
  }

  std::shared_ptr<const InputSchema> schema_ =
      compile_schema(json::parse(read(std::filesystem::path(SAGAD_SAGAS) / "saga.schema.json")));
};

class ShippedDefinition : public PublishedSchema {};

TEST_P(ShippedDefinition, IsTaken) {
  const auto errors = check(GetParam());
  ASSERT_TRUE(errors);
  EXPECT_THAT(*errors, IsEmpty());
}

class BrokenSample : public PublishedSchema {};

TEST_P(BrokenSample, IsRefusedOrListed) {
  const auto name = GetParam().stem().string();
  const auto errors = check(GetParam());
  EXPECT_EQ(!errors, kNotADocument.count(name) > 0)
      << (errors ? "it is a document: take it off kNotADocument" : "add it to kNotADocument");
  if (!errors) return;
  EXPECT_EQ(errors->empty(), kBeyondTheSchema.count(name) > 0)
      << (errors->empty() ? "the schema takes what the loader refuses: mend the schema, or add the "
                            "sample to kBeyondTheSchema"
                          : "the schema refuses it: take it off kBeyondTheSchema");
}

std::vector<std::filesystem::path> shipped() {
  auto files = yaml_files(SAGAD_SAGAS);
  for (const auto& file : yaml_files(SAGAD_TEMPLATE_SAGAS)) files.push_back(file);
  return files;
}

std::string name_of(const testing::TestParamInfo<std::filesystem::path>& parameter) {
  auto name = parameter.param.stem().string();
  for (auto& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Files, ShippedDefinition, testing::ValuesIn(shipped()), name_of);
INSTANTIATE_TEST_SUITE_P(Files, BrokenSample, testing::ValuesIn(yaml_files(SAGAD_TEST_DEFINITIONS)),
                         name_of);

TEST(BeyondTheSchema, ListsOnlySamplesThatThereAre) {
  std::set<std::string> names;
  for (const auto& file : yaml_files(SAGAD_TEST_DEFINITIONS)) names.insert(file.stem().string());
  for (const auto* list : {&kBeyondTheSchema, &kNotADocument}) {
    for (const auto& name : *list) EXPECT_EQ(names.count(name), 1U) << name;
  }
}

}  // namespace
}  // namespace sagad::definition
