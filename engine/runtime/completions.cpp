#include "runtime/completions.hpp"

namespace sagad::runtime {

void Completions::announce(base::SagaId id, saga::SagaStatus status) {
  const std::lock_guard lock(mutex_);
  const auto found = interests_.find(id);
  if (found == interests_.end()) return;
  found->second.status = status;
  ++found->second.announcements;
  // Under the lock: the last watcher may destroy the interest as soon as it is free.
  found->second.changed.notify_all();
}

Completions::Watch::Watch(Completions& completions, base::SagaId id)
    : completions_(completions), id_(id) {
  const std::lock_guard lock(completions_.mutex_);
  interest_ = &completions_.interests_[id_];
  ++interest_->watchers;
  seen_ = interest_->announcements;
}

Completions::Watch::~Watch() {
  const std::lock_guard lock(completions_.mutex_);
  if (--interest_->watchers == 0) completions_.interests_.erase(id_);
}

std::optional<saga::SagaStatus> Completions::Watch::wait(base::Duration timeout) {
  std::unique_lock lock(completions_.mutex_);
  const bool announced = interest_->changed.wait_for(
      lock, timeout, [this] { return interest_->announcements != seen_; });
  if (!announced) return std::nullopt;
  seen_ = interest_->announcements;
  return interest_->status;
}

}  // namespace sagad::runtime
