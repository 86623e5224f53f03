#include "sagad/signals.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>

namespace sagad::daemon {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  if (const int error = pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0) {
    throw std::system_error(error, std::generic_category(), "pthread_sigmask");
  }
  // A client that goes away is an error of write(), not the end of the process.
  ::signal(SIGPIPE, SIG_IGN);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals_ < 0) fail("signalfd");
  wake_ups_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ups_ < 0) fail("eventfd");
}

Signals::~Signals() {
  ::close(signals_);
  ::close(wake_ups_);
}

Signals::Event Signals::wait(std::optional<base::Duration> timeout) {
  using std::chrono::steady_clock;
  const auto until = steady_clock::now() + timeout.value_or(base::Duration{0});
  for (;;) {
    int patience = -1;
    if (timeout) {
      const auto left = std::chrono::duration_cast<base::Duration>(until - steady_clock::now());
      patience = static_cast<int>(std::max<base::Duration::rep>(0, left.count()));
    }
    std::array<pollfd, 2> files{{{signals_, POLLIN, 0}, {wake_ups_, POLLIN, 0}}};
    const int ready = ::poll(files.data(), files.size(), patience);
    if (ready < 0 && errno != EINTR) fail("poll");
    signalfd_siginfo info{};
    if (ready > 0 && ::read(signals_, &info, sizeof(info)) == sizeof(info)) {
      return info.ssi_signo == SIGHUP ? Event::kReload : Event::kStop;
    }
    eventfd_t count = 0;
    if (ready > 0 && ::eventfd_read(wake_ups_, &count) == 0) return Event::kWakeUp;
    if (ready == 0) return Event::kTimeout;
  }
}

void Signals::wake_up() { ::eventfd_write(wake_ups_, 1); }

}  // namespace sagad::daemon
