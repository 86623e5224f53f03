#include "runtime/participant_pace.hpp"

#include <algorithm>
#include <cmath>

namespace sagad::runtime {
namespace {

/// A first batch of an unknown action has this many steps.
constexpr double kFirstBatch = 16;
/// One step weighs so much in the averages, a batch at most half.
constexpr double kWeight = 0.01;
constexpr double kMostWeight = 0.5;
/// A batch is run together while it is likelier than not that nobody breaks it: 1 - (1-p)^n < 1/2.
constexpr double kLikely = 0.69;
constexpr std::chrono::seconds kDoubling{5};

double weight(std::size_t steps, double of_one) {
  return std::min(kMostWeight, of_one * static_cast<double>(steps));
}

}  // namespace

Pace::Pace(Limits limits)
    : limits_(limits), average_us_(static_cast<double>(limits.budget.count()) / kFirstBatch) {}

std::size_t Pace::allowed(Clock::time_point now) const {
  const auto budget = static_cast<double>(limits_.budget.count());
  const auto by_time = static_cast<std::size_t>(budget / std::max(average_us_, 1.0));
  auto most = std::min(limits_.max_batch, std::max<std::size_t>(by_time, 1));
  if (halved_ == 0) return most;
  const auto doublings = (now - halved_at_) / kDoubling;
  if (doublings >= 16) return most;
  return std::min(most, halved_ << doublings);
}

Pace::Plan Pace::plan(std::size_t waiting, Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  const auto size = std::min(waiting, allowed(now));
  if (size <= 1) return {1, Mode::kAlone};
  if (broken_ * static_cast<double>(size) < kLikely) return {size, Mode::kTogether};
  return {std::min(size, limits_.savepoint_batch), Mode::kSavepoints};
}

bool Pace::slow() const {
  const std::lock_guard lock(mutex_);
  return average_us_ > static_cast<double>(limits_.budget.count());
}

std::chrono::microseconds Pace::average() const {
  const std::lock_guard lock(mutex_);
  return std::chrono::microseconds{static_cast<std::int64_t>(average_us_)};
}

void Pace::took(std::size_t steps, std::chrono::microseconds time) {
  const std::lock_guard lock(mutex_);
  // Time counts for more than refusals: a guess that is too low holds up a whole batch.
  const double share = weight(steps, 5 * kWeight);
  const double each = static_cast<double>(time.count()) / static_cast<double>(steps);
  average_us_ += share * (each - average_us_);
}

void Pace::broke(std::size_t steps, std::size_t broken) {
  const std::lock_guard lock(mutex_);
  const double share = weight(steps, kWeight);
  broken_ += share * (static_cast<double>(broken) / static_cast<double>(steps) - broken_);
}

void Pace::conflicted(std::size_t steps, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  halved_ = std::max<std::size_t>(1, std::min(steps, allowed(now)) / 2);
  halved_at_ = now;
}

Pace& Paces::of(const std::string& action) {
  const std::lock_guard lock(mutex_);
  auto& pace = paces_[action];
  if (!pace) pace = std::make_unique<Pace>(limits_);
  return *pace;
}

}  // namespace sagad::runtime
