#include "dev/child_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "dev/files.hpp"
#include "dev/network.hpp"

namespace sagad::dev {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

Command shell(const std::string& script) {
  Command command;
  command.argv = {"/bin/sh", "-c", script};
  return command;
}

bool exists(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string number;
  std::string name;
  std::string state;
  // A zombie that nobody has waited for yet has ended all the same.
  return stat >> number >> name >> state && state != "Z";
}

/// Waits until `file` holds a number, and returns it.
pid_t number_in(const std::filesystem::path& file) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    std::ifstream in(file);
    std::string line;
    if (std::getline(in, line) && !in.eof()) {
      return std::stoi(line);
    }
    std::this_thread::sleep_for(milliseconds(10));
  }
  throw std::runtime_error("nothing was written to " + file.string());
}

TEST(ChildProcess, TellsHowItEnded) {
  ChildProcess returns(shell("exit 3"));
  EXPECT_EQ(returns.wait_for(seconds(10))->text(), "exit code 3");

  ChildProcess sleeps(shell("sleep 60"));
  EXPECT_FALSE(sleeps.wait_for(milliseconds(1)));
  EXPECT_TRUE(sleeps.running());
  sleeps.signal(SIGTERM);
  EXPECT_EQ(sleeps.wait_for(seconds(10))->signal, SIGTERM);
  EXPECT_FALSE(sleeps.running());
  sleeps.signal(SIGTERM);  // Does nothing any more.
}

TEST(ChildProcess, StopKillsWhatDoesNotListen) {
  const TempDir folder;
  auto command = shell("trap '' TERM; echo $$; while :; do sleep 0.05; done");
  command.output = folder.path() / "output";
  ChildProcess stubborn(command);
  number_in(command.output);  // The trap is set.
  EXPECT_EQ(stubborn.stop(SIGTERM, milliseconds(100)).signal, SIGKILL);
}

TEST(ChildProcess, DiesWithTheObject) {
  pid_t pid = 0;
  {
    const ChildProcess child(shell("sleep 60"));
    pid = child.pid();
    EXPECT_TRUE(exists(pid));
  }
  EXPECT_FALSE(exists(pid));
}

TEST(ChildProcess, DiesWithOurProcessEvenIfThatIsKilled) {
  const TempDir folder;
  auto command = shell("echo $$; sleep 60");
  command.output = folder.path() / "pid";
  const pid_t parent = ::fork();
  if (parent == 0) {
    const ChildProcess child(command);
    ::pause();
  }
  const pid_t child = number_in(command.output);
  EXPECT_TRUE(exists(child));
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  for (int attempt = 0; attempt < 500 && exists(child); ++attempt) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_FALSE(exists(child));
}

TEST(ChildProcess, OutlivesTheThreadThatMadeIt) {
  std::unique_ptr<ChildProcess> child;
  std::thread([&] { child = std::make_unique<ChildProcess>(shell("sleep 60")); }).join();
  EXPECT_FALSE(child->wait_for(milliseconds(200)));
}

TEST(ChildProcess, SaysWhyAProgramCannotBeStarted) {
  Command missing;
  missing.argv = {"/nowhere/program"};
  try {
    const ChildProcess child(missing);
    FAIL() << "it started";
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot start /nowhere/program: cannot execute it"));
  }
}

TEST(ChildProcess, RunToEndQuotesTheOutputOfAFailure) {
  const TempDir folder;
  auto command = shell("echo the disk is full; exit 1");
  command.output = folder.path() / "output";
  try {
    run_to_end(command, seconds(10));
    FAIL() << "it did not fail";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("exit code 1"));
    EXPECT_THAT(error.what(), HasSubstr("the disk is full"));
  }
}

TEST(Network, AFreePortGreetsNobody) { EXPECT_EQ(greeting_of(free_port()), ""); }

TEST(TempDir, GoesWithItsContents) {
  std::filesystem::path path;
  {
    const TempDir folder;
    path = folder.path();
    write_file(path / "file", "text");
    EXPECT_TRUE(std::filesystem::exists(path / "file"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(FindProgram, NamesThePackageToInstall) {
  try {
    find_program("no-such-program", {"/nowhere"}, "some-package");
    FAIL() << "it was found";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere"));
    EXPECT_THAT(error.what(), HasSubstr("some-package"));
  }
}

}  // namespace
}  // namespace sagad::dev
