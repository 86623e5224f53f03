#include "runtime/completions.hpp"

#include <utility>

namespace sagad::runtime {

void Completions::announce(saga::Instance&& instance) {
  const std::lock_guard lock(mutex_);
  const auto found = interests_.find(instance.id);
  if (found == interests_.end()) return;
  found->second.last = std::make_shared<const saga::Instance>(std::move(instance));
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

Completions::Ended Completions::Watch::wait(base::Duration timeout) {
  std::unique_lock lock(completions_.mutex_);
  const bool announced = interest_->changed.wait_for(
      lock, timeout, [this] { return interest_->announcements != seen_; });
  if (!announced) return nullptr;
  seen_ = interest_->announcements;
  return interest_->last;
}

}  // namespace sagad::runtime
