#include <chrono>
#include <cstdio>
#include <thread>

#include "scenarios/participant_fixture.hpp"

// Figures, not checks: run with --gtest_also_run_disabled_tests.

namespace sagad::tests {
namespace {

TEST_F(ParticipantTest, DISABLED_CommandsPerSecondOfATrivialAction) {
  constexpr int kCommands = 20'000;
  actions_.add({.name = "act", .lock_key = "/n"},
               [](const saga::Command& command, Transaction& transaction) {
                 write_effect(command, transaction, "act");
                 return done();
               });
  for (int i = 0; i < kCommands / 1000; ++i) {
    std::vector<saga::Command> commands;
    for (int n = 0; n < 1000; ++n) {
      commands.push_back(command(saga::Kind::kDo, "act"));
      commands.back().input = {{"n", n}};
    }
    send(commands);
  }
  const auto begin = std::chrono::steady_clock::now();
  start();
  while (number("SELECT count(*) FROM effect") < kCommands) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%d workers: %.0f commands/s\n", options_.workers, kCommands / took.count());
  expect_clean();
  EXPECT_EQ(actions_.runs("act"), kCommands);
}

}  // namespace
}  // namespace sagad::tests
