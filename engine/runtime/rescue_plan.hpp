#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/sync.hpp"
#include "base/time.hpp"
#include "ports/bus.hpp"
#include "saga/decide.hpp"

namespace sagad::runtime {

/// What a stream shows at its head.
struct StreamSight {
  bool empty = true;
  std::optional<base::Time> sent_at;  ///< of the message at the head
  bool stuck = false;                 ///< the head has not moved for long
};

/// Remembers when the heads of streams moved last. One thread.
class HeadWatch {
 public:
  using Clock = base::SteadyClock;

  explicit HeadWatch(base::Duration stuck_after) : stuck_after_(stuck_after) {}

  /// `stream`: any name that tells streams apart.
  StreamSight look(const std::string& stream, const ports::StreamHead& head, Clock::time_point now);

 private:
  struct Seen {
    std::uint64_t sequence = 0;
    Clock::time_point since;
  };
  base::Duration stuck_after_;
  std::map<std::string, Seen> seen_;
};

struct RescueTimes {
  base::Duration silence;           ///< unanswered for so long before it is looked at
  base::Duration first_interval;    ///< of what is sent again although the head is stuck
  base::Duration longest_interval;  ///< to which that doubles
};

/// What the rescuer knows at one moment, and what follows from it (protocol, section 5). A value.
class RescuePlan {
 public:
  /// `commands`: by participant. `now`: the clock of the engine's database.
  RescuePlan(std::map<std::string, StreamSight> commands, StreamSight results, base::Time now,
             RescueTimes times);

  /// Only steps sent before it can be meant; nothing if none can be.
  std::optional<base::Time> latest_horizon() const;
  /// The event for one instance: what its streams can no longer hold, and what is stuck and due.
  saga::event::Rescue event_for(const saga::Instance& instance,
                                const definition::Definition& definition) const;

 private:
  /// Nothing if the head does not tell.
  std::optional<base::Time> horizon(const StreamSight& commands) const;
  bool stuck(const StreamSight& commands) const { return commands.stuck || results_.stuck; }
  bool stuck_is_due(const StreamSight& commands, const saga::StepState& state) const;
  /// A child may take its time: it is asked for at doubling intervals.
  bool child_is_due(const StreamSight& commands, const saga::StepState& state) const;

  std::map<std::string, StreamSight> commands_;
  StreamSight results_;
  base::Time now_;
  RescueTimes times_;
};

}  // namespace sagad::runtime
