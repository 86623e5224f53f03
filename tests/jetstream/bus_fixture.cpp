#include "jetstream/bus_fixture.hpp"

#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <thread>
#include <utility>

#include "support/servers.hpp"

namespace sagad::jetstream::tests {

void RecordingSink::confirmed(ports::OutboxId id) {
  const std::lock_guard lock(mutex_);
  confirmed_.push_back(id);
  changed_.notify_all();
}

void RecordingSink::refused(ports::OutboxId id, const std::string& reason, bool permanent) {
  const std::lock_guard lock(mutex_);
  refusals_.push_back({id, reason, permanent});
  changed_.notify_all();
}

bool RecordingSink::wait_for(std::size_t count, milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout,
                           [&] { return confirmed_.size() + refusals_.size() >= count; });
}

std::vector<ports::OutboxId> RecordingSink::confirmed_ids() const {
  const std::lock_guard lock(mutex_);
  return confirmed_;
}

std::vector<RecordingSink::Refusal> RecordingSink::refusals() const {
  const std::lock_guard lock(mutex_);
  return refusals_;
}

std::size_t RecordingSink::ended() const {
  const std::lock_guard lock(mutex_);
  return confirmed_.size() + refusals_.size();
}

BusTest::BusTest() : name_space_(sagad::tests::fresh_namespace()) {}

BusOptions BusTest::options() const {
  BusOptions options;
  options.url = sagad::tests::nats().url();
  options.name_space = name_space_;
  options.commands_max_bytes = 16 << 20;
  options.results_max_bytes = 16 << 20;
  options.starts_max_bytes = 1 << 20;
  options.dead_max_bytes = 1 << 20;
  return options;
}

std::unique_ptr<ports::Bus> BusTest::connected_bus(const BusOptions& options) {
  std::unique_ptr<ports::Bus> bus = make_bus(options, quiet_log());
  EXPECT_TRUE(eventually([&] { return bus->connected(); }));
  return bus;
}

ports::OutboxRow BusTest::row(const std::string& subject, const std::string& payload) {
  const auto now =
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  const base::SagaId saga = ids_.next(now);
  return {ids_.next(now), saga, subject, payload, now};
}

std::vector<ports::OutboxRow> BusTest::rows(const std::string& subject, std::size_t count) {
  std::vector<ports::OutboxRow> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back(row(subject, std::to_string(i)));
  return made;
}

std::shared_ptr<spdlog::logger> quiet_log() {
  if (std::getenv("SAGAD_TEST_LOG") != nullptr) {
    return std::make_shared<spdlog::logger>("test",
                                            std::make_shared<spdlog::sinks::stderr_sink_mt>());
  }
  return std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
}

bool eventually(const std::function<bool()>& condition, milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(milliseconds{2});
  }
  return true;
}

std::multiset<std::string> drain(ports::Consumer& consumer, std::size_t count,
                                 milliseconds timeout) {
  std::multiset<std::string> payloads;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::set<std::string> seen;
  while (seen.size() < count && std::chrono::steady_clock::now() < deadline) {
    for (const ports::DeliveryPtr& delivery : consumer.fetch(256, milliseconds{200})) {
      payloads.emplace(delivery->payload());
      seen.emplace(delivery->payload());
      delivery->ack();
    }
  }
  return payloads;
}

}  // namespace sagad::jetstream::tests
