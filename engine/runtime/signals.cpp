#include "runtime/signals.hpp"

#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

#include "base/sync.hpp"
#include "ports/errors.hpp"
#include "runtime/signal_loop.hpp"
#include "runtime/threads.hpp"

namespace sagad::runtime {
namespace {

/// The batches of the API's threads, each with a connection; made as they are needed.
class BatchPool {
 public:
  BatchPool(std::size_t limit, base::Duration patience, std::function<SignalBatch()> make)
      : free_(limit), patience_(patience), make_(std::move(make)) {}

  /// Throws ports::Unavailable if none is free in time. One that throws is not used again.
  void run(SignalItem& item) {
    auto batch = take();
    try {
      batch->run({&item});
    } catch (...) {
      give_back(nullptr);
      throw;
    }
    give_back(std::move(batch));
  }

 private:
  std::unique_ptr<SignalBatch> take() {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_for(lock, patience_, [this] { return free_ > 0; })) {
      throw ports::Unavailable("too many signals at one time");
    }
    --free_;
    if (idle_.empty()) return std::make_unique<SignalBatch>(make_());
    auto batch = std::move(idle_.back());
    idle_.pop_back();
    return batch;
  }

  void give_back(std::unique_ptr<SignalBatch> batch) {
    const std::lock_guard lock(mutex_);
    ++free_;
    if (batch) idle_.push_back(std::move(batch));
    freed_.notify_one();
  }

  base::Mutex mutex_;
  base::ConditionVariable freed_;
  std::size_t free_;                                ///< guarded by mutex_
  std::vector<std::unique_ptr<SignalBatch>> idle_;  ///< guarded by mutex_
  const base::Duration patience_;
  const std::function<SignalBatch()> make_;
};

}  // namespace

class Signals::Impl {
 public:
  Impl(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, BatchTools tools)
      : options_(options),
        stores_(std::move(stores)),
        bus_(bus),
        tools_(std::move(tools)),
        pool_(options_.connections, options_.patience,
              [this] { return SignalBatch(stores_, tools_); }) {}

  void start() {
    if (!options_.bus || threads_.running()) return;
    stop_.reset();
    loop_ = std::make_unique<SignalLoop>(
        SignalLoop::Options{options_.max_batch, options_.fetch_wait, options_.give_up_after},
        bus_.signal_consumer(), bus_, SignalBatch(stores_, tools_), tools_.log, stop_);
    threads_.run("signals-bus", [this] { loop_->run(); });
  }

  void stop() {
    stop_.request();
    if (loop_) loop_->interrupt();
    threads_.join();
    loop_.reset();
  }

  SignalOutcome send(SignalRequest request) {
    SignalItem item;
    item.request = std::move(request);
    try {
      // A commit whose fate is not known is run again: the item keeps its id, so what the first
      // has written is found.
      try {
        pool_.run(item);
      } catch (const ports::CommitUnknown&) {
        pool_.run(item);
      }
    } catch (const std::exception& error) {
      tools_.log->warn("a signal '{}' was not taken: {}", item.request.name, error.what());
      return {SignalOutcome::Kind::kUnavailable, item.request.saga,
              "the signal could not be committed, or it is not known whether it was"};
    }
    return item.outcome;
  }

 private:
  const Options options_;
  const ports::EngineStoreFactory stores_;
  ports::Bus& bus_;
  const BatchTools tools_;
  BatchPool pool_;
  StopSignal stop_;
  std::unique_ptr<SignalLoop> loop_;
  Threads threads_;
};

Signals::Signals(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, Relay& relay,
                 Definitions& definitions, Completions& completions, ports::Metrics& metrics,
                 std::shared_ptr<spdlog::logger> log)
    : impl_(std::make_unique<Impl>(
          options, std::move(stores), bus,
          BatchTools{relay, definitions, &completions, metrics, std::move(log)})) {}

Signals::~Signals() { stop(); }

void Signals::start() { impl_->start(); }

void Signals::stop() { impl_->stop(); }

SignalOutcome Signals::send(SignalRequest request) { return impl_->send(std::move(request)); }

}  // namespace sagad::runtime
