#include "runtime/timers.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "base/sync.hpp"
#include "runtime/instance_batch.hpp"
#include "runtime/isolation.hpp"
#include "runtime/threads.hpp"

namespace sagad::runtime {

class Timers::Impl {
 public:
  Impl(Options options, ports::EngineStoreFactory stores, BatchTools tools)
      : options_(options),
        log_(tools.log),
        batch_(std::move(stores), std::move(tools), "timers"),
        failures_(log_, "timers"),
        outage_(log_, "timers: engine database") {}

  void start() {
    if (threads_.running()) return;
    stop_.reset();
    threads_.run("timers", [this] { work(); });
  }

  void stop() {
    stop_.request();
    threads_.join();
  }

 private:
  using Clock = base::SteadyClock;

  void work() {
    auto pause = base::Duration{0};
    while (!stop_.wait_for(pause)) {
      pause = options_.interval;
      try {
        round();
        outage_.over();
      } catch (const std::exception& error) {
        pause = outage_.failed(error.what());
      }
    }
  }

  void round() {
    drain([this](auto& transaction) { return due_timers(transaction); });
    if (Clock::now() < next_deadlines_) return;
    next_deadlines_ = Clock::now() + options_.deadline_interval;
    drain([this](auto& transaction) { return due_deadlines(transaction); });
  }

  /// Batch after batch while they come full.
  void drain(const InstanceBatch::Collect& collect) {
    bool full = true;
    while (full && !stop_.requested()) {
      const auto report = run_isolating(
          batch_, collect, [this](base::SagaId saga, Fate fate, const std::string& why) {
            if (fate == Fate::kDone) {
              failures_.forget(saga);
            } else {
              failures_.record(saga, why);
            }
          });
      full = report.happenings >= options_.limit && report.changed > 0;
    }
  }

  /// The rows of sagas that are left alone stay in the way, so so many more are read.
  std::size_t limit() const { return options_.limit + failures_.size(); }

  BatchWork due_timers(ports::EngineTransaction& transaction) {
    BatchWork work;
    for (const auto& due : transaction.due_timers(limit())) {
      if (failures_.holds(due.saga)) continue;
      Happening happening;
      happening.saga = due.saga;
      happening.event = std::make_shared<const saga::Event>(
          saga::event::TimerFired{due.timer.step, due.timer.kind, due.timer.item});
      happening.timer_row = due.row_id;
      work.happenings.push_back(std::move(happening));
    }
    return work;
  }

  BatchWork due_deadlines(ports::EngineTransaction& transaction) {
    BatchWork work;
    for (const auto saga : transaction.due_deadlines(limit())) {
      if (failures_.holds(saga)) continue;
      Happening happening;
      happening.saga = saga;
      happening.event = deadline_reached_;
      work.happenings.push_back(std::move(happening));
    }
    return work;
  }

  const Options options_;
  const std::shared_ptr<spdlog::logger> log_;
  InstanceBatch batch_;
  Failures failures_;
  Outage outage_;
  const std::shared_ptr<const saga::Event> deadline_reached_ =
      std::make_shared<const saga::Event>(saga::event::DeadlineReached{});
  Clock::time_point next_deadlines_{};
  StopSignal stop_;
  Threads threads_;
};

Timers::Timers(Options options, ports::EngineStoreFactory stores, Relay& relay,
               Definitions& definitions, Completions& completions, ports::Metrics& metrics,
               std::shared_ptr<spdlog::logger> log)
    : impl_(std::make_unique<Impl>(
          options, std::move(stores),
          BatchTools{relay, definitions, &completions, metrics, std::move(log)})) {}

Timers::~Timers() { stop(); }

void Timers::start() { impl_->start(); }

void Timers::stop() { impl_->stop(); }

}  // namespace sagad::runtime
