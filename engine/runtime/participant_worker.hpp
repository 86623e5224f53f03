#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ports/bus.hpp"
#include "runtime/participant_batch.hpp"
#include "runtime/participant_context.hpp"
#include "runtime/participant_executor.hpp"
#include "runtime/participant_slow.hpp"

namespace sagad::runtime {

/// One thread's work for a participant: fetches commands, sorts them and has them executed. The
/// lanes for slow and for external actions have no consumer; they live on what the others hand to
/// them.
class Worker {
 public:
  enum class Lane { kDo, kUndo, kSlow, kExternal };

  /// Where work goes that others are to execute; `filled` is called after something was put in.
  struct Handover {
    SlowQueue& queue;
    std::function<void()> filled;
  };

  Worker(ParticipantContext& shared, Lane lane, Handover slow, Handover external);

  Lane lane() const { return lane_; }
  /// The body of the thread: returns when the participant ends, or if the watchdog gave it up.
  void run(std::shared_ptr<Watchdog::Slot> slot);

  /// Ends a fetch that waits. Any thread; not after abandon().
  void interrupt();
  /// For whoever gives a hung thread up: from now on nobody uses the consumer.
  void abandon() { consumer_.reset(); }
  const HeldSet& held() const { return context_.held; }

 private:
  bool fetch_round();
  bool queue_round(SlowQueue& queue);
  bool execute(std::vector<std::vector<Work>> groups);
  /// To whom work of this action is handed over; nullptr: it is executed here.
  Handover* other_lane(const ports::ActionInfo* action);
  void hand_over(std::vector<Work> group, Handover& to);
  std::vector<HeldPtr> read(std::vector<ports::DeliveryPtr> deliveries);
  void bury(std::vector<Unreadable> letters);
  void drop_stale(const std::vector<HeldPtr>& stale);
  void refuse_unknown(const std::vector<HeldPtr>& unknown);
  void wait_for_database();

  ParticipantContext& shared_;
  const Lane lane_;
  Handover slow_;
  Handover external_;
  std::unique_ptr<ports::Consumer> consumer_;
  WorkerContext context_;
  Executor executor_;
  std::vector<HeldPtr> copies_;  ///< second commands of a step, for the next round
};

}  // namespace sagad::runtime
