#include "runtime/starter.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/mutant.hpp"
#include "ports/errors.hpp"
#include "runtime/start_loop.hpp"
#include "runtime/start_message.hpp"
#include "runtime/start_queue.hpp"

namespace sagad::runtime {
namespace {

using Kind = StartOutcome::Kind;

StartOutcome not_committed(const std::string& why) {
  return {Kind::kUnavailable, {}, {"nothing was started: " + why}};
}

StartOutcome commit_unknown(const StartItem& item) {
  const std::string advice =
      item.key.empty()
          ? "it is not known whether the saga was started, and without a key it cannot be asked "
            "for: look for it in the list of sagas before trying again"
          : "it is not known whether the saga was started: ask again with the same key";
  return {Kind::kUnavailable, {}, {advice}};
}

}  // namespace

class Starter::Impl {
 public:
  Impl(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, BatchTools tools)
      : options_(options),
        stores_(std::move(stores)),
        bus_(bus),
        tools_(std::move(tools)),
        definitions_(tools_.definitions, tools_.log),
        queue_(options_.max_waiting) {}

  void start() {
    if (threads_.running()) return;
    stop_.reset();
    if (options_.api_workers > 0) queue_.open();
    for (int worker = 0; worker < options_.api_workers; ++worker) {
      threads_.run("starter-" + std::to_string(worker), [this] { serve_queue(); });
    }
    for (int worker = 0; worker < options_.bus_workers; ++worker) {
      loops_.push_back(std::make_unique<StartLoop>(
          StartLoop::Options{options_.max_batch, options_.fetch_wait}, bus_.start_consumer(), bus_,
          StartBatch(stores_, tools_), definitions_, tools_.log, stop_));
      threads_.run("starts-bus-" + std::to_string(worker),
                   [loop = loops_.back().get()] { loop->run(); });
    }
  }

  void stop() {
    stop_.request();
    queue_.close();
    for (const auto& loop : loops_) loop->interrupt();
    threads_.join();
    loops_.clear();
  }

  StartOutcome submit(StartRequest request) {
    if (auto bad_key = check_key(request.key); !bad_key.empty()) {
      return {Kind::kInvalidInput, {}, {std::move(bad_key)}};
    }
    StartItem item;
    item.definition = definitions_.find(request.definition, request.version);
    if (item.definition == nullptr) {
      const bool retired = tools_.definitions.retired(request.definition, request.version);
      return {retired ? Kind::kRetired : Kind::kUnknownDefinition, {}, {}};
    }
    if (auto errors = check_input(*item.definition, request.input); !errors.empty()) {
      return {Kind::kInvalidInput, {}, std::move(errors)};
    }
    item.key = std::move(request.key);
    item.id = request.id;
    item.canonical = base::canonical_json(request.input);
    item.input = std::make_shared<const boost::json::value>(std::move(request.input));
    return queue_.submit(std::move(item));
  }

 private:
  void serve_queue() {
    StartBatch batch(stores_, tools_);
    Outage outage(tools_.log, "starter: engine database");
    for (auto waiting = queue_.take(options_.max_batch); !waiting.empty();
         waiting = queue_.take(options_.max_batch)) {
      std::vector<StartItem*> items;
      for (auto& one : waiting) items.push_back(&one.item);
      if (SAGAD_MUTANT("start_acknowledged_before_commit")) {
        for (auto& one : waiting) one.answer.set_value({Kind::kStarted, {}, {}});
      }
      commit(batch, items, outage);
      if (SAGAD_MUTANT("start_acknowledged_before_commit")) continue;
      for (auto& one : waiting) one.answer.set_value(std::move(one.item.outcome));
    }
  }

  void commit(StartBatch& batch, const std::vector<StartItem*>& items, Outage& outage) {
    try {
      batch.run(items, {});
      outage.over();
    } catch (const ports::Unavailable& error) {
      outage.failed(error.what());
      for (auto* item : items) item->outcome = not_committed(error.what());
    } catch (const ports::Conflict& error) {
      for (auto* item : items) item->outcome = not_committed(error.what());
    } catch (const ports::CommitUnknown& error) {
      outage.failed(error.what());
      find_out(batch, items);
    } catch (const std::exception& error) {
      tools_.log->warn("a batch of {} starts failed, taking them one by one: {}", items.size(),
                       error.what());
      for (auto* item : items) commit_alone(batch, *item);
    }
  }

  /// A commit whose fate is not known. The items keep their ids, so running them again finds what
  /// the lost commit has started, by key or by id, and starts what it has not.
  void find_out(StartBatch& batch, const std::vector<StartItem*>& items) {
    try {
      batch.run(items, {});
    } catch (const std::exception& error) {
      for (auto* item : items) item->outcome = commit_unknown(*item);
      tools_.log->warn("the fate of {} starts is not known, their callers were told: {}",
                       items.size(), error.what());
    }
  }

  void commit_alone(StartBatch& batch, StartItem& item) {
    try {
      batch.run({&item}, {});
    } catch (const ports::CommitUnknown&) {
      item.outcome = commit_unknown(item);
    } catch (const std::exception& error) {
      tools_.log->error("a start of {} failed: {}", item.definition->name, error.what());
      item.outcome = not_committed(error.what());
    }
  }

  const Options options_;
  const ports::EngineStoreFactory stores_;
  ports::Bus& bus_;
  const BatchTools tools_;
  StartableDefinitions definitions_;
  StartQueue queue_;
  StopSignal stop_;
  std::vector<std::unique_ptr<StartLoop>> loops_;
  Threads threads_;
};

Starter::Starter(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, Relay& relay,
                 Definitions& definitions, const base::Clock& /*clock*/, ports::Metrics& metrics,
                 std::shared_ptr<spdlog::logger> log)
    : impl_(std::make_unique<Impl>(
          options, std::move(stores), bus,
          BatchTools{relay, definitions, nullptr, metrics, std::move(log)})) {}

Starter::~Starter() { stop(); }

void Starter::start() { impl_->start(); }

void Starter::stop() { impl_->stop(); }

StartOutcome Starter::submit(StartRequest request) { return impl_->submit(std::move(request)); }

}  // namespace sagad::runtime
