#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "definition/definition.hpp"
#include "ports/bus.hpp"
#include "ports/engine_store.hpp"
#include "ports/metrics.hpp"
#include "runtime/completions.hpp"
#include "runtime/coordinator.hpp"
#include "runtime/definitions.hpp"
#include "runtime/relay.hpp"
#include "runtime/rescuer.hpp"
#include "runtime/starter.hpp"
#include "runtime/timers.hpp"
#include "saga/message.hpp"

namespace sagad::tests {

/// Remembers the sums of counters, by name and label values: `sagad_x_total{a,b}`.
class Sums final : public ports::Metrics {
 public:
  void add(std::string_view counter, Labels labels, double amount) override;
  void set(std::string_view gauge, Labels labels, double value) override;
  void observe(std::string_view, Labels, double) override {}
  double of(const std::string& name) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, double> values_;
};

/// The definition `order-pay` of two steps, `create_order` at participant `order` and `pay` at
/// participant `pay`, with compensations; `extra` is put at the end of the YAML, `pay` into the
/// step `pay`.
definition::DefinitionPtr order_pay(const std::string& extra = {}, const std::string& pay = {});

/// The engine of one daemon, on a real database and a real bus; the participants are played by the
/// test, which takes commands and publishes results.
class EngineTest : public ::testing::Test {
 protected:
  EngineTest();
  ~EngineTest() override;

  /// Adds definitions and starts relay, starter and coordinator.
  void start(const std::vector<definition::DefinitionPtr>& definitions = {order_pay()});
  void start_timers();
  void start_rescuer(runtime::Rescuer::Options options);
  void stop();
  void make_bus(const std::string& url);

  runtime::Starter& starter() { return *starter_; }
  runtime::Relay& relay() { return *relay_; }
  /// Starts an order-pay with this key and a valid input; expects that it is started.
  base::SagaId start_saga(const std::string& key = {});
  static runtime::StartRequest request(const std::string& key, int amount = 5);

  /// Waits for so many commands to a participant, and acks them.
  std::vector<saga::Command> commands(const std::string& participant, std::size_t count,
                                      ports::CommandLane lane = ports::CommandLane::kDo,
                                      base::Duration timeout = base::Duration{10'000});
  saga::Command command(const std::string& participant,
                        ports::CommandLane lane = ports::CommandLane::kDo) {
    return commands(participant, 1, lane).at(0);
  }
  /// True if none comes for so long.
  bool no_command(const std::string& participant, base::Duration duration);

  static saga::Result done(const saga::Command& command,
                           boost::json::value output = boost::json::object{{"order_id", 7}});
  static saga::Result failed(const saga::Command& command, const std::string& code = "refused");
  static saga::Result retry(const saga::Command& command);
  static saga::Result barred(const saga::Command& command);
  void send(const std::vector<saga::Result>& results);
  void send(const saga::Result& result) { send(std::vector<saga::Result>{result}); }
  void send_raw(const std::string& subject, const std::string& payload);

  std::optional<saga::Instance> find(base::SagaId id);
  saga::Instance get(base::SagaId id) { return find(id).value(); }
  /// Waits until the saga has this status; fails the test if it does not come to it.
  saga::Instance wait_for(base::SagaId id, saga::SagaStatus status,
                          base::Duration timeout = base::Duration{10'000});
  static bool eventually(const std::function<bool()>& holds,
                         base::Duration timeout = base::Duration{10'000});

  std::string value(const std::string& sql);
  int number(const std::string& sql) { return std::stoi(value(sql)); }

  ports::EngineStoreFactory stores() const;

  std::string database_;
  std::string name_space_;
  std::shared_ptr<spdlog::logger> log_;
  std::unique_ptr<ports::Bus> bus_;
  Sums sums_;
  base::SystemClock clock_;
  base::IdGenerator ids_;
  runtime::Completions completions_;
  runtime::Relay::Options relay_options_;
  runtime::Starter::Options starter_options_;
  runtime::Coordinator::Options coordinator_options_;
  runtime::Timers::Options timers_options_;
  std::unique_ptr<runtime::Definitions> definitions_;
  std::unique_ptr<runtime::Relay> relay_;
  std::unique_ptr<runtime::Starter> starter_;
  std::unique_ptr<runtime::Coordinator> coordinator_;
  std::unique_ptr<runtime::Timers> timers_;
  std::unique_ptr<runtime::Rescuer> rescuer_;

 private:
  std::map<std::pair<std::string, ports::CommandLane>, std::unique_ptr<ports::Consumer>> consumers_;
};

}  // namespace sagad::tests
