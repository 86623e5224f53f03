#include "api/connection_pool.hpp"

#include <system_error>

namespace sagad::api {

ConnectionPool::Enqueued ConnectionPool::enqueue(std::function<void()> connection) {
  bool needs_thread = false;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(connection));
    needs_thread = waiting_.size() > idle_ && threads_.size() < max_threads_;
  }
  changed_.notify_one();
  if (needs_thread) {
    try {
      threads_.emplace_back([this] { run(); });
    } catch (const std::system_error&) {
      // No more threads to be had: the connection waits for one that is there.
      if (threads_.empty()) throw;
    }
  }
  return Enqueued(true);
}

void ConnectionPool::shutdown() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void ConnectionPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return !waiting_.empty() || stopping_; });
    --idle_;
    if (waiting_.empty()) return;
    auto connection = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    connection();
    lock.lock();
  }
}

}  // namespace sagad::api
