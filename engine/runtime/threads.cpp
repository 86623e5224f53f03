#include "runtime/threads.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace sagad::runtime {

void StopSignal::request() {
  {
    const std::lock_guard lock(mutex_);
    requested_ = true;
  }
  changed_.notify_all();
}

void StopSignal::reset() {
  const std::lock_guard lock(mutex_);
  requested_ = false;
}

bool StopSignal::requested() const {
  const std::lock_guard lock(mutex_);
  return requested_;
}

bool StopSignal::wait_for(base::Duration duration) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, duration, [this] { return requested_; });
}

void Threads::run(const std::string& name, std::function<void()> body) {
  threads_.emplace_back([name, body = std::move(body)] {
    base::name_thread(name);
    body();
  });
}

void Threads::join() {
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

Outage::Outage(std::shared_ptr<spdlog::logger> log, std::string what)
    : log_(std::move(log)), what_(std::move(what)) {}

base::Duration Outage::failed(const std::string& why) {
  if (++failures_ == 1) log_->warn("{}: not available, trying on: {}", what_, why);
  return backoff_.interval(failures_, random_.uniform());
}

void Outage::over() {
  if (failures_ == 0) return;
  log_->info("{}: available again after {} failed tries", what_, failures_);
  failures_ = 0;
}

}  // namespace sagad::runtime
