// What the simulation promises of itself: a seed replays exactly, and it finds
// what is planted.

#include <gtest/gtest.h>

#include <set>

#include "base/mutant.hpp"
#include "simulation/mutants.hpp"
#include "simulation/run.hpp"

namespace sagad::simulation {
namespace {

TEST(Simulation, ASeedReplaysExactly) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto first = run(seed, false);
    const auto second = run(seed, false);
    EXPECT_EQ(first.trace_hash, second.trace_hash);
    EXPECT_EQ(first.virtual_time, second.virtual_time);
    EXPECT_EQ(first.switches, second.switches);
    EXPECT_EQ(first.violations, second.violations);
  }
}

TEST(Simulation, AViolationReplaysExactly) {
  active_mutant = "barrier_off";
  std::uint64_t seed = 1;
  auto first = run(seed, false);
  while (first.violations.empty() && seed < 500) first = run(++seed, false);
  const auto second = run(seed, false);
  active_mutant = nullptr;
  ASSERT_FALSE(first.violations.empty());
  EXPECT_EQ(first.violations, second.violations);
  EXPECT_EQ(first.trace_hash, second.trace_hash);
}

TEST(Simulation, EverySeedIsAnotherRun) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) hashes.insert(run(seed, false).trace_hash);
  EXPECT_EQ(hashes.size(), 40U);
}

TEST(Simulation, MutantsHaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const auto& mutant : mutants()) names.insert(mutant.name);
  EXPECT_EQ(names.size(), mutants().size());
}

}  // namespace
}  // namespace sagad::simulation
