#include "runtime/participant_message.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace sagad::runtime {
namespace {

int count_of(const ports::Delivery& delivery) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<int>::max());
  return static_cast<int>(std::min(delivery.deliveries(), kMost));
}

}  // namespace

HeldCommand::HeldCommand(ports::DeliveryPtr delivery, saga::Command command)
    : command_(std::move(command)),
      deliveries_(count_of(*delivery)),
      delivery_(std::move(delivery)) {}

std::string HeldCommand::subject() const {
  const std::lock_guard lock(mutex_);
  return std::string(delivery_->subject());
}

std::string HeldCommand::payload() const {
  const std::lock_guard lock(mutex_);
  return std::string(delivery_->payload());
}

void HeldCommand::ack() {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  ended_ = true;
  delivery_->ack();
}

void HeldCommand::nak(base::Duration delay) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  ended_ = true;
  delivery_->nak(delay);
}

void HeldCommand::in_progress() {
  const std::lock_guard lock(mutex_);
  if (!ended_) delivery_->in_progress();
}

bool HeldCommand::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

void HeldSet::replace(std::vector<HeldPtr> held) {
  const std::lock_guard lock(mutex_);
  held_.swap(held);
}

void HeldSet::add(HeldPtr held) {
  const std::lock_guard lock(mutex_);
  held_.push_back(std::move(held));
}

void HeldSet::remove(const HeldPtr& held) {
  const std::lock_guard lock(mutex_);
  held_.erase(std::remove(held_.begin(), held_.end(), held), held_.end());
}

std::vector<HeldPtr> HeldSet::all() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

void HeldSet::running(HeldPtr held) {
  const std::lock_guard lock(mutex_);
  running_ = std::move(held);
}

HeldPtr HeldSet::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

void HeldSet::keep_alive() const {
  for (const auto& held : all()) held->in_progress();
}

}  // namespace sagad::runtime
