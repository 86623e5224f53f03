#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "definition/loader.hpp"
#include "sagad/config_load.hpp"

namespace sagad::daemon {
namespace {

using testing::ElementsAre;

std::optional<std::string> environment(const std::string& name) {
  if (name == "PASSWORD") return "s3cret";
  if (name == "WORKERS") return "7";
  return std::nullopt;
}

Config parse(std::string_view text) {
  return parse_config(text, "/etc/sagad/sagad.yaml", environment);
}

/// The problems of a broken configuration, one text each, without the name of the file.
std::vector<std::string> problems(std::string_view text) {
  try {
    parse_config(text, "sagad.yaml", environment);
  } catch (const definition::DefinitionError& error) {
    std::vector<std::string> texts;
    for (const auto& problem : error.problems()) texts.push_back(problem.str());
    return texts;
  }
  return {"accepted"};
}

TEST(ConfigLoad, ReadsEverything) {
  const auto config = parse(R"(
engine: { database: "postgresql://sagad:${PASSWORD}@db/engine", workers: 4 }
nats:
  url: nats://one:4222,nats://two:4222
  namespace: shop
  credentials: nats.creds
  tls: { ca: /etc/ca.pem, cert: client.pem, key: client.key }
participants:
  pay:
    plugin: plugins/pay.so
    database: host=db dbname=pay
    workers: "${WORKERS}"
    config: { currency: EUR, limits: [1, "${PASSWORD}"] }
definitions: [sagas, /srv/sagas]
roles: [coordinator, participants]
api: { listen: "127.0.0.1:9000", health_listen: "0.0.0.0:9001", connections: 32 }
log: { level: debug, format: json }
shutdown_grace: 10s
)");
  EXPECT_EQ(config.engine.value().database, "postgresql://sagad:s3cret@db/engine");
  EXPECT_EQ(config.engine.value().workers, 4);
  EXPECT_EQ(config.nats.url, "nats://one:4222,nats://two:4222");
  EXPECT_EQ(config.nats.name_space, "shop");
  EXPECT_EQ(config.nats.credentials, "/etc/sagad/nats.creds");
  EXPECT_EQ(config.nats.tls_ca, "/etc/ca.pem");
  EXPECT_EQ(config.nats.tls_key, "/etc/sagad/client.key");
  ASSERT_EQ(config.participants.size(), 1U);
  EXPECT_EQ(config.participants[0].name, "pay");
  EXPECT_EQ(config.participants[0].plugin, "/etc/sagad/plugins/pay.so");
  EXPECT_EQ(config.participants[0].database, "host=db dbname=pay");
  EXPECT_EQ(config.participants[0].workers, 7);
  EXPECT_EQ(boost::json::serialize(config.participants[0].config),
            R"({"currency":"EUR","limits":[1,"s3cret"]})");
  EXPECT_THAT(config.definitions, ElementsAre("/etc/sagad/sagas", "/srv/sagas"));
  EXPECT_TRUE(config.roles.coordinator);
  EXPECT_FALSE(config.roles.api);
  EXPECT_TRUE(config.roles.participants);
  EXPECT_EQ(config.api.listen.str(), "127.0.0.1:9000");
  EXPECT_EQ(config.api.health_listen.str(), "0.0.0.0:9001");
  EXPECT_EQ(config.api.connections, 32);
  EXPECT_EQ(config.log.level, "debug");
  EXPECT_EQ(config.log.format, LogFormat::kJson);
  EXPECT_EQ(config.shutdown_grace, base::Duration{10'000});
}

TEST(ConfigLoad, RolesFollowFromTheSections) {
  const auto engine = parse("engine: { database: postgresql:///engine }");
  EXPECT_TRUE(engine.roles.coordinator);
  EXPECT_TRUE(engine.roles.api);
  EXPECT_FALSE(engine.roles.participants);

  const auto pay = parse("participants: { pay: { plugin: p.so, database: postgresql:///pay } }");
  EXPECT_FALSE(pay.roles.coordinator);
  EXPECT_FALSE(pay.roles.api);
  EXPECT_TRUE(pay.roles.participants);
}

TEST(ConfigLoad, DefaultsAreTheDocumentedOnes) {
  const auto config = parse("engine: { database: postgresql:///engine }");
  EXPECT_EQ(config.nats.url, "nats://127.0.0.1:4222");
  EXPECT_EQ(config.nats.name_space, "sagad");
  EXPECT_EQ(config.api.listen.str(), "127.0.0.1:8080");
  EXPECT_EQ(config.api.health_listen.str(), "127.0.0.1:8081");
  EXPECT_EQ(config.log.level, "info");
  EXPECT_EQ(config.log.format, LogFormat::kText);
  EXPECT_EQ(config.shutdown_grace, base::Duration{30'000});
}

TEST(ConfigLoad, DollarIsEscapedByDoublingIt) {
  const auto config = parse(R"(engine: { database: "host=db password=a$${b" })");
  EXPECT_EQ(config.engine.value().database, "host=db password=a${b");
}

TEST(ConfigLoad, UnknownKeysAreRefusedWithTheNearestOne) {
  EXPECT_THAT(problems("engine:\n  databse: postgresql:///engine\n"),
              ElementsAre("sagad.yaml:2:3: engine: the key 'database' is missing: "
                          "postgresql://user@host:5432/name, or host=... dbname=...",
                          "sagad.yaml:2:3: engine.databse: unknown key; did you mean 'database'?"));
}

TEST(ConfigLoad, AllProblemsAreToldAtOnce) {
  EXPECT_THAT(
      problems("engine: { database: postgresql:///engine, workers: many }\n"
               "log: { level: loud }\n"
               "shutdown_grace: soon\n"),
      ElementsAre("sagad.yaml:1:52: engine.workers: must be a whole number from 1 to 64, not "
                  "'many'",
                  "sagad.yaml:2:15: log.level: must not be 'loud'; known are 'trace', 'debug', "
                  "'info', 'warn', 'error'",
                  "sagad.yaml:3:17: shutdown_grace: not a duration: 'soon' (expected a whole "
                  "number and a unit: 500ms, 30s, 15m, 24h)"));
}

TEST(ConfigLoad, MissingEnvironmentVariableIsNamed) {
  EXPECT_THAT(problems("engine: { database: \"postgresql://u:${NOBODY}@h/d\" }"),
              ElementsAre("sagad.yaml:1:21: engine.database: the environment variable 'NOBODY' is "
                          "not set"));
}

TEST(ConfigLoad, UnclosedVariableIsRefused) {
  EXPECT_THAT(problems("engine: { database: \"host=${A\" }"),
              ElementsAre("sagad.yaml:1:21: engine.database: '${' has no '}'; write '$${' for a "
                          "literal '${'"));
}

TEST(ConfigLoad, WrongDatabaseIsNotRepeatedBecauseItMayHoldAPassword) {
  const auto texts = problems("engine: { database: s3cret }");
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0].find("s3cret"), std::string::npos);
  EXPECT_NE(texts[0].find("engine.database: must be a URL"), std::string::npos);
}

TEST(ConfigLoad, NothingToRunIsRefused) {
  EXPECT_THAT(problems("log: { level: info }"),
              ElementsAre("sagad.yaml:1:1: there is nothing to run: add the section 'engine' or "
                          "'participants'"));
}

TEST(ConfigLoad, RolesNeedTheirSections) {
  EXPECT_THAT(problems("engine: { database: postgresql:///e }\nroles: [participants, boss]\n"),
              ElementsAre("sagad.yaml:2:8: roles: the role 'participants' needs the section "
                          "'participants'",
                          "sagad.yaml:2:8: roles: unknown role 'boss'; known are 'coordinator', "
                          "'api', 'participants'"));
}

TEST(ConfigLoad, ApiForOtherMachinesMustBeAskedFor) {
  const std::string open = "engine: { database: postgresql:///e }\napi: { listen: \"0.0.0.0:80\"";
  const auto texts = problems(open + " }\n");
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_NE(texts[0].find("sagad.yaml:2:16: api.listen: 0.0.0.0:80 can be reached by other "
                          "machines"),
            std::string::npos)
      << texts[0];
  EXPECT_NE(texts[0].find("'allow_remote: true'"), std::string::npos);
  EXPECT_EQ(parse(open + ", allow_remote: true }\n").api.listen.str(), "0.0.0.0:80");
}

TEST(ConfigLoad, BadAddressIsRefused) {
  EXPECT_THAT(problems("engine: { database: postgresql:///e }\napi: { listen: \"8080\" }\n"),
              ElementsAre("sagad.yaml:2:16: api.listen: not an address: '8080' (expected "
                          "host:port, for example 127.0.0.1:8080 or [::1]:8080)"));
}

TEST(ConfigLoad, ParticipantNeedsPluginDatabaseAndAName) {
  EXPECT_THAT(problems("participants:\n  Pay: { workers: 0 }\n"),
              testing::UnorderedElementsAre(
                  "sagad.yaml:2:8: participants.Pay: a participant's name is a lower-case letter, "
                  "then letters, digits and '_'",
                  "sagad.yaml:2:8: participants.Pay: the key 'database' is missing: "
                  "postgresql://user@host:5432/name, or host=... dbname=...",
                  "sagad.yaml:2:8: participants.Pay: the key 'plugin' is missing: the path of "
                  "Pay.so",
                  "sagad.yaml:2:19: participants.Pay.workers: must be a whole number from 1 to 64, "
                  "not 0"));
}

TEST(ConfigLoad, DuplicateKeysAreRefused) {
  const auto texts = problems("log: { level: info }\nlog: { level: warn }\n");
  ASSERT_FALSE(texts.empty());
  EXPECT_NE(texts[0].find("sagad.yaml:2:1: "), std::string::npos);
  EXPECT_NE(texts[0].find("twice"), std::string::npos);
}

TEST(ConfigLoad, FileThatIsNotThereIsAProblemAndNotACrash) {
  try {
    load_config("/nonexistent/sagad.yaml");
    FAIL() << "accepted";
  } catch (const definition::DefinitionError& error) {
    ASSERT_EQ(error.problems().size(), 1U);
    EXPECT_NE(std::string(error.what()).find("/nonexistent/sagad.yaml"), std::string::npos);
  }
}

/// What is shipped to start from has to be right.
TEST(ConfigLoad, ExamplesAreAccepted) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(SAGAD_SOURCE_DIR "/examples/config")) {
    std::ifstream file(entry.path());
    std::ostringstream text;
    text << file.rdbuf();
    const auto any = [](const std::string&) { return std::optional<std::string>("x"); };
    EXPECT_NO_THROW(parse_config(text.str(), entry.path(), any)) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 4);
}

}  // namespace
}  // namespace sagad::daemon
