#include "jetstream/repair.hpp"

#include <spdlog/spdlog.h>

#include <optional>
#include <utility>

namespace sagad::jetstream {

bool StuckFinder::is_stuck(const std::string& consumer, const ConsumerState& state,
                           base::Duration stuck_for, Clock::time_point now) {
  if (state.delivered_stream > state.stream_last) return true;
  if (state.pending == 0 || state.waiting == 0) {
    sights_.erase(consumer);
    return false;
  }
  const auto [found, is_new] = sights_.try_emplace(consumer, Sight{state, now});
  if (is_new) return false;
  const ConsumerState& before = found->second.state;
  if (before.delivered_consumer != state.delivered_consumer ||
      before.delivered_stream != state.delivered_stream ||
      before.floor_stream != state.floor_stream) {
    found->second = Sight{state, now};
    return false;
  }
  return now - found->second.since >= stuck_for;
}

void StuckFinder::forget(const std::string& consumer) { sights_.erase(consumer); }

bool StuckFinder::has_orphans(const std::string& stream,
                              const std::vector<ConsumerState>& consumers, base::Duration stuck_for,
                              Clock::time_point now) {
  std::uint64_t accounted = 0;
  std::uint64_t messages = 0;
  std::uint64_t first = 0;
  for (const ConsumerState& consumer : consumers) {
    accounted += consumer.pending + static_cast<std::uint64_t>(consumer.unacked);
    messages = consumer.stream_messages;
    first = consumer.stream_first;
  }
  if (messages <= accounted) {
    orphans_.erase(stream);
    return false;
  }
  const auto [found, is_new] = orphans_.try_emplace(stream, Orphans{first, now});
  if (found->second.first != first) found->second = Orphans{first, now};
  if (is_new || now - found->second.since < stuck_for) return false;
  orphans_.erase(found);
  return true;
}

Repair::Repair(Names names, std::shared_ptr<Streams> streams, std::shared_ptr<spdlog::logger> log)
    : names_(std::move(names)), streams_(std::move(streams)), log_(std::move(log)) {}

int Repair::run(const ports::StreamRef& stream, base::Duration stuck_for) {
  std::vector<Seen> all;
  bool complete = true;
  for (const ConsumerSpec& consumer : names_.consumers(stream)) {
    if (const std::optional<ConsumerState> state = streams_->state(consumer)) {
      all.emplace_back(consumer, *state);
    } else {
      const std::lock_guard lock(mutex_);
      finder_.forget(consumer.durable);  // who fetches from it makes it
      complete = false;
    }
  }
  const bool orphans = complete && has_orphans(stream, all, stuck_for);
  int repaired = 0;
  for (const Seen& seen : all) {
    if (!is_stuck(seen, stuck_for) && !orphans) continue;
    const auto& [consumer, state] = seen;
    log_->warn(
        "consumer {} does not deliver all (at {} of {}, {} of {} messages pending, {} pulls open); "
        "making it anew",
        consumer.durable, state.delivered_stream, state.stream_last, state.pending,
        state.stream_messages, state.waiting);
    streams_->recreate(consumer);
    const std::lock_guard lock(mutex_);
    finder_.forget(consumer.durable);
    ++repaired;
  }
  return repaired;
}

bool Repair::is_stuck(const Seen& seen, base::Duration stuck_for) {
  const std::lock_guard lock(mutex_);
  return finder_.is_stuck(seen.first.durable, seen.second, stuck_for, StuckFinder::Clock::now());
}

bool Repair::has_orphans(const ports::StreamRef& stream, const std::vector<Seen>& consumers,
                         base::Duration stuck_for) {
  std::vector<ConsumerState> states;
  for (const Seen& seen : consumers) states.push_back(seen.second);
  const std::lock_guard lock(mutex_);
  return finder_.has_orphans(names_.stream(stream), states, stuck_for, StuckFinder::Clock::now());
}

}  // namespace sagad::jetstream
