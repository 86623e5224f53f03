// Every file of tests/unit/definitions is broken; beside it is what must be said about it.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "definition/loader.hpp"

namespace sagad::definition {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> broken_files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(SAGAD_TEST_DEFINITIONS)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  return names;
}

class BrokenDefinition : public testing::TestWithParam<std::string> {};

TEST_P(BrokenDefinition, IsRefusedWithTheExactMessage) {
  const auto folder = std::filesystem::path(SAGAD_TEST_DEFINITIONS);
  const auto file = GetParam() + ".yaml";
  try {
    load_yaml(read(folder / file), file);
    FAIL() << "was accepted";
  } catch (const DefinitionError& error) {
    EXPECT_EQ(error.what() + std::string("\n"), read(folder / (GetParam() + ".expected")));
  }
}

INSTANTIATE_TEST_SUITE_P(Files, BrokenDefinition, testing::ValuesIn(broken_files()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace sagad::definition
