#include "runtime/watchdog.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/mutant.hpp"
#include "base/sync.hpp"

namespace sagad::runtime {

void Watchdog::Slot::session(ports::Session session) {
  const std::lock_guard lock(mutex_);
  session_ = std::move(session);
}

void Watchdog::Slot::begin(base::Duration timeout) {
  const auto deadline = Clock::now() + timeout;
  const std::lock_guard lock(mutex_);
  deadline_ = deadline;
  expired_ = false;
  state_ = State::kRunning;
}

Watchdog::Return Watchdog::Slot::end() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state_ != State::kEnding; });
  if (state_ == State::kAbandoned) return Return::kAbandoned;
  state_ = State::kIdle;
  return expired_ ? Return::kTimedOut : Return::kInTime;
}

Watchdog::Watchdog(Options options, ports::SessionTerminator& terminator,
                   std::shared_ptr<spdlog::logger> log)
    : options_(options), terminator_(terminator), log_(std::move(log)) {}

Watchdog::~Watchdog() { stop(); }

void Watchdog::start() {
  stopping_ = false;
  thread_ = base::Thread([this] { run(); });
}

void Watchdog::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<Watchdog::Slot> Watchdog::watch(std::function<void()> hung) {
  auto slot = std::make_shared<Slot>();
  slot->hung_ = std::move(hung);
  const std::lock_guard lock(mutex_);
  slots_.push_back(slot);
  return slot;
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, options_.interval, [this] { return stopping_; });
    lock.unlock();
    look();
    lock.lock();
  }
}

void Watchdog::look() {
  std::vector<std::shared_ptr<Slot>> slots;
  {
    const std::lock_guard lock(mutex_);
    const auto gone = [](const std::weak_ptr<Slot>& slot) { return slot.expired(); };
    slots_.erase(std::remove_if(slots_.begin(), slots_.end(), gone), slots_.end());
    for (const auto& weak : slots_) {
      if (auto slot = weak.lock()) slots.push_back(std::move(slot));
    }
  }
  for (const auto& slot : slots) check(*slot);
}

void Watchdog::check(Slot& slot) {
  std::unique_lock lock(slot.mutex_);
  const auto now = Slot::Clock::now();
  if (slot.state_ == Slot::State::kRunning && now >= slot.deadline_) {
    if (slot.session_.pid != 0) return end_session(slot, lock);
    // Outside of any transaction: there is nothing to end, and its answer counts when it comes.
    slot.state_ = Slot::State::kGone;
    slot.gone_at_ = now;
  } else if (slot.state_ == Slot::State::kGone && now >= slot.gone_at_ + options_.grace) {
    slot.state_ = Slot::State::kAbandoned;
    lock.unlock();
    slot.hung_();
  }
}

void Watchdog::end_session(Slot& slot, std::unique_lock<base::Mutex>& lock) {
  slot.state_ = Slot::State::kEnding;
  slot.expired_ = true;
  const auto session = slot.session_;
  lock.unlock();
  bool gone = false;
  try {
    gone = SAGAD_MUTANT("watchdog_spares_the_session") ||
           terminator_.terminate(session, options_.terminate_timeout);
  } catch (const std::exception& error) {
    // Not gone, then: it is tried again, and nothing is answered until it is.
    log_->warn("watchdog: session {} could not be ended: {}", session.pid, error.what());
  }
  lock.lock();
  const auto now = Slot::Clock::now();
  if (gone) {
    slot.state_ = Slot::State::kGone;
    slot.gone_at_ = now;
  } else {
    slot.state_ = Slot::State::kRunning;
    slot.deadline_ = now + options_.retry_interval;
  }
  slot.changed_.notify_all();
}

}  // namespace sagad::runtime
