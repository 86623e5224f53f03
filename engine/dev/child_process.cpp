#include "dev/child_process.hpp"

#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <future>
#include <stdexcept>
#include <utility>

namespace sagad::dev {

std::string ExitStatus::text() const {
  if (signal == 0) {
    return "exit code " + std::to_string(code);
  }
  return "signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

ChildProcess::ChildProcess(Command command) {
  std::promise<pid_t> started;
  auto start = started.get_future();
  keeper_ = std::thread([this, &started, command = std::move(command)] {
    try {
      pid_ = spawn(command);
    } catch (...) {
      started.set_exception(std::current_exception());
      return;
    }
    started.set_value(pid_);
    wait_for_end();
  });
  try {
    start.get();
  } catch (...) {
    keeper_.join();
    throw;
  }
}

ChildProcess::~ChildProcess() {
  signal(SIGKILL);
  keeper_.join();
}

void ChildProcess::wait_for_end() {
  siginfo_t info{};
  // Leaves the zombie, so that signal() can never hit a recycled process id.
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
  const std::lock_guard lock(mutex_);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  exit_ =
      WIFSIGNALED(status) ? ExitStatus{0, WTERMSIG(status)} : ExitStatus{WEXITSTATUS(status), 0};
  ended_.notify_all();
}

bool ChildProcess::running() const {
  const std::lock_guard lock(mutex_);
  return !exit_;
}

std::optional<ExitStatus> ChildProcess::wait_for(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  ended_.wait_for(lock, timeout, [this] { return exit_.has_value(); });
  return exit_;
}

void ChildProcess::signal(int number) {
  const std::lock_guard lock(mutex_);
  if (!exit_) {
    ::kill(pid_, number);
  }
}

ExitStatus ChildProcess::stop(int number, std::chrono::milliseconds patience) {
  signal(number);
  auto exit = wait_for(patience);
  while (!exit) {
    signal(SIGKILL);
    exit = wait_for(std::chrono::seconds(1));
  }
  return *exit;
}

void run_to_end(const Command& command, std::chrono::milliseconds timeout) {
  ChildProcess child(command);
  const auto exit = child.wait_for(timeout);
  if (exit && exit->ok()) {
    return;
  }
  throw std::runtime_error(command.argv[0] +
                           " failed: " + (exit ? exit->text() : std::string("it took too long")) +
                           "\n" + tail_of(command.output));
}

}  // namespace sagad::dev
