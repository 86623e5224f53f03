#include "simulation/scheduler.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace sagad::simulation {
namespace {

thread_local Scheduler* the_scheduler = nullptr;

/// Between being woken and running.
constexpr double kWakeLatency = 60;
/// Longer waits are taken to be as long as they say.
constexpr Micros kStretched = 500'000;

}  // namespace

Scheduler& Scheduler::current() { return *the_scheduler; }

Scheduler::Scheduler(base::Random& random) : random_(random), outer_(the_scheduler) {
  the_scheduler = this;
}

Scheduler::~Scheduler() { the_scheduler = outer_; }

TaskPtr Scheduler::spawn(const ProcessPtr& process, std::function<void()> body) {
  auto task = std::make_shared<Task>(process, std::move(body));
  process->tasks_.push_back(task);
  task->name_ = process->name();
  task->context_ = std::make_unique<Context>([this, raw = task.get()] { this->body(*raw); });
  task->parked_ = true;
  push(now_ + static_cast<Micros>(kWakeLatency * random_.uniform()), task);
  return task;
}

void Scheduler::body(Task& task) {
  try {
    // Of a dead process, too: it comes no further than to the first wait, but
    // what it tells others when it goes out of scope, they may be waiting for.
    task.body_();
  } catch (const Killed&) {
    // As it should be: the stack is unwound.
  } catch (const std::exception& error) {
    // std::terminate() in earnest.
    if (on_exception) on_exception(task.name_, error.what());
    if (!task.process_->dead_) kill_others(task);
  }
}

void Scheduler::at(Micros time, std::function<void()> action) {
  events_.push_back({time, ++order_, nullptr, 0, std::move(action)});
  std::push_heap(events_.begin(), events_.end(), std::greater<>());
}

void Scheduler::push(Micros time, const TaskPtr& task) {
  events_.push_back({time, ++order_, task, task->wait_, {}});
  std::push_heap(events_.begin(), events_.end(), std::greater<>());
}

void Scheduler::wake(const TaskPtr& task, std::uint64_t wait) {
  if (!task->parked_ || task->wait_ != wait || task->woken_) return;
  task->woken_ = true;
  push(now_ + 1 + static_cast<Micros>(kWakeLatency * random_.uniform()), task);
}

bool Scheduler::run(const std::function<bool()>& until, Micros deadline) {
  while (!until()) {
    if (events_.empty() || events_.front().time > deadline) return false;
    std::pop_heap(events_.begin(), events_.end(), std::greater<>());
    auto event = std::move(events_.back());
    events_.pop_back();
    now_ = std::max(now_, event.time);
    if (event.task == nullptr) {
      event.action();
      continue;
    }
    auto& task = *event.task;
    if (task.ended_ || !task.parked_ || task.wait_ != event.wait) continue;
    const auto frozen = task.process_->frozen_until_;
    if (frozen > now_ && !task.process_->dead_) {
      push(frozen, event.task);
      continue;
    }
    resume(event.task);
  }
  return true;
}

void Scheduler::resume(const TaskPtr& task) {
  task->parked_ = false;
  ++switches_;
  running_ = task;
  const bool goes_on = task->context_->enter();
  running_ = nullptr;
  if (!goes_on) end(task);
}

void Scheduler::end(const TaskPtr& task) {
  task->ended_ = true;
  task->body_ = nullptr;
  task->context_.reset();
  auto& tasks = task->process_->tasks_;
  tasks.erase(std::find(tasks.begin(), tasks.end(), task));
  task->joining_.wake_all();
  if (tasks.empty()) task->process_->ended_.wake_all();
  // Its main() goes last.
  if (task->process_->dead_ && tasks.size() == 1) push(now_, tasks.front());
}

bool Scheduler::check_alive() {
  if (!is_dying()) return false;
  if (std::uncaught_exceptions() > 0) return true;
  const auto& tasks = running_->process_->tasks_;
  if (tasks.front() == running_ && tasks.size() > 1) {
    // main() goes last: what it owns is used by the others until they are
    // unwound.
    ++running_->wait_;
    running_->parked_ = true;
    running_->context_->leave();
  }
  throw Killed{};
}

bool Scheduler::park(std::optional<Micros> deadline) {
  if (running_ == nullptr) {
    std::fprintf(stderr, "simulation: a wait outside of any task\n");
    std::abort();
  }
  if (check_alive()) return false;
  auto& task = *running_;
  ++task.wait_;
  task.woken_ = false;
  task.parked_ = true;
  if (deadline) push(std::max(*deadline, now_), running_);
  task.context_->leave();
  check_alive();
  return task.woken_;
}

void Scheduler::join(Task& task) {
  while (!task.ended_) {
    if (check_alive()) return;
    task.joining_.wait(std::nullopt);
  }
}

void Scheduler::await_end(Process& process) {
  while (!process.ended()) process.ended_.wait(std::nullopt);
}

Micros Scheduler::wake_time(Micros duration) {
  if (duration > kStretched) return now_ + duration;
  return now_ + static_cast<Micros>(static_cast<double>(duration) *
                                    (1.0 + (slowness_ - 1.0) * random_.uniform()));
}

void Scheduler::kill(const ProcessPtr& process) {
  if (process->dead_) return;
  process->dead_ = true;
  auto& tasks = process->tasks_;
  for (std::size_t i = tasks.size() == 1 ? 0 : 1; i < tasks.size(); ++i) push(now_, tasks[i]);
  if (running_ != nullptr && running_->process_ == process) check_alive();
}

/// The calling task is about to end by itself.
void Scheduler::kill_others(const Task& task) {
  task.process_->dead_ = true;
  const auto& tasks = task.process_->tasks_;
  for (std::size_t i = 1; i < tasks.size(); ++i) {
    if (tasks[i].get() != &task) push(now_, tasks[i]);
  }
}

void Scheduler::freeze(const ProcessPtr& process, Micros until) {
  process->frozen_until_ = std::max(process->frozen_until_, until);
}

Micros uptime() { return Scheduler::current().now(); }

Micros wake_time(std::chrono::nanoseconds duration) {
  return Scheduler::current().wake_time(
      std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

void sleep_until(Micros time) { Scheduler::current().park(time); }

TaskPtr spawn(std::function<void()> body) {
  auto& scheduler = Scheduler::current();
  return scheduler.spawn(scheduler.process_ptr(), std::move(body));
}

void join(Task& task) { Scheduler::current().join(task); }

void name_task(const std::string& name) { Scheduler::current().name_task(name); }

bool is_dying() { return Scheduler::current().is_dying(); }

bool WaitList::wait(std::optional<Micros> deadline) {
  auto& scheduler = Scheduler::current();
  if (scheduler.check_alive()) return false;
  waiting_.emplace_back(scheduler.running_, scheduler.running_->wait_ + 1);
  return scheduler.park(deadline);
}

void WaitList::wake_one() {
  while (!waiting_.empty()) {
    const auto [weak, wait] = waiting_.front();
    waiting_.erase(waiting_.begin());
    const auto task = weak.lock();
    if (!task || task->ended_ || !task->parked_ || task->wait_ != wait || task->woken_) continue;
    Scheduler::current().wake(task, wait);
    return;
  }
}

void WaitList::wake_all() {
  const auto waiting = std::exchange(waiting_, {});
  for (const auto& [weak, wait] : waiting) {
    if (const auto task = weak.lock()) Scheduler::current().wake(task, wait);
  }
}

}  // namespace sagad::simulation
