#include "simulation/world.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>

namespace sagad::base {

// In place of engine/base/system.cpp.
Random Random::from_system() { return Random(simulation::current_world().random.next()); }
Time SystemClock::now() const { return simulation::current_world().machine_now(); }

}  // namespace sagad::base

namespace sagad::simulation {
namespace {

thread_local World* the_world = nullptr;

/// The engine's log as part of the trace.
class TraceSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit TraceSink(World& world) : world_(world) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    world_.trace("log: " + std::string(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

 private:
  World& world_;
};

std::shared_ptr<spdlog::logger> make_log(World& world, bool tracing) {
  auto log = std::make_shared<spdlog::logger>("simulation", std::make_shared<TraceSink>(world));
  log->set_level(tracing ? spdlog::level::debug : spdlog::level::off);
  return log;
}

}  // namespace

const base::Time World::kEpoch = base::from_micros(1'800'000'000'000'000);

World& current_world() { return *the_world; }

World::World(std::uint64_t seed_in, bool trace)
    : seed(seed_in),
      random(seed_in * 0x9e3779b97f4a7c15ULL + 1),
      scheduler(random),
      tracing_(trace) {
  the_world = this;
  log = make_log(*this, trace);
  scheduler.on_exception = [this](const std::string& task, const char* what) {
    violate("an exception ends thread " + task + ": " + what);
  };
}

void World::trace(const std::string& what) {
  const auto mix = [this](const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) hash_ = (hash_ ^ bytes[i]) * 0x100000001b3ULL;
  };
  const bool is_log = what.compare(0, 4, "log:") == 0;
  const Micros now = scheduler.now();
  if (!is_log) {
    mix(&now, sizeof now);
    mix(what.data(), what.size());
  }
  if (!tracing_) return;
  const std::string who =
      scheduler.in_task() ? scheduler.process().name() + "/" + scheduler.task_name() : "-";
  std::printf("%10.6f %-24s %s\n", static_cast<double>(now) / kSecond, who.c_str(), what.c_str());
}

void World::violate(std::string what) {
  trace("VIOLATION: " + what);
  violations.push_back(std::move(what));
}

void World::touch(const char* what, double latency_ms) {
  if (scheduler.check_alive()) return;
  trace(what);
  if (strikes(faults.kill) && scheduler.process().mortal()) {
    trace("is killed");
    scheduler.kill(scheduler.process_ptr());
  }
  if (latency_ms > 0) {
    scheduler.park(scheduler.now() + static_cast<Micros>(1000 * latency_ms * random.uniform()));
  }
}

}  // namespace sagad::simulation
