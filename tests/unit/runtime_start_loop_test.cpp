#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <utility>

#include "definition/loader.hpp"
#include "ports/metrics.hpp"
#include "runtime/completions.hpp"
#include "runtime/definitions.hpp"
#include "runtime/relay.hpp"
#include "runtime/start_loop.hpp"
#include "unit/deadlocked_store.hpp"
#include "unit/idle_bus.hpp"

namespace sagad::runtime {
namespace {

class KnownDefinitions final : public ports::DefinitionStore {
 public:
  void add(std::span<const definition::DefinitionPtr> definitions, bool) override {
    for (const auto& one : definitions) {
      all_.push_back({one->name,
                      one->version,
                      one->digest,
                      {},
                      one->canonical,
                      ports::DefinitionState::kActive,
                      {}});
    }
  }
  std::optional<std::string> find(const std::string&) override { return std::nullopt; }
  std::vector<ports::StoredDefinition> list() override { return all_; }
  std::optional<bool> set_state(const ports::StateChange&) override { return std::nullopt; }
  std::map<std::string, std::int64_t> live() override { return {}; }
  std::string stamp() override { return {}; }

 private:
  std::vector<ports::StoredDefinition> all_;
};

struct Ends {
  int acks = 0;
  int naks = 0;
};

/// So often delivered that it would be given up, if it were its own fault.
class OldStart final : public ports::Delivery {
 public:
  OldStart(std::string payload, Ends& ends) : payload_(std::move(payload)), ends_(ends) {}
  std::string_view subject() const override { return "start.small"; }
  std::string_view payload() const override { return payload_; }
  std::optional<base::Time> sent_at() const override { return std::nullopt; }
  std::string reply_to() const override { return {}; }
  std::uint64_t deliveries() const override { return 9; }
  void ack() override { ++ends_.acks; }
  void nak(base::Duration) override { ++ends_.naks; }
  void in_progress() override {}

 private:
  const std::string payload_;
  Ends& ends_;
};

/// Delivers one message, and ends the loop.
class OneDelivery final : public ports::Consumer {
 public:
  OneDelivery(ports::DeliveryPtr delivery, StopSignal& stop)
      : delivery_(std::move(delivery)), stop_(stop) {}
  std::vector<ports::DeliveryPtr> fetch(std::size_t, base::Duration) override {
    stop_.request();
    std::vector<ports::DeliveryPtr> all;
    all.push_back(std::move(delivery_));
    return all;
  }
  void interrupt() override {}

 private:
  ports::DeliveryPtr delivery_;
  StopSignal& stop_;
};

Ends deliver_to_deadlocked_database(const std::string& payload) {
  Ends ends;
  tests::IdleBus bus;
  ports::NoMetrics metrics;
  const auto log =
      std::make_shared<spdlog::logger>("none", std::make_shared<spdlog::sinks::null_sink_mt>());
  Relay relay(
      {}, [] { return nullptr; }, bus, metrics, log);
  Definitions definitions(std::make_unique<KnownDefinitions>());
  definitions.add({definition::load_yaml("name: small\nversion: 1\nsteps:\n"
                                         "  - { id: a, action: a.go }\n",
                                         "small.yaml")},
                  false);
  StartableDefinitions startable(definitions, log);
  StopSignal stop;
  StartBatch batch([] { return std::make_unique<tests::DeadlockedStore>(); },
                   {relay, definitions, nullptr, metrics, log});
  StartLoop({}, std::make_unique<OneDelivery>(std::make_unique<OldStart>(payload, ends), stop), bus,
            std::move(batch), startable, log, stop)
      .run();
  return ends;
}

TEST(StartLoop, AStartIsNotBrokenByADeadlockThatLasts) {
  const auto ends = deliver_to_deadlocked_database(R"({"key": "k", "input": {}})");
  EXPECT_EQ(ends.acks, 0);
  EXPECT_EQ(ends.naks, 1);
}

TEST(StartLoop, ARefusalThatCannotBeKeptComesAgain) {
  const auto ends = deliver_to_deadlocked_database("{");
  EXPECT_EQ(ends.acks, 0);
  EXPECT_EQ(ends.naks, 1);
}

}  // namespace
}  // namespace sagad::runtime
