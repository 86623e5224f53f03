#include "runtime/relay_book.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace sagad::runtime {

bool RelayBook::enter(const std::vector<ports::OutboxRow>& rows) {
  const std::lock_guard lock(mutex_);
  if (in_flight_.size() + confirmed_.size() + rows.size() > capacity_) return false;
  for (const auto& row : rows) in_flight_.try_emplace(row.id, 0);
  return true;
}

bool RelayBook::land(ports::OutboxId id) {
  const auto found = in_flight_.find(id);
  if (found == in_flight_.end()) return false;
  const bool of_sweep = sweep_open_ && found->second == sweep_;
  in_flight_.erase(found);
  if (of_sweep && --sweep_in_flight_ == 0) swept_.notify_all();
  return of_sweep;
}

void RelayBook::remember(ports::OutboxId id) {
  if (confirmed_.size() >= capacity_) return;  // the sweep finds it again
  if (confirmed_.empty()) oldest_ = Clock::now();
  confirmed_.push_back(id);
}

void RelayBook::confirmed(ports::OutboxId id) {
  const std::lock_guard lock(mutex_);
  ++count_;
  if (land(id)) {
    result_.confirmed.push_back(id);
  } else {
    remember(id);
  }
}

void RelayBook::refused(ports::OutboxId id, const std::string& reason, bool permanent) {
  const std::lock_guard lock(mutex_);
  if (land(id) && permanent) result_.never.emplace(id, reason);
}

std::vector<ports::OutboxId> RelayBook::take_confirmed(std::size_t limit) {
  const std::lock_guard lock(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(limit, confirmed_.size()));
  std::vector<ports::OutboxId> ids(confirmed_.begin(), confirmed_.begin() + count);
  confirmed_.erase(confirmed_.begin(), confirmed_.begin() + count);
  oldest_ = Clock::now();
  return ids;
}

void RelayBook::give_back(const std::vector<ports::OutboxId>& ids) {
  const std::lock_guard lock(mutex_);
  for (const auto id : ids) remember(id);
}

std::optional<RelayBook::Clock::duration> RelayBook::confirmed_age() const {
  const std::lock_guard lock(mutex_);
  if (confirmed_.empty()) return std::nullopt;
  return Clock::now() - oldest_;
}

std::vector<ports::OutboxRow> RelayBook::open_sweep(const std::vector<ports::OutboxRow>& rows) {
  const std::lock_guard lock(mutex_);
  ++sweep_;
  sweep_open_ = true;
  sweep_in_flight_ = 0;
  result_ = {};
  const std::unordered_set<ports::OutboxId> known(confirmed_.begin(), confirmed_.end());
  std::unordered_set<ports::OutboxId> deleted;
  std::vector<ports::OutboxRow> fresh;
  for (const auto& row : rows) {
    if (known.count(row.id) > 0) {
      result_.confirmed.push_back(row.id);
      deleted.insert(row.id);
    } else if (in_flight_.try_emplace(row.id, sweep_).second) {
      ++sweep_in_flight_;
      fresh.push_back(row);
    }
  }
  if (!deleted.empty()) {
    confirmed_.erase(std::remove_if(confirmed_.begin(), confirmed_.end(),
                                    [&](const auto& id) { return deleted.count(id) > 0; }),
                     confirmed_.end());
  }
  return fresh;
}

RelayBook::Swept RelayBook::close_sweep(Clock::duration timeout) {
  std::unique_lock lock(mutex_);
  swept_.wait_for(lock, timeout, [this] { return sweep_in_flight_ == 0; });
  sweep_open_ = false;
  return std::exchange(result_, {});
}

std::size_t RelayBook::in_flight() const {
  const std::lock_guard lock(mutex_);
  return in_flight_.size();
}

std::uint64_t RelayBook::take_count() {
  const std::lock_guard lock(mutex_);
  return std::exchange(count_, 0);
}

}  // namespace sagad::runtime
