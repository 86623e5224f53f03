#include "postgres/fixture.hpp"

#include <mutex>
#include <sstream>

#include "postgres/migrate.hpp"
#include "support/servers.hpp"

namespace sagad::tests {

namespace {

std::string migrated(std::string_view line, std::span<const base::MigrationFile> files) {
  std::string url = fresh_database();
  postgres::migrate(url, std::string(line), files, kRelease);
  return url;
}

std::string text(const std::optional<base::Time>& time) {
  return time ? std::to_string(base::to_micros(*time)) : "-";
}

std::string text(const saga::Document& document) {
  return document ? boost::json::serialize(*document) : "-";
}

}  // namespace

std::string engine_database() {
  return migrated(postgres::kEngineLine, postgres::engine_migrations());
}

std::string participant_database() {
  return migrated(postgres::kParticipantLine, postgres::participant_migrations());
}

std::string Sql::value(const std::string& statement) {
  const pqxx::result rows = session_.exec(statement);
  if (rows.size() != 1 || rows.columns() != 1)
    throw std::logic_error("not one value: " + statement);
  return rows[0][0].c_str();
}

base::SagaId new_id() {
  static std::mutex mutex;
  static base::IdGenerator generator(42);
  static std::int64_t at = 1'700'000'000'000'000;
  const std::lock_guard<std::mutex> guard(mutex);
  return generator.next(base::from_micros(at += 1000));
}

saga::Instance sample_instance(const std::string& key) {
  saga::Instance instance;
  instance.id = new_id();
  instance.definition = "order-pay";
  instance.digest = std::string(64, 'a');
  instance.key = key;
  instance.input = std::make_shared<const boost::json::value>(
      boost::json::parse(R"({"amount":100,"account":"ann"})"));
  instance.created_at = base::from_micros(1'700'000'000'123'456);
  instance.updated_at = base::from_micros(1'700'000'000'123'457);
  instance.sequence = 1;
  instance.steps.resize(2);
  for (saga::StepState& step : instance.steps) step.since = instance.created_at;
  return instance;
}

saga::Decision sample_decision(saga::Instance instance) {
  saga::Decision decision;
  decision.history.push_back({"started", "", {}});
  decision.instance = std::move(instance);
  decision.changed = true;
  return decision;
}

std::vector<const saga::Instance*> pointers(const std::vector<saga::Instance>& values) {
  std::vector<const saga::Instance*> result;
  for (const auto& value : values) result.push_back(&value);
  return result;
}

std::vector<const saga::Decision*> pointers(const std::vector<saga::Decision>& values) {
  std::vector<const saga::Decision*> result;
  for (const auto& value : values) result.push_back(&value);
  return result;
}

void store(ports::EngineStore& store, const std::vector<saga::Instance>& instances) {
  std::vector<saga::Decision> decisions;
  for (const auto& instance : instances) decisions.push_back(sample_decision(instance));
  auto tx = store.begin();
  for (const auto& existing : tx->insert(pointers(instances))) {
    if (existing) throw std::logic_error("the key is taken");
  }
  tx->write(pointers(decisions), true);
  tx->commit();
}

void store_decisions(ports::EngineStore& store, const std::vector<saga::Decision>& decisions) {
  std::vector<base::SagaId> ids;
  for (const auto& decision : decisions) ids.push_back(decision.instance.id);
  auto tx = store.begin();
  tx->lock(ids);
  tx->write(pointers(decisions), false);
  tx->commit();
}

ports::OutboxRow sample_outbox_row(base::SagaId saga) {
  return {new_id(), saga, "cmd.pay.do.order-pay", R"({"amount":100})",
          base::from_micros(1'700'000'000'000'001)};
}

ports::InboxRow done_row(base::SagaId saga, const std::string& step, const std::string& output) {
  ports::InboxRow row;
  row.key = do_key(saga, step);
  row.outcome = saga::Outcome::kDone;
  row.output = output;
  return row;
}

ports::ExecutionKey do_key(base::SagaId saga, const std::string& step) {
  return {saga, step, 0, saga::Kind::kDo};
}

std::string describe(const saga::Instance& instance) {
  std::ostringstream out;
  out << instance.id.str() << ' ' << instance.definition << ' ' << instance.version << ' '
      << instance.digest << " key=" << instance.key << ' ' << saga::to_string(instance.status)
      << " from="
      << (instance.paused_from ? saga::to_string(*instance.paused_from) : std::string_view("-"))
      << " reason=" << instance.reason
      << " error=" << (instance.error ? instance.error->code + ":" + instance.error->message : "-")
      << " input=" << text(instance.input) << " output=" << text(instance.output) << ' '
      << text(instance.created_at) << ' ' << text(instance.updated_at) << ' '
      << text(instance.deadline_at) << ' ' << text(instance.ended_at) << ' ' << instance.sequence
      << ' ' << saga::encode_steps(instance.steps) << ' ' << saga::encode_control(instance.control);
  for (const auto& step : instance.steps) out << " out=" << text(step.output);
  return out.str();
}

}  // namespace sagad::tests
