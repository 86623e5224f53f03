#include "jetstream/in_flight.hpp"

#include <algorithm>
#include <stdexcept>

namespace sagad::jetstream {
namespace {
constexpr std::size_t kMostPlaces = 65'536;
constexpr unsigned kIndexBits = 16;
}  // namespace

InFlight::InFlight(std::size_t capacity, std::chrono::milliseconds timeout) : timeout_(timeout) {
  if (capacity == 0 || capacity > kMostPlaces) {
    throw std::invalid_argument("nats max_in_flight must be 1 to 65536, not " +
                                std::to_string(capacity));
  }
  places_.resize(capacity);
  for (std::size_t i = capacity; i-- > 0;) {
    places_[i].after = free_;
    free_ = static_cast<Index>(i);
  }
}

InFlight::Token InFlight::token_of(Index index, std::uint64_t used) {
  return (used << kIndexBits) | index;
}

std::vector<InFlight::Token> InFlight::enter(std::span<const ports::OutboxRow> rows,
                                             ports::PublishSink& sink, Clock::time_point now) {
  std::vector<Token> tokens;
  tokens.reserve(rows.size());
  const std::lock_guard lock(mutex_);
  const std::size_t room = std::min(rows.size(), places_.size() - size_);
  if (room == 0) return tokens;
  open_[&sink] += room;
  for (std::size_t i = 0; i < room; ++i) {
    tokens.push_back(occupy(rows[i].id, sink, now + timeout_));
  }
  return tokens;
}

InFlight::Token InFlight::occupy(const ports::OutboxId& id, ports::PublishSink& sink,
                                 Clock::time_point deadline) {
  const Index index = free_;
  Place& place = places_[index];
  free_ = place.after;
  place.id = id;
  place.sink = &sink;
  // Callers may read the clock and take the lock in different orders.
  place.deadline = newest_ == kNone ? deadline : std::max(deadline, places_[newest_].deadline);
  ++place.used;
  place.before = newest_;
  place.after = kNone;
  (newest_ == kNone ? oldest_ : places_[newest_].after) = index;
  newest_ = index;
  ++size_;
  return token_of(index, place.used);
}

void InFlight::unlink(Index index) {
  Place& place = places_[index];
  (place.before == kNone ? oldest_ : places_[place.before].after) = place.after;
  (place.after == kNone ? newest_ : places_[place.after].before) = place.before;
  place.sink = nullptr;
  place.before = kNone;
  place.after = free_;
  free_ = index;
  --size_;
}

std::optional<InFlight::Ended> InFlight::release(Token token) {
  const auto index = static_cast<Index>(token & ((Token{1} << kIndexBits) - 1));
  if (index >= places_.size()) return std::nullopt;
  const Place& place = places_[index];
  if (place.sink == nullptr || token_of(index, place.used) != token) return std::nullopt;
  const Ended ended{place.id, place.sink};
  unlink(index);
  return ended;
}

InFlight::Ended InFlight::release_oldest() {
  const Ended ended{places_[oldest_].id, places_[oldest_].sink};
  unlink(oldest_);
  return ended;
}

void InFlight::confirm(Token token) {
  std::optional<Ended> ended;
  {
    const std::lock_guard lock(mutex_);
    ended = release(token);
  }
  if (!ended) return;
  ended->sink->confirmed(ended->id);
  returned(*ended->sink, 1);
}

void InFlight::refuse(Token token, const std::string& reason, bool permanent) {
  std::optional<Ended> ended;
  {
    const std::lock_guard lock(mutex_);
    ended = release(token);
  }
  if (!ended) return;
  ended->sink->refused(ended->id, reason, permanent);
  returned(*ended->sink, 1);
}

std::size_t InFlight::refuse_expired(Clock::time_point now) {
  std::vector<Ended> ended;
  {
    const std::lock_guard lock(mutex_);
    while (oldest_ != kNone && places_[oldest_].deadline <= now) ended.push_back(release_oldest());
  }
  refuse_each(ended, "JetStream has not confirmed it in time");
  return ended.size();
}

std::size_t InFlight::refuse_all(const std::string& reason) {
  std::vector<Ended> ended;
  {
    const std::lock_guard lock(mutex_);
    ended.reserve(size_);
    while (oldest_ != kNone) ended.push_back(release_oldest());
  }
  refuse_each(ended, reason);
  return ended.size();
}

void InFlight::refuse_each(const std::vector<Ended>& ended, const std::string& reason) {
  for (const Ended& each : ended) {
    each.sink->refused(each.id, reason, false);
    returned(*each.sink, 1);
  }
}

void InFlight::returned(ports::PublishSink& sink, std::size_t count) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(&sink);
  found->second -= count;
  if (found->second != 0) return;
  open_.erase(found);
  // Under the lock: the one who waits may destroy the sink, and the bus, as soon as it is free.
  all_ended_.notify_all();
}

std::optional<InFlight::Clock::time_point> InFlight::next_deadline() const {
  const std::lock_guard lock(mutex_);
  if (oldest_ == kNone) return std::nullopt;
  return places_[oldest_].deadline;
}

bool InFlight::wait_for(ports::PublishSink& sink, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return all_ended_.wait_for(lock, timeout, [&] { return open_.count(&sink) == 0; });
}

void InFlight::wait_idle() {
  std::unique_lock lock(mutex_);
  all_ended_.wait(lock, [this] { return open_.empty(); });
}

std::size_t InFlight::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

}  // namespace sagad::jetstream
