#pragma once

// In place of engine/base/sync.hpp when the engine is compiled for the simulation: the same names,
// but threads are tasks of the simulation's scheduler, all on one thread of the machine, and time
// is virtual. A task gives way only where it waits, so nothing here is atomic or needs to be.

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "simulation/tasks.hpp"

namespace sagad::base {

namespace detail {

template <typename Rep, typename Period>
simulation::Micros wake_time(const std::chrono::duration<Rep, Period>& duration) {
  return simulation::wake_time(std::chrono::duration_cast<std::chrono::nanoseconds>(duration));
}

}  // namespace detail

class SteadyClock {
 public:
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyClock>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept {
    return time_point(std::chrono::microseconds(simulation::uptime()));
  }
};

class Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() {
    // Those that are being killed do not wait for each other.
    while (held_ && !simulation::is_dying()) waiting_.wait(std::nullopt);
    held_ = true;
  }
  bool try_lock() {
    if (held_) return false;
    held_ = true;
    return true;
  }
  void unlock() {
    held_ = false;
    waiting_.wake_one();
  }

 private:
  bool held_ = false;
  simulation::WaitList waiting_;
};

class ConditionVariable {
 public:
  void notify_one() { waiting_.wake_one(); }
  void notify_all() { waiting_.wake_all(); }

  void wait(std::unique_lock<Mutex>& lock) { wait_until(lock, std::nullopt); }
  template <typename Predicate>
  void wait(std::unique_lock<Mutex>& lock, Predicate predicate) {
    while (!predicate()) wait(lock);
  }
  template <typename Rep, typename Period>
  std::cv_status wait_for(std::unique_lock<Mutex>& lock,
                          const std::chrono::duration<Rep, Period>& duration) {
    return wait_until(lock, detail::wake_time(duration)) ? std::cv_status::no_timeout
                                                         : std::cv_status::timeout;
  }
  template <typename Rep, typename Period, typename Predicate>
  bool wait_for(std::unique_lock<Mutex>& lock, const std::chrono::duration<Rep, Period>& duration,
                Predicate predicate) {
    const auto deadline = detail::wake_time(duration);
    while (!predicate()) {
      if (simulation::uptime() >= deadline) return predicate();
      wait_until(lock, deadline);
    }
    return true;
  }

 private:
  bool wait_until(std::unique_lock<Mutex>& lock, std::optional<simulation::Micros> deadline) {
    lock.unlock();
    const bool woken = waiting_.wait(deadline);
    lock.lock();
    return woken;
  }

  simulation::WaitList waiting_;
};

class Thread {
 public:
  Thread() = default;
  template <typename Body>
  explicit Thread(Body body)
      // std::function wants what can be copied; a body owns what cannot.
      : task_(
            simulation::spawn([owned = std::make_shared<Body>(std::move(body))] { (*owned)(); })) {}
  Thread(Thread&&) noexcept = default;
  Thread& operator=(Thread&&) noexcept = default;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  bool joinable() const { return task_ != nullptr; }
  void join() {
    // A destructor may join once more what was joined when its process was killed.
    if (task_ != nullptr) simulation::join(*task_);
    task_.reset();
  }
  void detach() { task_.reset(); }

 private:
  simulation::TaskPtr task_;
};

template <typename Value>
struct Answer {
  std::optional<Value> value;
  simulation::WaitList waiting;
};

template <typename Value>
class Future {
 public:
  Future() = default;
  explicit Future(std::shared_ptr<Answer<Value>> answer) : answer_(std::move(answer)) {}
  Value get() {
    while (!answer_->value) answer_->waiting.wait(std::nullopt);
    return std::move(*answer_->value);
  }

 private:
  std::shared_ptr<Answer<Value>> answer_;
};

template <typename Value>
class Promise {
 public:
  Future<Value> get_future() { return Future<Value>(answer_); }
  void set_value(Value value) {
    answer_->value.emplace(std::move(value));
    answer_->waiting.wake_all();
  }

 private:
  std::shared_ptr<Answer<Value>> answer_ = std::make_shared<Answer<Value>>();
};

template <typename Rep, typename Period>
void sleep_for(const std::chrono::duration<Rep, Period>& duration) {
  simulation::sleep_until(detail::wake_time(duration));
}

inline void name_thread(const std::string& name) { simulation::name_task(name); }

}  // namespace sagad::base
