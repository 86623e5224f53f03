// Bytes are a file: it is loaded, or refused with places and reasons. What loads, loads again from
// what the database keeps, under the same digest.

#include "definition/loader.hpp"
#include "fuzz/fuzz_target.hpp"

namespace sagad::fuzz {
namespace {

constexpr auto kFile = "fuzz.yaml";

void check_problems(const definition::DefinitionError& error) {
  require(!error.problems().empty(), "a refusal names its problems");
  for (const auto& problem : error.problems()) {
    require(problem.position.file == kFile, "a problem names its file", problem.str());
    require(problem.position.line >= 1 && problem.position.column >= 1,
            "a problem has line and column", problem.str());
    require(!problem.message.empty(), "a problem says what is wrong", problem.str());
  }
}

void check_loaded(const definition::Definition& loaded) {
  require(!loaded.name.empty() && !loaded.steps.empty(), "a definition has a name and steps");
  require(!definition::to_mermaid(loaded).empty(), "a definition can be drawn");
  const auto again = definition::load_canonical(loaded.canonical);
  require(again->digest == loaded.digest, "the digest comes out the same", loaded.canonical);
  require(again->canonical == loaded.canonical, "the canonical text comes out the same");
  require(again->steps.size() == loaded.steps.size(), "the steps come out the same");
  for (const auto& step : loaded.steps) {
    const auto& other = again->steps.at(static_cast<std::size_t>(step.index));
    require(other.id == step.id && other.needs == step.needs &&
                other.dependents == step.dependents && other.pivot == step.pivot,
            "a step comes out the same", step.id);
    for (const int need : step.needs) require(need != step.index, "no step needs itself", step.id);
  }
}

}  // namespace
}  // namespace sagad::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sagad;
  definition::DefinitionPtr loaded;
  try {
    loaded = definition::load_yaml(fuzz::text_of(data, size), fuzz::kFile);
  } catch (const definition::DefinitionError& error) {
    fuzz::check_problems(error);
    return 0;
  }
  fuzz::check_loaded(*loaded);
  return 0;
}
