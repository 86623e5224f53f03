#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <csignal>
#include <thread>

#include "dev/network.hpp"
#include "scenarios/api_daemon.hpp"
#include "support/servers.hpp"

namespace sagad::tests {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// A configuration file in a folder of its own.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text) : file_(folder_.path() / "sagad.yaml") {
    dev::write_file(file_, text);
  }
  std::string path() const { return file_.string(); }

 private:
  dev::TempDir folder_;
  std::filesystem::path file_;
};

std::string pay_alone(const std::string& database, const std::string& nats,
                      const std::string& more = "") {
  return "nats: { url: \"" + nats + "\", namespace: " + fresh_namespace() +
         " }\n"
         "participants:\n"
         "  pay: { plugin: " SAGAD_PLUGINS_DIR "/pay.so, database: \"" +
         database +
         "\" }\n"
         "api: { health_listen: \"127.0.0.1:0\" }\n" +
         more;
}

TEST(SagadProgram, BrokenConfigurationIsToldAndIs2) {
  const ConfigFile config("engine: { databse: x }\nlog: { level: loud }\n");
  for (const auto* command : {"run", "check", "migrate"}) {
    const auto ended = run_program("sagad", {command, "--config", config.path()});
    EXPECT_EQ(ended.status.code, 2) << command;
    EXPECT_THAT(ended.output, HasSubstr("sagad: " + config.path() +
                                        ":1:11: engine.databse: unknown key; did you mean "
                                        "'database'?\n"));
    EXPECT_THAT(ended.output, HasSubstr("sagad: " + config.path() + ":2:15: log.level: "));
  }
}

TEST(SagadProgram, BrokenDefinitionsAndPluginsAreToldTogether) {
  const dev::TempDir sagas;
  dev::write_file(sagas.path() / "a.yaml", "name: a\nversion: x\n");
  const ConfigFile config(
      "participants: { pay: { plugin: /nonexistent/pay.so, database: postgresql:///pay } }\n"
      "definitions: " +
      sagas.path().string() + "\n");
  const auto ended = run_program("sagad", {"check", "--config", config.path()});
  EXPECT_EQ(ended.status.code, 2);
  EXPECT_THAT(ended.output, HasSubstr("a.yaml:2:10: version: "));
  EXPECT_THAT(ended.output, HasSubstr("participants.pay: "));
  EXPECT_THAT(ended.output, HasSubstr("/nonexistent/pay.so"));
}

TEST(SagadProgram, ActionThatThePluginLacksIsFoundBeforeTheStart) {
  const dev::TempDir sagas;
  dev::write_file(sagas.path() / "a.yaml",
                  "name: a\nversion: 1\nsteps:\n  - { id: s, action: pay.chrage }\n");
  const ConfigFile config(pay_alone("postgresql:///pay", "nats://127.0.0.1:1",
                                    "definitions: " + sagas.path().string() + "\n"));
  const auto ended = run_program("sagad", {"check", "--config", config.path()});
  EXPECT_EQ(ended.status.code, 2);
  EXPECT_THAT(ended.output, HasSubstr("a.yaml:4:5: step 's': the plugin pay "));
  EXPECT_THAT(ended.output, HasSubstr("has no action 'chrage'; did you mean 'charge'?"));
}

TEST(SagadProgram, CheckShowsWhatWouldRun) {
  const ConfigFile config(pay_alone("postgresql:///pay", "nats://127.0.0.1:1",
                                    "definitions: " SAGAD_SOURCE_DIR "/sagas\n"));
  const auto ended = run_program("sagad", {"check", "--config", config.path()});
  EXPECT_EQ(ended.status.code, 0) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("roles participants\n"));
  EXPECT_THAT(ended.output, HasSubstr("definition order-pay v1: ok, 2 steps, digest "));
  EXPECT_THAT(ended.output, HasSubstr("participant pay: ok, plugin pay "));
  EXPECT_THAT(ended.output, HasSubstr("participant order: not here"));
  EXPECT_THAT(ended.output, HasSubstr("plugin ABI: sdk 2, libstdc++ "));
}

TEST(SagadProgram, DatabaseMustBeMigratedBeforeItRuns) {
  const ConfigFile config(pay_alone(fresh_database(), nats().url()));
  const auto refused = run_program("sagad", {"run", "--config", config.path()});
  EXPECT_EQ(refused.status.code, 1);
  EXPECT_THAT(refused.output, HasSubstr("sagad: participants.pay: "));
  EXPECT_THAT(refused.output, HasSubstr("sagad migrate --config FILE"));

  const auto dry = run_program("sagad", {"migrate", "--config", config.path(), "--dry-run"});
  EXPECT_EQ(dry.status.code, 0) << dry.output;
  EXPECT_THAT(dry.output, HasSubstr("participants.pay (participant): would apply 0001_"));
  EXPECT_THAT(dry.output, HasSubstr("participants.pay (pay): would apply 0001_"));

  const auto applied = run_program("sagad", {"migrate", "--config", config.path()});
  EXPECT_EQ(applied.status.code, 0) << applied.output;
  EXPECT_THAT(applied.output, HasSubstr("participants.pay (pay): applied 0001_"));
  const auto again = run_program("sagad", {"migrate", "--config", config.path()});
  EXPECT_THAT(again.output, HasSubstr("participants.pay (pay): up to date at "));
}

/// Starts `sagad run`, waits for a line of its log, stops it.
class Running {
 public:
  explicit Running(const ConfigFile& config) : process_(command(config)) {}

  std::string output() const { return dev::tail_of(folder_.path() / "output", 1000); }
  bool wait_for(const std::string& text) const {
    for (int i = 0; i < 1000; ++i) {
      if (output().find(text) != std::string::npos) return true;
      if (!process_.running()) return false;
      std::this_thread::sleep_for(20ms);
    }
    return false;
  }
  dev::ChildProcess& process() { return process_; }

 private:
  dev::Command command(const ConfigFile& config) const {
    dev::Command command;
    command.argv = {SAGAD_BIN_DIR "/sagad", "run", "--config", config.path()};
    command.output = folder_.path() / "output";
    return command;
  }

  dev::TempDir folder_;
  dev::ChildProcess process_;
};

TEST(SagadProgram, PaymentServiceRunsAloneAndDrains) {
  const ConfigFile config(pay_alone(fresh_database(), nats().url()));
  ASSERT_EQ(run_program("sagad", {"migrate", "--config", config.path()}).status.code, 0);
  Running daemon(config);
  ASSERT_TRUE(daemon.wait_for("ready; health and metrics on http://127.0.0.1:")) << daemon.output();
  EXPECT_EQ(daemon.output().find("API on"), std::string::npos);
  EXPECT_EQ(daemon.process().stop(SIGTERM, 20s).text(), "exit code 0") << daemon.output();
}

TEST(SagadProgram, StartsWithoutNatsAndSaysThatItIsNotReady) {
  const auto port = dev::free_port();
  const ConfigFile config("nats: { url: \"nats://127.0.0.1:" + std::to_string(dev::free_port()) +
                          "\" }\nengine: { database: \"" + fresh_database() +
                          "\" }\n"
                          "api: { listen: \"127.0.0.1:0\", health_listen: \"127.0.0.1:" +
                          std::to_string(port) + "\" }\n");
  ASSERT_EQ(run_program("sagad", {"migrate", "--config", config.path()}).status.code, 0);
  Running daemon(config);
  ASSERT_TRUE(daemon.wait_for("ready; ")) << daemon.output();
  const auto answer = httplib::Client("127.0.0.1", port).Get("/readyz");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_THAT(answer->body, HasSubstr("bus: not connected to NATS"));
  EXPECT_EQ(answer->get_header_value("Content-Type"), "application/problem+json");
  EXPECT_EQ(daemon.process().stop(SIGINT, 20s).text(), "exit code 0") << daemon.output();
}

TEST(SagadDev, ChangedDefinitionIsLoadedOnHangupAndABrokenOneIsNot) {
  const dev::TempDir sagas;
  const auto file = sagas.path() / "a.yaml";
  const auto text = [](const std::string& action) {
    return "name: a\nversion: 1\nsteps:\n  - { id: s, action: order." + action + " }\n";
  };
  dev::write_file(file, text("create"));
  DevDaemon daemon(sagas.path());
  httplib::Client client("127.0.0.1", daemon.api_port());
  const auto shows = [&](const std::string& action) {
    for (int i = 0; i < 250; ++i) {
      const auto answer = client.Get("/v1/definitions/a");
      if (answer && answer->body.find("order." + action + "\"") != std::string::npos) return true;
      std::this_thread::sleep_for(20ms);
    }
    return false;
  };
  EXPECT_TRUE(shows("create"));
  dev::write_file(file, text("cancel"));
  daemon.process().signal(SIGHUP);
  EXPECT_TRUE(shows("cancel"));
  dev::write_file(file, "name: a\nversion: oops\n");
  daemon.process().signal(SIGHUP);
  for (int i = 0; i < 250 && daemon.output().find("not reloaded") == std::string::npos; ++i) {
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_THAT(daemon.output(), HasSubstr("the definitions were not reloaded, the old ones stay"));
  EXPECT_TRUE(shows("cancel"));
}

TEST(SagadDev, InterruptStopsItAndItsServers) {
  DevDaemon daemon;
  const auto nats = static_cast<std::uint16_t>(DevDaemon::port_of(daemon.url("nats")));
  EXPECT_THAT(dev::greeting_of(nats), HasSubstr("INFO"));
  const auto data = daemon.url("data");
  EXPECT_EQ(daemon.process().stop(SIGINT, 30s).text(), "exit code 0") << daemon.output();
  EXPECT_EQ(dev::greeting_of(nats), "");
  EXPECT_FALSE(std::filesystem::exists(data));
}

TEST(SagadDev, MissingPluginsAreToldInOneSentence) {
  const dev::TempDir empty;
  const auto ended =
      run_program("sagad", {"dev", "--temporary", "--plugins", empty.path().string()});
  EXPECT_EQ(ended.status.code, 2);
  EXPECT_THAT(ended.output, HasSubstr("sagad: there is no plugin (*.so) in " +
                                      empty.path().string() + "; build them, or name"));
}

}  // namespace
}  // namespace sagad::tests
