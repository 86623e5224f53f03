#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What threads become in the simulation. All of it belongs to the scheduler
// that runs on the calling thread of the machine; see scheduler.hpp.

namespace sagad::simulation {

/// Virtual time since the begin of the run, in microseconds.
using Micros = std::int64_t;

class Task;
using TaskPtr = std::shared_ptr<Task>;

/// Thrown where a task of a killed process waits or touches the outside: its
/// stack is unwound, and its memory is gone. Not a std::exception, so that no
/// handler takes it for a failure.
struct Killed {};

Micros uptime();
/// When a wait of `duration` that begins now ends: a little later than it
/// should, as threads do.
Micros wake_time(std::chrono::nanoseconds duration);
void sleep_until(Micros time);
/// Of the process of the calling task.
TaskPtr spawn(std::function<void()> body);
void join(Task& task);
void name_task(const std::string& name);
/// Whether the calling task belongs to a killed process.
bool is_dying();

/// Tasks that wait for something.
class WaitList {
 public:
  WaitList() = default;
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;

  /// True if it was woken, false at the deadline. Throws Killed.
  bool wait(std::optional<Micros> deadline);
  void wake_one();
  void wake_all();

 private:
  /// With the number of its wait, so that a task that has gone on is not woken
  /// from another.
  std::vector<std::pair<std::weak_ptr<Task>, std::uint64_t>> waiting_;
};

}  // namespace sagad::simulation
