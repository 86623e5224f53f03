#include "runtime/start_queue.hpp"

#include <utility>

#include "base/sync.hpp"

namespace sagad::runtime {
namespace {

StartOutcome unavailable() {
  return {StartOutcome::Kind::kUnavailable,
          {},
          {"the daemon is not taking starts; nothing was started"}};
}

}  // namespace

void StartQueue::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
}

void StartQueue::close() {
  std::deque<Waiting> left;
  {
    const std::lock_guard lock(mutex_);
    open_ = false;
    left.swap(waiting_);
  }
  changed_.notify_all();
  for (auto& waiting : left) waiting.answer.set_value(unavailable());
}

StartOutcome StartQueue::submit(StartItem item) {
  base::Future<StartOutcome> answer;
  {
    const std::lock_guard lock(mutex_);
    if (!open_) return unavailable();
    if (waiting_.size() >= capacity_) {
      return {StartOutcome::Kind::kOverloaded,
              {},
              {std::to_string(waiting_.size()) + " starts wait already; try again later"}};
    }
    waiting_.push_back({std::move(item), {}});
    answer = waiting_.back().answer.get_future();
  }
  changed_.notify_one();
  return answer.get();
}

std::vector<StartQueue::Waiting> StartQueue::take(std::size_t max) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !open_ || !waiting_.empty(); });
  std::vector<Waiting> taken;
  while (!waiting_.empty() && taken.size() < max) {
    taken.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return taken;
}

}  // namespace sagad::runtime
