#include "integration/deployment.hpp"

#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <pqxx/pqxx>
#include <sstream>
#include <thread>

#include "base/id.hpp"
#include "integration/books.hpp"
#include "jetstream/bus.hpp"
#include "saga/message.hpp"
#include "support/plugins.hpp"
#include "support/servers.hpp"

namespace sagad::tests {
namespace {

using namespace std::chrono_literals;

constexpr auto kDatabases = {"engine", "order", "pay", "flaky"};

std::string plugin_of(const std::string& participant) {
  if (participant == "order") return SAGAD_TEST_PLUGIN_ORDER;
  if (participant == "pay") return SAGAD_TEST_PLUGIN_PAY;
  return SAGAD_TEST_PLUGIN_FLAKY;
}

/// Confirms what the tests publish by hand.
class Confirmation final : public ports::PublishSink {
 public:
  void confirmed(ports::OutboxId) override { ok = true; }
  void refused(ports::OutboxId, const std::string&, bool) override {}
  std::atomic<bool> ok = false;
};

std::unique_ptr<ports::Bus> bus_in(const std::string& name_space) {
  jetstream::BusOptions options;
  options.url = nats().url();
  options.name_space = name_space;
  auto log =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
  auto bus = jetstream::make_bus(options, log);
  for (int tries = 0; tries < 100 && !bus->connected(); ++tries) {
    std::this_thread::sleep_for(50ms);
  }
  return bus;
}

}  // namespace

Deployment::Deployment() : folder_("sagad-it-"), namespace_(fresh_namespace()) {
  for (const auto* database : kDatabases) databases_[database] = fresh_database();
  std::filesystem::create_directory(folder_.path() / "sagas");
  for (const auto& entry : std::filesystem::directory_iterator(SAGAD_SAGAS_FOLDER)) {
    if (entry.path().extension() != ".yaml") continue;
    std::filesystem::copy_file(entry.path(), folder_.path() / "sagas" / entry.path().filename());
  }
  const auto config = write_config("migrate", everything());
  dev::run_to_end({{SAGAD_PROGRAM, "migrate", "--config", config.string()},
                   folder_.path() / "migrate.log",
                   folder_.path(),
                   {},
                   {}},
                  60s);
  sql("pay", "INSERT INTO tbl_account (id, balance) VALUES ('alice', 999000), ('bob', 1000)");
}

Deployment::~Deployment() {
  if (!::testing::Test::HasFailure()) return;
  for (const auto& [name, daemon] : daemons_) {
    std::cerr << "---- the log of " << name << " ends with\n"
              << dev::tail_of(log(name), 40) << '\n';
  }
}

std::filesystem::path Deployment::log(const std::string& name) const {
  return folder_.path() / (name + ".log");
}

void Deployment::define(const std::string& name, const std::string& yaml) {
  dev::write_file(folder_.path() / "sagas" / (name + ".yaml"), yaml);
}

void Deployment::undefine(const std::string& name) {
  std::filesystem::remove(folder_.path() / "sagas" / (name + ".yaml"));
}

std::filesystem::path Deployment::write_config(const std::string& name, const Parts& parts) {
  std::ostringstream yaml;
  yaml << "nats: { url: \"" << nats().url() << "\", namespace: " << namespace_ << " }\n";
  if (parts.engine) {
    yaml << "engine: { database: \"" << url("engine")
         << "\", rescue_after: 2s }\ndefinitions: sagas\n";
  }
  // A port that is free now may be another test's a moment later.
  yaml << "api: { listen: \"127.0.0.1:0\", health_listen: \"127.0.0.1:0\" }\n";
  if (!parts.participants.empty()) yaml << "participants:\n";
  for (const auto& participant : parts.participants) {
    yaml << "  " << participant << ":\n    plugin: " << plugin_of(participant)
         << "\n    database: \"" << url(participant) << "\"\n";
    if (participant == "flaky") yaml << "    config: { database: \"" << url("flaky") << "\" }\n";
  }
  const auto file = folder_.path() / (name + ".yaml");
  dev::write_file(file, yaml.str());
  return file;
}

namespace {
std::uintmax_t size_of(const std::filesystem::path& file) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(file, missing);
  return missing ? 0 : size;
}
}  // namespace

void Deployment::start(const std::string& name, const Parts& parts) {
  ASSERT_FALSE(running(name)) << name << " already runs";
  const auto config = write_config(name, parts);
  const auto before = size_of(log(name));
  daemons_[name] = std::make_unique<dev::ChildProcess>(dev::Command{
      {SAGAD_PROGRAM, "run", "--config", config.string()}, log(name), folder_.path(), {}, {}});
  wait_ready(name, before);
}

namespace {
/// The port that the log names after `words`; 0 if it does not yet.
int port_after(const std::string& log, const std::string& words) {
  const auto found = log.find(words);
  if (found == std::string::npos) return 0;
  return std::atoi(log.c_str() + found + words.size());
}

std::string text_from(const std::filesystem::path& file, std::uintmax_t offset) {
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  return {std::istreambuf_iterator<char>(stream), {}};
}
}  // namespace

void Deployment::wait_ready(const std::string& name, std::uintmax_t log_before) {
  for (int tries = 0; tries < 300 && running(name); ++tries) {
    const auto text = text_from(log(name), log_before);
    const auto health = port_after(text, "health and metrics on http://127.0.0.1:");
    if (const auto api = port_after(text, "API on http://127.0.0.1:"); api != 0) api_port_ = api;
    if (health != 0) {
      httplib::Client client("127.0.0.1", health);
      const auto answer = client.Get("/readyz");
      if (answer && answer->status == 200) return;
    }
    std::this_thread::sleep_for(50ms);
  }
  FAIL() << name << " is not ready:\n" << dev::tail_of(log(name), 40);
}

void Deployment::stop(const std::string& name) {
  const auto status = daemons_.at(name)->stop(SIGTERM, 35s);
  EXPECT_TRUE(status.ok()) << name << " ended with " << status.text() << '\n'
                           << dev::tail_of(log(name), 40);
}

void Deployment::kill(const std::string& name) { daemons_.at(name)->stop(SIGKILL, 5s); }

bool Deployment::running(const std::string& name) const {
  const auto found = daemons_.find(name);
  return found != daemons_.end() && found->second->running();
}

std::optional<dev::ExitStatus> Deployment::ended(const std::string& name,
                                                 std::chrono::milliseconds timeout) {
  return daemons_.at(name)->wait_for(timeout);
}

namespace {
Deployment::Reply read(const httplib::Result& result) {
  if (!result) return {};
  json::error_code error;
  auto body = json::parse(result->body, error);
  return {result->status, error ? json::value(result->body) : std::move(body)};
}
}  // namespace

Deployment::Reply Deployment::post(const std::string& path, const json::value& body,
                                   const std::string& key) {
  httplib::Client client("127.0.0.1", api_port_);
  client.set_read_timeout(30s);
  httplib::Headers headers;
  if (!key.empty()) headers.emplace("Idempotency-Key", key);
  return read(client.Post(path.c_str(), headers, json::serialize(body), "application/json"));
}

Deployment::Reply Deployment::get(const std::string& path) {
  httplib::Client client("127.0.0.1", api_port_);
  return read(client.Get(path.c_str()));
}

std::string Deployment::start_saga(const std::string& definition, const json::value& input,
                                   const std::string& key) {
  const auto reply = post("/v1/sagas/" + definition, input, key);
  EXPECT_TRUE(reply.status == 200 || reply.status == 201)
      << reply.status << ' ' << json::serialize(reply.body);
  if (!reply.body.is_object() || !reply.body.get_object().contains("id")) return {};
  return std::string(reply.body.at("id").as_string());
}

json::object Deployment::wait_end(const std::string& id, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  Reply reply;
  while (std::chrono::steady_clock::now() < deadline) {
    reply = get("/v1/sagas/" + id);
    if (reply.status == 200) {
      const auto status = reply.body.at("status").as_string();
      if (status != "running" && status != "compensating") return reply.body.as_object();
    }
    std::this_thread::sleep_for(20ms);
  }
  ADD_FAILURE() << "saga " << id << " has not ended: " << json::serialize(reply.body);
  return reply.body.is_object() ? reply.body.as_object() : json::object{{"status", "?"}};
}

void Deployment::wait_idle(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::string open;
  while (std::chrono::steady_clock::now() < deadline) {
    open = sql("engine",
               "SELECT count(*) FROM sagad.saga WHERE status IN ('running', 'compensating')");
    if (open == "0") return;
    std::this_thread::sleep_for(50ms);
  }
  ADD_FAILURE() << open << " sagas have not ended; the oldest: "
                << sql("engine",
                       "SELECT steps::text FROM sagad.saga_instance "
                       "WHERE status IN ('running', 'compensating') ORDER BY id LIMIT 1");
}

std::string Deployment::sql(const std::string& database, const std::string& statement) {
  pqxx::connection connection(url(database));
  pqxx::work tx(connection);
  const auto rows = tx.exec(statement);
  tx.commit();
  if (rows.empty() || rows[0].size() == 0 || rows[0][0].is_null()) return {};
  return rows[0][0].as<std::string>();
}

void Deployment::set_balance(const std::string& account, std::int64_t balance) {
  sql("pay", "UPDATE tbl_account SET balance = " + std::to_string(balance) + " WHERE id = '" +
                 account + "'");
}

std::int64_t Deployment::balance(const std::string& account) {
  return std::stoll(sql("pay", "SELECT balance FROM tbl_account WHERE id = '" + account + "'"));
}

void Deployment::publish_command(const std::string& saga, const std::string& step,
                                 const std::string& action, const std::string& kind,
                                 const json::value& input) {
  saga::Command command;
  command.saga = base::SagaId::parse(saga);
  command.definition = "order-pay";
  command.participant = action.substr(0, action.find('.'));
  command.action = action.substr(action.find('.') + 1);
  command.step = step;
  command.kind = saga::parse_kind(kind);
  command.sent_at = base::SystemClock().now();
  command.input = input;
  base::IdGenerator ids;
  const auto bus = bus_in(namespace_);
  Confirmation confirmation;
  bus->publish({{ids.next(command.sent_at), command.saga,
                 ports::command_subject(command.participant, kind == "do" ? "do" : "undo",
                                        command.definition),
                 saga::encode(command), command.sent_at}},
               confirmation);
  EXPECT_TRUE(bus->flush(confirmation, 5s));
  EXPECT_TRUE(confirmation.ok) << "the bus did not take the message";
}

int Deployment::full_streams() {
  using Kind = ports::StreamRef::Kind;
  const auto bus = bus_in(namespace_);
  int streams = 0;
  const std::vector<ports::StreamRef> refs{
      {Kind::kCommands, "order"}, {Kind::kCommands, "pay"}, {Kind::kCommands, "@child"},
      {Kind::kResults, ""},       {Kind::kStarts, ""},      {Kind::kSignals, ""},
      {Kind::kDead, ""}};
  for (const auto& ref : refs) streams += bus->head(ref).empty ? 0 : 1;
  return streams;
}

void Deployment::expect_clean_books(std::int64_t total) {
  check_books(url("engine"), url("order"), url("pay"), total);
  int full = 1;
  // A message whose ack was lost comes again after the ack wait of ten seconds.
  for (int tries = 0; tries < 200 && full != 0; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(200ms);
    full = full_streams();
  }
  EXPECT_EQ(full, 0) << "streams still hold messages";
}

}  // namespace sagad::tests
