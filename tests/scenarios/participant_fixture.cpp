#include "scenarios/participant_fixture.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "jetstream/bus.hpp"
#include "postgres/migrate.hpp"
#include "postgres/stores.hpp"
#include "support/servers.hpp"

namespace sagad::tests {
namespace {

using Steady = std::chrono::steady_clock;
using Kind = ports::StreamRef::Kind;

const ports::StreamRef kCommands{Kind::kCommands, "pay"};
const ports::StreamRef kResults{Kind::kResults, {}};
const ports::StreamRef kDead{Kind::kDead, {}};

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

/// Wants every publish confirmed.
class Confirmations final : public ports::PublishSink {
 public:
  void confirmed(ports::OutboxId) override { ++confirmed_; }
  void refused(ports::OutboxId, const std::string&, bool) override {}
  std::size_t count() const { return confirmed_; }

 private:
  std::atomic<std::size_t> confirmed_{0};
};

}  // namespace

ports::StepAnswer done(boost::json::value output) {
  ports::StepAnswer answer;
  answer.output = std::move(output);
  return answer;
}

ports::StepAnswer failed(const std::string& code) {
  ports::StepAnswer answer;
  answer.outcome = saga::Outcome::kFailed;
  answer.code = code;
  answer.message = "refused: " + code;
  return answer;
}

ports::StepAnswer retry(const std::string& code) {
  auto answer = failed(code);
  answer.outcome = saga::Outcome::kRetry;
  return answer;
}

void write_effect(const saga::Command& command, Transaction& transaction, const std::string& what) {
  transaction.exec("INSERT INTO effect (saga, step, what) VALUES ($1, $2, $3)", command.saga.str(),
                   command.step, what);
}

void Actions::add(ports::ActionInfo info, Run run, RunBatch batch) {
  auto& entry = actions_[info.name];
  info.has_batch = static_cast<bool>(batch);
  entry.info = std::move(info);
  entry.run = std::move(run);
  entry.batch = std::move(batch);
}

void Actions::add_external(const std::string& name, RunExternal run) {
  auto& entry = actions_[name];
  entry.info = {.name = name, .external = true};
  entry.external = std::move(run);
}

ports::StepAnswer Actions::run_external(const saga::Command& command) {
  auto& entry = actions_.at(command.action);
  ++entry.runs;
  return entry.external(command);
}

int Actions::runs(const std::string& action) const { return actions_.at(action).runs; }

const ports::ActionInfo* Actions::find(const std::string& action) const {
  const auto found = actions_.find(action);
  return found == actions_.end() ? nullptr : &found->second.info;
}

ports::StepAnswer Actions::run(const saga::Command& command, Transaction& transaction) {
  auto& entry = actions_.at(command.action);
  ++entry.runs;
  return entry.run(command, transaction);
}

std::vector<ports::StepAnswer> Actions::run_batch(std::span<const saga::Command* const> commands,
                                                  Transaction& transaction) {
  ++batch_runs_;
  return actions_.at(commands.front()->action).batch(commands, transaction);
}

void Counters::add(std::string_view counter, Labels, double amount) {
  const std::lock_guard lock(mutex_);
  counts_[std::string(counter)] += amount;
}

double Counters::of(const std::string& counter) const {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(counter);
  return found == counts_.end() ? 0 : found->second;
}

ParticipantTest::ParticipantTest() : database_(fresh_database()), name_space_(fresh_namespace()) {
  postgres::migrate(database_, std::string(postgres::kParticipantLine),
                    postgres::participant_migrations(), "0.1.0");
  execute(
      "CREATE TABLE account (id text PRIMARY KEY, balance bigint NOT NULL);"
      "CREATE TABLE effect (saga uuid, step text, what text);"
      "INSERT INTO account VALUES ('rich', 100), ('poor', 0)");
  jetstream::BusOptions bus_options;
  bus_options.url = nats().url();
  bus_options.name_space = name_space_;
  bus_options.commands_max_bytes = bus_options.results_max_bytes = 32 << 20;
  bus_options.starts_max_bytes = bus_options.dead_max_bytes = 4 << 20;
  bus_ = jetstream::make_bus(bus_options, make_log());
  for (const auto& stream : {kCommands, kResults, kDead}) ensure(*bus_, stream);
  terminator_ = postgres::make_session_terminator(database_);
  results_ = bus_->result_consumer();
  options_.name = "pay";
  options_.fetch_wait = base::Duration{200};
}

ParticipantTest::~ParticipantTest() {
  stop();
  results_.reset();
}

void ParticipantTest::start() {
  const auto log = make_log();
  runtime::Relay::Options relay_options;
  relay_options.database = "pay";
  relay_ = std::make_unique<runtime::Relay>(
      relay_options, [this] { return postgres::make_outbox_store(database_, "pay"); }, *bus_,
      counters_, log);
  relay_->start();
  participant_ = std::make_unique<runtime::Participant>(
      options_, [this] { return postgres::make_participant_store(database_); }, *terminator_,
      actions_, *bus_, *relay_, clock_, counters_, log, [this] { ++hung_calls_; });
  participant_->start();
}

void ParticipantTest::stop() {
  participant_.reset();
  if (relay_) relay_->stop();
  relay_.reset();
}

std::unique_ptr<ports::ParticipantStore> ParticipantTest::store() const {
  return postgres::make_participant_store(database_);
}

saga::Command ParticipantTest::command(saga::Kind kind, const std::string& action) {
  saga::Command result;
  result.saga = ids_.next(clock_.now());
  result.definition = "order-pay";
  result.participant = "pay";
  result.action = action;
  result.step = "pay";
  result.kind = kind;
  result.timeout = base::Duration{10'000};
  result.sent_at = clock_.now();
  result.input = {{"account", "rich"}, {"amount", 1}};
  return result;
}

saga::Command ParticipantTest::after(const saga::Command& action, saga::Kind kind,
                                     const std::string& name) {
  auto result = action;
  result.kind = kind;
  if (kind == saga::Kind::kUndo) result.action = name;
  return result;
}

void ParticipantTest::send(const std::vector<saga::Command>& commands) {
  Confirmations sink;
  std::vector<ports::OutboxRow> rows;
  for (const auto& command : commands) {
    const char* lane = command.kind == saga::Kind::kDo ? "do" : "undo";
    rows.push_back({ids_.next(clock_.now()), command.saga,
                    ports::command_subject(command.participant, lane, command.definition),
                    saga::encode(command), command.sent_at});
  }
  bus_->publish(std::move(rows), sink);
  bus_->flush(sink, base::Duration{10'000});
  ASSERT_EQ(sink.count(), commands.size());
}

void ParticipantTest::send_raw(const std::string& subject, const std::string& payload) {
  Confirmations sink;
  bus_->publish({{ids_.next(clock_.now()), {}, subject, payload, clock_.now()}}, sink);
  bus_->flush(sink, base::Duration{10'000});
  ASSERT_EQ(sink.count(), 1U);
}

std::vector<saga::Result> ParticipantTest::results(std::size_t count, base::Duration timeout) {
  const auto deadline = Steady::now() + timeout;
  while (waiting_.size() < count && Steady::now() < deadline) {
    for (auto& delivery : results_->fetch(256, base::Duration{100})) {
      waiting_.push_back(saga::decode_result(delivery->payload()));
      delivery->ack();
    }
  }
  EXPECT_GE(waiting_.size(), count) << "results are missing";
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(count, waiting_.size()));
  std::vector<saga::Result> taken(waiting_.begin(), end);
  waiting_.erase(waiting_.begin(), end);
  if (taken.size() < count) throw std::runtime_error("results are missing");
  return taken;
}

bool ParticipantTest::silent(base::Duration duration) {
  const auto deadline = Steady::now() + duration;
  while (waiting_.empty() && Steady::now() < deadline) {
    for (auto& delivery : results_->fetch(256, base::Duration{50})) {
      waiting_.push_back(saga::decode_result(delivery->payload()));
      delivery->ack();
    }
  }
  return waiting_.empty();
}

std::optional<runtime::DeadLetterReport> ParticipantTest::dead_letter() {
  const auto consumer = bus_->dead_consumer();
  const auto deadline = Steady::now() + std::chrono::seconds(15);
  while (Steady::now() < deadline) {
    for (auto& delivery : consumer->fetch(1, base::Duration{200})) {
      auto report = runtime::decode_dead_letter(delivery->payload());
      delivery->ack();
      return report;
    }
  }
  return std::nullopt;
}

std::string ParticipantTest::value(const std::string& sql) {
  pqxx::connection connection(database_);
  pqxx::nontransaction session(connection);
  const auto rows = session.exec(sql);
  return rows.empty() || rows[0][0].is_null() ? std::string() : rows[0][0].as<std::string>();
}

int ParticipantTest::effects(const saga::Command& command) {
  return number("SELECT count(*) FROM effect WHERE saga = '" + command.saga.str() + "'");
}

void ParticipantTest::expect_clean() {
  const auto deadline = Steady::now() + std::chrono::seconds(10);
  bool clean = false;
  while (!clean && Steady::now() < deadline) {
    clean = bus_->head(kCommands).empty && number("SELECT count(*) FROM sagad.outbox") == 0 &&
            number("SELECT count(*) FROM sagad.poison_start") == 0;
    if (!clean) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(bus_->head(kCommands).empty) << "commands are left";
  EXPECT_EQ(number("SELECT count(*) FROM sagad.outbox"), 0);
  EXPECT_EQ(number("SELECT count(*) FROM sagad.poison_start"), 0);
}

void ParticipantTest::add_charge_and_refund() {
  actions_.add({.name = "charge", .lock_key = "/account", .refuses_before_writing = true},
               [](const saga::Command& command, Transaction& transaction) {
                 const std::string account(command.input.at("account").as_string());
                 const auto amount = command.input.at("amount").as_int64();
                 const auto debited = transaction.exec(
                     "UPDATE account SET balance = balance - $2 WHERE id = $1 AND balance >= $2 "
                     "RETURNING balance",
                     account, amount);
                 if (debited.empty()) return failed("insufficient_funds");
                 write_effect(command, transaction, "charge");
                 return done({{"left", debited[0][0].as<std::int64_t>()}});
               });
  actions_.add({.name = "refund", .lock_key = "/account"},
               [](const saga::Command& command, Transaction& transaction) {
                 transaction.exec("UPDATE account SET balance = balance + $2 WHERE id = $1",
                                  std::string(command.input.at("account").as_string()),
                                  command.input.at("amount").as_int64());
                 write_effect(command, transaction, "refund");
                 return done();
               });
}

}  // namespace sagad::tests
