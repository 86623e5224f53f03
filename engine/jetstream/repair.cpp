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

Repair::Repair(Names names, std::shared_ptr<Streams> streams, std::shared_ptr<spdlog::logger> log)
    : names_(std::move(names)), streams_(std::move(streams)), log_(std::move(log)) {}

int Repair::run(const ports::StreamRef& stream, base::Duration stuck_for) {
  int repaired = 0;
  for (const ConsumerSpec& consumer : names_.consumers(stream)) {
    const std::optional<ConsumerState> state = streams_->state(consumer);
    const std::lock_guard lock(mutex_);
    if (!state) {
      finder_.forget(consumer.durable);  // who fetches from it makes it
      continue;
    }
    if (!finder_.is_stuck(consumer.durable, *state, stuck_for, StuckFinder::Clock::now())) continue;
    log_->warn(
        "consumer {} delivers nothing (at {} of {}, {} pending, {} pulls open); making it anew",
        consumer.durable, state->delivered_stream, state->stream_last, state->pending,
        state->waiting);
    streams_->recreate(consumer);
    finder_.forget(consumer.durable);
    ++repaired;
  }
  return repaired;
}

}  // namespace sagad::jetstream
