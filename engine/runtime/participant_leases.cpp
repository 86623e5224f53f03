#include "runtime/participant_leases.hpp"

#include <spdlog/spdlog.h>

namespace sagad::runtime {

Leases::Leases(ports::ParticipantStoreFactory stores, base::Duration margin,
               std::shared_ptr<spdlog::logger> log, std::string participant)
    : stores_(std::move(stores)),
      margin_(margin),
      log_(std::move(log)),
      participant_(std::move(participant)) {}

Leases::~Leases() { stop(); }

void Leases::hold(const ports::ExecutionKey& key, const ports::Lease& lease) {
  const std::lock_guard lock(mutex_);
  held_[lease.token] = {key, Clock::now() + lease.length};
  if (thread_.running() || stop_.requested()) return;
  thread_.run(participant_.substr(0, 9) + "-lease", [this] { run(); });
}

void Leases::drop(const ports::LeaseToken& token) {
  const std::lock_guard lock(mutex_);
  held_.erase(token);
}

void Leases::stop() {
  {
    // No thread is begun after this.
    const std::lock_guard lock(mutex_);
    stop_.request();
  }
  thread_.join();
}

void Leases::run() {
  while (!stop_.wait_for(margin_ / 5)) {
    const auto held = ending();
    if (held.empty()) continue;
    try {
      if (!store_) store_ = stores_();
      renew(held);
    } catch (const std::exception& error) {
      // Tried again at the next look; a lease that ends meanwhile leaves its row in doubt.
      log_->warn("participant {}: {} leases could not be renewed: {}", participant_, held.size(),
                 error.what());
    }
  }
}

std::map<ports::LeaseToken, Leases::Held> Leases::ending() const {
  const auto soon = Clock::now() + margin_ * 3 / 5;
  std::map<ports::LeaseToken, Held> result;
  const std::lock_guard lock(mutex_);
  for (const auto& [token, held] : held_) {
    if (held.until <= soon) result.emplace(token, held);
  }
  return result;
}

void Leases::renew(const std::map<ports::LeaseToken, Held>& held) {
  // Before the statement: then what is noted here ends before the lease does.
  const auto until = Clock::now() + margin_;
  const auto transaction = store_->begin();
  for (const auto& [token, lease] : held) {
    transaction->claims().renew(lease.key, {token, margin_});
  }
  transaction->commit();
  const std::lock_guard lock(mutex_);
  for (const auto& [token, lease] : held) {
    const auto found = held_.find(token);
    if (found != held_.end()) found->second.until = until;
  }
}

}  // namespace sagad::runtime
