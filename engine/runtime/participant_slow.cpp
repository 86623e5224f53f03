#include "runtime/participant_slow.hpp"

#include <utility>

namespace sagad::runtime {

bool SlowQueue::push(Work work) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= capacity_) return false;
    if (work.command().kind == saga::Kind::kUndo) {
      waiting_.push_front(std::move(work));
    } else {
      waiting_.push_back(std::move(work));
    }
  }
  filled_.notify_one();
  return true;
}

std::optional<Work> SlowQueue::pop(base::Duration wait) {
  std::unique_lock lock(mutex_);
  if (!filled_.wait_for(lock, wait, [this] { return !waiting_.empty(); })) return std::nullopt;
  auto work = std::move(waiting_.front());
  waiting_.pop_front();
  return work;
}

std::size_t SlowQueue::size() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void SlowQueue::keep_alive() const {
  std::vector<HeldPtr> held;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& work : waiting_) held.push_back(work.held);
  }
  for (const auto& command : held) command->in_progress();
}

void SlowQueue::give_back() {
  const std::lock_guard lock(mutex_);
  for (const auto& work : waiting_) work.held->nak(base::Duration{0});
  waiting_.clear();
}

}  // namespace sagad::runtime
