#include "scenarios/engine_fixture.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "definition/loader.hpp"
#include "jetstream/bus.hpp"
#include "postgres/migrate.hpp"
#include "postgres/stores.hpp"
#include "support/servers.hpp"

namespace sagad::tests {
namespace {

using Steady = std::chrono::steady_clock;
using Kind = ports::StreamRef::Kind;

std::shared_ptr<spdlog::logger> make_log() {
  auto log =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  log->set_level(std::getenv("SAGAD_TEST_LOG") != nullptr ? spdlog::level::debug
                                                          : spdlog::level::off);
  return log;
}

/// Streams can be made once the bus is connected.
void ensure(ports::Bus& bus, const ports::StreamRef& stream) {
  for (int tries = 0;; ++tries) {
    try {
      return bus.ensure_stream(stream);
    } catch (const ports::Unavailable&) {
      if (tries > 500) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
}

class Confirmations final : public ports::PublishSink {
 public:
  void confirmed(ports::OutboxId) override { ++confirmed_; }
  void refused(ports::OutboxId, const std::string&, bool) override {}
  std::size_t count() const { return confirmed_; }

 private:
  std::atomic<std::size_t> confirmed_{0};
};

std::string name_of(std::string_view metric, ports::Metrics::Labels labels) {
  std::string name(metric);
  name += '{';
  for (const auto& label : labels) {
    if (name.back() != '{') name += ',';
    name += label.value;
  }
  return name + '}';
}

saga::Result answer_to(const saga::Command& command, saga::Outcome outcome) {
  saga::Result result;
  result.saga = command.saga;
  result.definition = command.definition;
  result.participant = command.participant;
  result.step = command.step;
  result.item = command.item;
  result.kind = command.kind;
  result.attempt = command.attempt;
  result.round = command.round;
  result.sent_at = command.sent_at;
  result.outcome = outcome;
  return result;
}

}  // namespace

void Sums::add(std::string_view counter, Labels labels, double amount) {
  const std::lock_guard lock(mutex_);
  values_[name_of(counter, labels)] += amount;
}

void Sums::set(std::string_view gauge, Labels labels, double value) {
  const std::lock_guard lock(mutex_);
  values_[name_of(gauge, labels)] = value;
}

double Sums::of(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = values_.find(name);
  return found == values_.end() ? 0 : found->second;
}

definition::DefinitionPtr order_pay(const std::string& extra, const std::string& pay) {
  return definition::load_yaml(R"(name: order-pay
version: 1
input_schema:
  type: object
  required: [amount]
  properties: { amount: { type: integer, minimum: 1 }, note: { type: string } }
steps:
  - id: create_order
    action: order.create
    input: { amount: "${ .input.amount }" }
    compensate: order.cancel
  - id: pay
    action: pay.charge
    input: { order_id: "${ .steps.create_order.output.order_id }", note: "${ .input.note }" }
    compensate: pay.refund
    retry: { max_attempts: 3, initial_interval: 300ms, jitter: 0 }
)" + pay + R"(output: { order_id: "${ .steps.create_order.output.order_id }" }
)" + extra,
                               "order-pay.yaml");
}

EngineTest::EngineTest()
    : database_(fresh_database()), name_space_(fresh_namespace()), log_(make_log()) {
  postgres::migrate(database_, std::string(postgres::kEngineLine), postgres::engine_migrations(),
                    "0.1.0");
  relay_options_.database = "engine";
  starter_options_.fetch_wait = base::Duration{200};
  coordinator_options_.fetch_wait = base::Duration{200};
  definitions_ = std::make_unique<runtime::Definitions>(postgres::make_definition_store(database_));
  make_bus(nats().url());
}

EngineTest::~EngineTest() { stop(); }

void EngineTest::make_bus(const std::string& url) {
  consumers_.clear();
  bus_.reset();
  jetstream::BusOptions options;
  options.url = url;
  options.name_space = name_space_;
  options.commands_max_bytes = options.results_max_bytes = 32 << 20;
  options.starts_max_bytes = options.dead_max_bytes = 4 << 20;
  bus_ = jetstream::make_bus(options, log_);
  for (const auto& stream : std::vector<ports::StreamRef>{{Kind::kResults, {}},
                                                          {Kind::kStarts, {}},
                                                          {Kind::kDead, {}},
                                                          {Kind::kCommands, "order"},
                                                          {Kind::kCommands, "pay"}}) {
    ensure(*bus_, stream);
  }
}

ports::EngineStoreFactory EngineTest::stores() const {
  return [this] { return postgres::make_engine_store(database_); };
}

void EngineTest::start(const std::vector<definition::DefinitionPtr>& definitions) {
  definitions_->add(definitions, false);
  relay_ = std::make_unique<runtime::Relay>(
      relay_options_, [this] { return postgres::make_outbox_store(database_, "engine"); }, *bus_,
      sums_, log_);
  starter_ = std::make_unique<runtime::Starter>(starter_options_, stores(), *bus_, *relay_,
                                                *definitions_, clock_, sums_, log_);
  coordinator_ = std::make_unique<runtime::Coordinator>(
      coordinator_options_, stores(), *bus_, *relay_, *definitions_, completions_, sums_, log_);
  relay_->start();
  starter_->start();
  coordinator_->start();
}

void EngineTest::start_timers() {
  timers_ = std::make_unique<runtime::Timers>(timers_options_, stores(), *relay_, *definitions_,
                                              completions_, sums_, log_);
  timers_->start();
}

void EngineTest::start_rescuer(runtime::Rescuer::Options options) {
  rescuer_ = std::make_unique<runtime::Rescuer>(options, stores(), *bus_, *relay_, *definitions_,
                                                completions_, sums_, log_);
  rescuer_->start();
}

void EngineTest::stop() {
  rescuer_.reset();
  timers_.reset();
  starter_.reset();
  coordinator_.reset();
  if (relay_) relay_->stop();
  relay_.reset();
  consumers_.clear();
}

runtime::StartRequest EngineTest::request(const std::string& key, int amount) {
  runtime::StartRequest request;
  request.definition = "order-pay";
  request.key = key;
  request.input = {{"amount", amount}};
  return request;
}

base::SagaId EngineTest::start_saga(const std::string& key) {
  const auto outcome = starter_->submit(request(key));
  EXPECT_EQ(outcome.kind, runtime::StartOutcome::Kind::kStarted);
  return outcome.id;
}

std::vector<saga::Command> EngineTest::commands(const std::string& participant, std::size_t count,
                                                ports::CommandLane lane, base::Duration timeout) {
  auto& consumer = consumers_[{participant, lane}];
  if (!consumer) consumer = bus_->command_consumer(participant, lane);
  std::vector<saga::Command> result;
  const auto end = Steady::now() + timeout;
  while (result.size() < count && Steady::now() < end) {
    for (auto& delivery : consumer->fetch(count - result.size(), base::Duration{100})) {
      result.push_back(saga::decode_command(delivery->payload()));
      delivery->ack();
    }
  }
  EXPECT_EQ(result.size(), count) << "commands to " << participant;
  return result;
}

bool EngineTest::no_command(const std::string& participant, base::Duration duration) {
  auto& consumer = consumers_[{participant, ports::CommandLane::kDo}];
  if (!consumer) consumer = bus_->command_consumer(participant, ports::CommandLane::kDo);
  return consumer->fetch(1, duration).empty();
}

saga::Result EngineTest::done(const saga::Command& command, boost::json::value output) {
  auto result = answer_to(command, saga::Outcome::kDone);
  result.output = std::move(output);
  return result;
}

saga::Result EngineTest::failed(const saga::Command& command, const std::string& code) {
  auto result = answer_to(command, saga::Outcome::kFailed);
  result.code = code;
  result.message = "refused: " + code;
  return result;
}

saga::Result EngineTest::retry(const saga::Command& command) {
  auto result = answer_to(command, saga::Outcome::kRetry);
  result.code = "gateway_timeout";
  return result;
}

saga::Result EngineTest::barred(const saga::Command& command) {
  return answer_to(command, saga::Outcome::kBarred);
}

void EngineTest::send(const std::vector<saga::Result>& results) {
  Confirmations sink;
  std::vector<ports::OutboxRow> rows;
  for (const auto& result : results) {
    rows.push_back({ids_.next(clock_.now()), result.saga,
                    ports::result_subject(0, result.participant, result.definition),
                    saga::encode(result), result.sent_at});
  }
  bus_->publish(std::move(rows), sink);
  ASSERT_TRUE(bus_->flush(sink, base::Duration{10'000}));
  ASSERT_EQ(sink.count(), results.size());
}

void EngineTest::send_raw(const std::string& subject, const std::string& payload) {
  Confirmations sink;
  bus_->publish({{ids_.next(clock_.now()), base::SagaId{}, subject, payload, clock_.now()}}, sink);
  ASSERT_TRUE(bus_->flush(sink, base::Duration{10'000}));
  ASSERT_EQ(sink.count(), 1U);
}

std::optional<saga::Instance> EngineTest::find(base::SagaId id) {
  return postgres::make_engine_reader(database_)->get(id);
}

saga::Instance EngineTest::wait_for(base::SagaId id, saga::SagaStatus status,
                                    base::Duration timeout) {
  const auto reader = postgres::make_engine_reader(database_);
  std::optional<saga::Instance> instance;
  eventually(
      [&] {
        instance = reader->get(id);
        return instance && instance->status == status;
      },
      timeout);
  if (!instance) {
    ADD_FAILURE() << "no saga " << id.str();
    return {};
  }
  EXPECT_EQ(saga::to_string(instance->status), saga::to_string(status)) << instance->reason;
  return std::move(*instance);
}

bool EngineTest::eventually(const std::function<bool()>& holds, base::Duration timeout) {
  const auto end = Steady::now() + timeout;
  while (Steady::now() < end) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return holds();
}

std::string EngineTest::value(const std::string& sql) {
  pqxx::connection connection(database_);
  pqxx::nontransaction session(connection);
  const auto rows = session.exec(sql);
  if (rows.empty() || rows[0].empty() || rows[0][0].is_null()) return {};
  return rows[0][0].c_str();
}

}  // namespace sagad::tests
