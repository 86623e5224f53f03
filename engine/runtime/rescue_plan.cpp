#include "runtime/rescue_plan.hpp"

#include <algorithm>
#include <utility>

namespace sagad::runtime {
namespace {

/// What has to have been sent before it; of an empty stream: anything.
std::optional<base::Time> bound(const StreamSight& stream, base::Time latest) {
  if (stream.empty) return latest;
  if (!stream.sent_at) return std::nullopt;
  return std::min(latest, *stream.sent_at);
}

/// The first interval, doubled with every time it was sent again.
base::Duration doubled(base::Duration first, base::Duration longest, int resent) {
  for (int i = 0; i < resent && first < longest; ++i) first *= 2;
  return std::min(first, longest);
}

base::Duration interval(const RescueTimes& times, int resent) {
  return doubled(times.first_interval, times.longest_interval, resent);
}

const std::string& participant_of(const definition::Step& step, const saga::StepState& state) {
  const bool undoing = state.status == saga::StepStatus::kCompensating && step.compensate;
  return undoing ? step.compensate->participant : step.action.participant;
}

}  // namespace

StreamSight HeadWatch::look(const std::string& stream, const ports::StreamHead& head,
                            Clock::time_point now) {
  if (head.empty) {
    seen_.erase(stream);
    return {};
  }
  auto& seen = seen_.try_emplace(stream, Seen{head.sequence, now}).first->second;
  if (seen.sequence != head.sequence) seen = {head.sequence, now};
  return {false, head.sent_at, now - seen.since >= stuck_after_};
}

RescuePlan::RescuePlan(std::map<std::string, StreamSight> commands, StreamSight results,
                       base::Time now, RescueTimes times)
    : commands_(std::move(commands)), results_(results), now_(now), times_(times) {}

std::optional<base::Time> RescuePlan::horizon(const StreamSight& commands) const {
  const auto latest = now_ - times_.silence;
  const auto by_commands = bound(commands, latest);
  const auto by_results = bound(results_, latest);
  if (!by_commands || !by_results) return std::nullopt;
  return std::min(*by_commands, *by_results);
}

std::optional<base::Time> RescuePlan::latest_horizon() const {
  std::optional<base::Time> latest;
  for (const auto& [participant, sight] : commands_) {
    auto own = horizon(sight);
    if (stuck(sight)) own = std::max(own.value_or(base::Time{}), now_ - times_.first_interval);
    if (own && (!latest || *own > *latest)) latest = own;
  }
  return latest;
}

bool RescuePlan::stuck_is_due(const StreamSight& commands, const saga::StepState& state) const {
  return stuck(commands) && now_ - *state.sent_at >= interval(times_, state.resent);
}

bool RescuePlan::child_is_due(const StreamSight& commands, const saga::StepState& state) const {
  if (stuck_is_due(commands, state)) return true;
  const auto own = horizon(commands);
  return own && *state.sent_at < *own &&
         now_ - *state.sent_at >= doubled(times_.silence, times_.first_interval, state.resent);
}

saga::event::Rescue RescuePlan::event_for(const saga::Instance& instance,
                                          const definition::Definition& definition) const {
  saga::event::Rescue rescue;
  for (const auto& [participant, sight] : commands_) {
    if (participant == definition::kChildParticipant) continue;
    if (const auto own = horizon(sight)) rescue.horizons.emplace(participant, *own);
  }
  for (const auto& step : definition.steps) {
    for (const auto& state :
         saga::executions(instance.steps.at(static_cast<std::size_t>(step.index)))) {
      if (!state.unanswered()) continue;
      const auto& participant = participant_of(step, state);
      const auto sight = commands_.find(participant);
      if (sight == commands_.end()) continue;
      const bool child = participant == definition::kChildParticipant;
      if (child ? !child_is_due(sight->second, state) : !stuck_is_due(sight->second, state))
        continue;
      // Just after it. An older step of the same participant that is not due yet goes with it.
      const auto after = *state.sent_at + std::chrono::microseconds(1);
      auto& own = rescue.horizons.try_emplace(participant, after).first->second;
      own = std::max(own, after);
    }
  }
  return rescue;
}

}  // namespace sagad::runtime
