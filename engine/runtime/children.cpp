#include "runtime/children.hpp"

#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

#include "runtime/child_loop.hpp"

namespace sagad::runtime {

class Children::Impl {
 public:
  Impl(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, BatchTools tools)
      : options_(options), stores_(std::move(stores)), bus_(bus), tools_(std::move(tools)) {}

  void start() {
    if (threads_.running()) return;
    stop_.reset();
    run("children", ports::CommandLane::kDo);
    run("children-undo", ports::CommandLane::kUndo);
  }

  void stop() {
    stop_.request();
    for (const auto& loop : loops_) loop->interrupt();
    threads_.join();
    loops_.clear();
  }

 private:
  void run(const std::string& name, ports::CommandLane lane) {
    const ChildLoop::Options options{options_.max_batch, options_.fetch_wait,
                                     options_.give_up_after};
    loops_.push_back(std::make_unique<ChildLoop>(
        options, bus_.command_consumer(std::string(definition::kChildParticipant), lane),
        ChildBatch(stores_, tools_), tools_, stop_));
    threads_.run(name, [loop = loops_.back().get()] { loop->run(); });
  }

  const Options options_;
  const ports::EngineStoreFactory stores_;
  ports::Bus& bus_;
  const BatchTools tools_;
  StopSignal stop_;
  std::vector<std::unique_ptr<ChildLoop>> loops_;
  Threads threads_;
};

Children::Children(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, Relay& relay,
                   Definitions& definitions, Completions& completions, ports::Metrics& metrics,
                   std::shared_ptr<spdlog::logger> log)
    : impl_(std::make_unique<Impl>(
          options, std::move(stores), bus,
          BatchTools{relay, definitions, &completions, metrics, std::move(log)})) {}

Children::~Children() { stop(); }

void Children::start() { impl_->start(); }

void Children::stop() { impl_->stop(); }

}  // namespace sagad::runtime
