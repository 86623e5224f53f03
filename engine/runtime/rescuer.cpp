#include "runtime/rescuer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "ports/errors.hpp"
#include "runtime/instance_batch.hpp"
#include "runtime/isolation.hpp"
#include "runtime/rescue_plan.hpp"
#include "runtime/threads.hpp"

namespace sagad::runtime {
namespace {

/// A pass over so many silent sagas that had nothing to be sent again was for nothing: the next
/// ones come later, up to the longest pause.
constexpr std::size_t kManySagas = 2000;
constexpr int kLongestPause = 16;  ///< intervals

std::string name_of(const ports::StreamRef& stream) {
  return std::to_string(static_cast<int>(stream.kind)) + stream.participant;
}

}  // namespace

class Rescuer::Impl {
 public:
  Impl(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, BatchTools tools)
      : options_(options),
        bus_(bus),
        tools_(std::move(tools)),
        batch_(std::move(stores), tools_, "rescuer"),
        heads_(options_.stuck_head),
        failures_(tools_.log, "rescuer"),
        outage_(tools_.log, "rescuer: database or bus") {}

  void start() {
    if (threads_.running()) return;
    stop_.reset();
    threads_.run("rescuer", [this] { work(); });
  }

  void stop() {
    stop_.request();
    threads_.join();
  }

 private:
  using Kind = ports::StreamRef::Kind;

  void work() {
    auto pause = options_.interval;
    while (!stop_.wait_for(pause)) {
      pause = options_.interval * idle_intervals_;
      if (!bus_.connected()) continue;
      try {
        repair();
        rescue();
        outage_.over();
      } catch (const std::exception& error) {
        pause = std::max(pause, outage_.failed(error.what()));
      }
    }
  }

  void repair() {
    std::vector<ports::StreamRef> streams{
        {Kind::kResults, {}}, {Kind::kStarts, {}}, {Kind::kSignals, {}}, {Kind::kDead, {}}};
    for (const auto& participant : tools_.definitions.participants()) {
      streams.push_back({Kind::kCommands, participant});
    }
    for (const auto& stream : streams) {
      const int repaired = bus_.repair_consumers(stream, options_.stuck_consumer);
      if (repaired > 0) tools_.metrics.add("sagad_consumers_repaired_total", {}, repaired);
    }
  }

  StreamSight look(const ports::StreamRef& stream) {
    return heads_.look(name_of(stream), bus_.head(stream), HeadWatch::Clock::now());
  }

  /// The heads are read before the transaction that reads the clock: what moves in between only
  /// makes the plan more careful, or sends once too often what the barrier answers.
  void rescue() {
    std::map<std::string, StreamSight> commands;
    for (const auto& participant : tools_.definitions.participants()) {
      commands.emplace(participant, look({Kind::kCommands, participant}));
    }
    const auto results = look({Kind::kResults, {}});
    base::SagaId after;
    std::size_t seen = 0;
    std::size_t sent = 0;
    bool more = true;
    while (more && !stop_.requested()) {
      std::size_t found = 0;
      const auto collect = [&, after](ports::EngineTransaction& transaction) {
        const auto plan = std::make_shared<const RescuePlan>(
            commands, results, transaction.now(),
            RescueTimes{options_.silence, options_.stuck_head, options_.longest_interval});
        const auto ids = silent(*plan, transaction, after);
        found = ids.size();
        if (!ids.empty()) last_ = ids.back();
        return work_for(ids, plan);
      };
      const auto report = run_isolating(
          batch_, collect, [this](base::SagaId saga, Fate fate, const std::string& why) {
            fate == Fate::kDone ? failures_.forget(saga) : (void)failures_.record(saga, why);
          });
      seen += found;
      sent += report.commands;
      more = found >= options_.page;
      after = last_;
    }
    tell(seen, sent);
  }

  std::vector<base::SagaId> silent(const RescuePlan& plan, ports::EngineTransaction& transaction,
                                   base::SagaId after) {
    const auto horizon = plan.latest_horizon();
    if (!horizon) return {};
    return transaction.silent(*horizon, after, options_.page);
  }

  BatchWork work_for(const std::vector<base::SagaId>& ids,
                     const std::shared_ptr<const RescuePlan>& plan) {
    BatchWork work;
    for (const auto id : ids) {
      if (failures_.holds(id)) continue;
      Happening happening;
      happening.saga = id;
      happening.make = [plan](const saga::Instance& instance,
                              const definition::Definition& definition) -> saga::Event {
        return plan->event_for(instance, definition);
      };
      work.happenings.push_back(std::move(happening));
    }
    return work;
  }

  void tell(std::size_t seen, std::size_t sent) {
    if (sent > 0) {
      tools_.metrics.add("sagad_rescued_total", {}, static_cast<double>(sent));
      tools_.log->info("rescuer: sent {} commands again that the streams had lost", sent);
    }
    const bool for_nothing = seen >= kManySagas && sent * 100 < seen;
    idle_intervals_ = for_nothing ? std::min(idle_intervals_ * 2, kLongestPause) : 1;
  }

  const Options options_;
  ports::Bus& bus_;
  const BatchTools tools_;
  InstanceBatch batch_;
  HeadWatch heads_;
  Failures failures_;
  Outage outage_;
  base::SagaId last_;       ///< of the page that was read last
  int idle_intervals_ = 1;  ///< between passes
  StopSignal stop_;
  Threads threads_;
};

Rescuer::Rescuer(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, Relay& relay,
                 Definitions& definitions, Completions& completions, ports::Metrics& metrics,
                 std::shared_ptr<spdlog::logger> log)
    : impl_(std::make_unique<Impl>(
          options, std::move(stores), bus,
          BatchTools{relay, definitions, &completions, metrics, std::move(log)})) {}

Rescuer::~Rescuer() { stop(); }

void Rescuer::start() { impl_->start(); }

void Rescuer::stop() { impl_->stop(); }

}  // namespace sagad::runtime
