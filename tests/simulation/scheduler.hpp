#pragma once

#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "simulation/context.hpp"
#include "simulation/tasks.hpp"

namespace sagad::simulation {

/// A program of the simulated installation: its tasks share its fate. The first
/// task is its main(); when the process is killed it is unwound last, so that
/// what it owns outlives the other tasks.
class Process {
 public:
  /// What is not `mortal` is no part of the installation: no fault kills it.
  explicit Process(std::string name, bool mortal = true)
      : name_(std::move(name)), mortal_(mortal) {}

  const std::string& name() const { return name_; }
  bool mortal() const { return mortal_; }
  bool dead() const { return dead_; }
  /// All of its tasks have ended.
  bool ended() const { return tasks_.empty(); }

 private:
  friend class Scheduler;
  const std::string name_;
  const bool mortal_;
  bool dead_ = false;
  Micros frozen_until_ = 0;
  std::vector<TaskPtr> tasks_;  ///< that have not ended; the first is main
  WaitList ended_;
};

using ProcessPtr = std::shared_ptr<Process>;

class Task {
 public:
  Task(ProcessPtr process, std::function<void()> body)
      : process_(std::move(process)), body_(std::move(body)) {}

 private:
  friend class Scheduler;
  friend class WaitList;
  const ProcessPtr process_;
  std::function<void()> body_;
  std::string name_;
  std::unique_ptr<Context> context_;
  std::uint64_t wait_ = 0;  ///< the number of its present wait
  bool parked_ = false;
  bool woken_ = false;
  bool ended_ = false;
  WaitList joining_;
};

/// Runs tasks one at a time in an order that follows from the seed alone: a
/// discrete event simulation. Whatever a task waits for (time, a statement's
/// latency, another task) is an event at a virtual time; ties go by the order
/// in which they were entered.
class Scheduler {
 public:
  explicit Scheduler(base::Random& random);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// The scheduler of the calling thread of the machine.
  static Scheduler& current();

  Micros now() const { return now_; }
  std::uint64_t switches() const { return switches_; }
  /// Waits of up to half a second may take up to so many times longer: a busy
  /// machine.
  void slowness(double factor) { slowness_ = factor; }

  /// Called with the name of a task that an exception ended, and what it says.
  std::function<void(const std::string& task, const char* what)> on_exception;

  TaskPtr spawn(const ProcessPtr& process, std::function<void()> body);
  /// Runs `action` outside of any task.
  void at(Micros time, std::function<void()> action);
  /// Runs until the condition holds (looked at after each event), or nothing is
  /// left to happen before `deadline`. True if the condition holds.
  bool run(const std::function<bool()>& until, Micros deadline);

  // For tasks.
  bool park(std::optional<Micros> deadline);
  Process& process() { return *running_->process_; }
  const ProcessPtr& process_ptr() { return running_->process_; }
  bool in_task() const { return running_ != nullptr; }
  const std::string& task_name() const { return running_->name_; }
  void name_task(const std::string& name) { running_->name_ = name; }
  bool is_dying() const { return running_ != nullptr && running_->process_->dead(); }
  void join(Task& task);
  void await_end(Process& process);
  Micros wake_time(Micros duration);
  /// Throws Killed if the calling task's process is dead; in a destructor that
  /// runs because of it: returns true, and nothing may be touched.
  bool check_alive();

  /// May be called by one of its tasks: then it throws Killed at once.
  void kill(const ProcessPtr& process);
  void freeze(const ProcessPtr& process, Micros until);

 private:
  friend class WaitList;
  struct Event {
    Micros time;
    std::uint64_t order;
    TaskPtr task;  ///< null: `action`
    std::uint64_t wait;
    std::function<void()> action;
    bool operator>(const Event& other) const {
      return time != other.time ? time > other.time : order > other.order;
    }
  };

  void push(Micros time, const TaskPtr& task);
  void wake(const TaskPtr& task, std::uint64_t wait);
  void resume(const TaskPtr& task);
  void end(const TaskPtr& task);
  void body(Task& task);
  void kill_others(const Task& task);

  base::Random& random_;
  Scheduler* const outer_;
  Micros now_ = 0;
  std::uint64_t order_ = 0;
  std::uint64_t switches_ = 0;
  double slowness_ = 1;
  TaskPtr running_;
  std::vector<Event> events_;  ///< a heap
};

}  // namespace sagad::simulation
