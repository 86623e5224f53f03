#include "dev/spawn.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace sagad::dev {

namespace {

/// The steps of the child between fork and exec, for error messages.
enum class Stage : int { kOutput, kFolder, kUser, kParent, kExec };

struct Failure {
  Stage stage;
  int error;
};

const char* text_of(Stage stage) {
  switch (stage) {
    case Stage::kOutput:
      return "open its output file";
    case Stage::kFolder:
      return "enter its folder";
    case Stage::kUser:
      return "change to its user";
    case Stage::kParent:
      return "tie its life to ours";
    case Stage::kExec:
      return "execute it";
  }
  return "start it";
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (auto& string : strings) {
    pointers.push_back(string.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

/// All that the child needs, made before the fork: after it, another thread may
/// have held a lock of malloc, so the child only makes system calls.
struct Prepared {
  std::vector<std::string> argv_strings;
  std::vector<std::string> environment_strings;
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::string output;
  std::string folder;
  const Command* command = nullptr;
  pid_t parent = 0;
  int report = -1;  ///< Write end of the pipe on which a failure is told.
};

[[noreturn]] void give_up(const Prepared& prepared, Stage stage) {
  const Failure failure{stage, errno};
  [[maybe_unused]] const auto written = ::write(prepared.report, &failure, sizeof failure);
  ::_exit(127);
}

void reset_signals() {
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGCHLD, SIGUSR1, SIGUSR2}) {
    ::signal(number, SIG_DFL);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void redirect_streams(const Prepared& prepared) {
  const int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int output =
      ::open(prepared.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (input < 0 || output < 0 || ::dup2(input, STDIN_FILENO) < 0 ||
      ::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0) {
    give_up(prepared, Stage::kOutput);
  }
}

void drop_privileges(const Prepared& prepared) {
  if (!prepared.command->user) {
    return;
  }
  const auto& user = *prepared.command->user;
  if (::setgroups(1, &user.gid) != 0 || ::setgid(user.gid) != 0 || ::setuid(user.uid) != 0) {
    give_up(prepared, Stage::kUser);
  }
}

[[noreturn]] void become(const Prepared& prepared) {
  ::setsid();
  reset_signals();
  redirect_streams(prepared);
  drop_privileges(prepared);
  if (::chdir(prepared.folder.c_str()) != 0) {
    give_up(prepared, Stage::kFolder);
  }
  // After the change of user, which would clear it.
  if (::prctl(PR_SET_PDEATHSIG, prepared.command->death_signal) != 0) {
    give_up(prepared, Stage::kParent);
  }
  if (::getppid() != prepared.parent) {
    ::_exit(127);  // It died before the line above.
  }
  // Everything but the three streams closes when the program is executed.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(prepared.argv[0], prepared.argv.data(), prepared.environment.data());
  give_up(prepared, Stage::kExec);
}

Prepared prepare(const Command& command) {
  Prepared prepared;
  prepared.argv_strings = command.argv;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    prepared.environment_strings.emplace_back(*entry);
  }
  // In front, because the first of two of one name counts.
  prepared.environment_strings.insert(prepared.environment_strings.begin(),
                                      command.environment.begin(), command.environment.end());
  prepared.argv = pointers_to(prepared.argv_strings);
  prepared.environment = pointers_to(prepared.environment_strings);
  prepared.output = command.output.empty() ? "/dev/null" : command.output.string();
  prepared.folder = command.folder.empty() ? "/" : command.folder.string();
  prepared.command = &command;
  prepared.parent = ::getpid();
  return prepared;
}

}  // namespace

pid_t spawn(const Command& command) {
  Prepared prepared = prepare(command);
  std::array<int, 2> pipe_ends{};
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  prepared.report = pipe_ends[1];

  const pid_t pid = ::fork();
  if (pid == 0) {
    become(prepared);
  }
  const int fork_error = errno;
  ::close(pipe_ends[1]);
  Failure failure{};
  ssize_t told = 0;  // The end of the file means that the program was executed.
  do {
    told = pid < 0 ? 0 : ::read(pipe_ends[0], &failure, sizeof failure);
  } while (told < 0 && errno == EINTR);
  ::close(pipe_ends[0]);
  if (pid < 0) {
    throw std::system_error(fork_error, std::generic_category(), "fork");
  }
  if (told == static_cast<ssize_t>(sizeof failure)) {
    ::waitpid(pid, nullptr, 0);
    throw std::system_error(
        failure.error, std::generic_category(),
        "cannot start " + command.argv[0] + ": cannot " + text_of(failure.stage));
  }
  return pid;
}

}  // namespace sagad::dev
