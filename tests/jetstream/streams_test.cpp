#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>
#include <thread>

#include "dev/private_nats.hpp"
#include "jetstream/bus_fixture.hpp"
#include "jetstream/names.hpp"
#include "jetstream/raw_nats.hpp"
#include "ports/errors.hpp"
#include "support/servers.hpp"

namespace sagad::jetstream::tests {
namespace {

class Streams : public BusTest {
 protected:
  Streams() : raw_(sagad::tests::nats().url()), names_(name_space_) {}

  /// Makes the stream of `ref` by other hands.
  void make(const ports::StreamRef& ref, jsRetentionPolicy retention, jsStorageType storage,
            std::string subject = {}) {
    const std::string name = names_.stream(ref);
    if (subject.empty()) subject = names_.stream_subject(ref);
    const char* subjects[] = {subject.c_str()};
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    config.Name = name.c_str();
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Retention = retention;
    config.Storage = storage;
    raw_.add_stream(config);
  }

  static std::string what_ensure_says(ports::Bus& bus, const ports::StreamRef& ref) {
    try {
      bus.ensure_stream(ref);
    } catch (const ports::Unavailable& error) {
      return std::string("unavailable: ") + error.what();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return {};
  }

  RawNats raw_;
  const Names names_;
};

TEST_F(Streams, AreMadeAsTheProtocolSays) {
  const auto bus = connected_bus();
  for (const auto& ref : {kPayCommands, kResults, kStarts, kSignals, kDead}) {
    bus->ensure_stream(ref);
    bus->ensure_stream(ref);
    const StreamInfoPtr info = raw_.stream(names_.stream(ref));
    EXPECT_EQ(info->Config->Retention, js_WorkQueuePolicy);
    EXPECT_EQ(info->Config->Storage, js_FileStorage);
    EXPECT_EQ(info->Config->Discard, js_DiscardNew);
    EXPECT_EQ(info->Config->Replicas, 1);
    EXPECT_EQ(info->Config->MaxAge, 72LL * 3600 * 1'000'000'000);
    ASSERT_EQ(info->Config->SubjectsLen, 1);
    EXPECT_EQ(info->Config->Subjects[0], names_.stream_subject(ref));
  }
  EXPECT_EQ(raw_.stream(names_.stream(kPayCommands))->Config->MaxBytes, 16 << 20);
  EXPECT_EQ(raw_.stream(names_.stream(kStarts))->Config->MaxBytes, 1 << 20);
}

TEST_F(Streams, AreUpdatedAndKeepTheirMessages) {
  const auto first = connected_bus();
  first->ensure_stream(kResults);
  RecordingSink sink;
  first->publish(rows("res.0.pay.x", 3), sink);
  ASSERT_TRUE(first->flush(sink, seconds{5}));

  BusOptions other = options();
  other.results_max_bytes = 8 << 20;
  other.max_age = base::Duration{3'600'000};
  connected_bus(other)->ensure_stream(kResults);
  const StreamInfoPtr info = raw_.stream(names_.stream(kResults));
  EXPECT_EQ(info->Config->MaxBytes, 8 << 20);
  EXPECT_EQ(info->Config->MaxAge, 3'600LL * 1'000'000'000);
  EXPECT_EQ(info->State.Msgs, 3U);
}

TEST_F(Streams, AreMendedWhereOthersMadeThemDiscardOld) {
  make(kResults, js_WorkQueuePolicy, js_FileStorage);
  ASSERT_EQ(raw_.stream(names_.stream(kResults))->Config->Discard, js_DiscardOld);
  connected_bus()->ensure_stream(kResults);
  EXPECT_EQ(raw_.stream(names_.stream(kResults))->Config->Discard, js_DiscardNew);
}

TEST_F(Streams, AreRefusedWhereTheyCannotBeMended) {
  make(kResults, js_LimitsPolicy, js_FileStorage);
  make(kStarts, js_WorkQueuePolicy, js_MemoryStorage);
  make(kDead, js_WorkQueuePolicy, js_FileStorage, "somebody.else");
  const auto bus = connected_bus();
  const std::string results = what_ensure_says(*bus, kResults);
  EXPECT_NE(results.find("stream " + names_.stream(kResults)), std::string::npos) << results;
  EXPECT_NE(results.find("retention is not work queue"), std::string::npos) << results;
  EXPECT_NE(results.find("nats stream rm " + names_.stream(kResults)), std::string::npos);
  const std::string starts = what_ensure_says(*bus, kStarts);
  EXPECT_NE(starts.find("storage is not file"), std::string::npos) << starts;
  const std::string dead = what_ensure_says(*bus, kDead);
  EXPECT_NE(dead.find("choose another namespace"), std::string::npos) << dead;
}

TEST_F(Streams, SayWhatIsWrongWithReplicasOnASingleServer) {
  BusOptions three = options();
  three.replicas = 3;
  const std::string said = what_ensure_says(*connected_bus(three), kResults);
  EXPECT_NE(said.find("set replicas to 1"), std::string::npos) << said;
}

TEST_F(Streams, AreMadeByTwoDaemonsAtOnce) {
  const auto one = connected_bus();
  const auto two = connected_bus();
  for (int i = 0; i < 10; ++i) {
    const ports::StreamRef ref{ports::StreamRef::Kind::kCommands, "p" + std::to_string(i)};
    std::thread other([&] { EXPECT_EQ(what_ensure_says(*two, ref), ""); });
    EXPECT_EQ(what_ensure_says(*one, ref), "");
    other.join();
  }
}

TEST_F(Streams, ConsumersWithOtherSettingsAreMended) {
  const auto bus = connected_bus();
  bus->ensure_stream(kResults);
  jsConsumerConfig config;
  jsConsumerConfig_Init(&config);
  config.Durable = "coordinator";
  const std::string filter = name_space_ + ".res.7.>";
  config.FilterSubject = filter.c_str();
  config.AckPolicy = js_AckExplicit;
  config.MaxAckPending = 5;
  raw_.add_consumer(names_.stream(kResults), config);
  const auto consumer = bus->result_consumer();
  consumer->fetch(1, milliseconds{10});
  const ConsumerInfoPtr info = raw_.consumer(names_.stream(kResults), "coordinator");
  EXPECT_EQ(info->Config->MaxAckPending, 20'000);
  EXPECT_TRUE(info->Config->FilterSubject == nullptr || *info->Config->FilterSubject == '\0')
      << info->Config->FilterSubject;
}

TEST_F(Streams, ShowTheirHead) {
  const auto bus = connected_bus();
  EXPECT_TRUE(bus->head(kResults).empty);  // missing: made
  EXPECT_NO_THROW(raw_.stream(names_.stream(kResults)));

  RecordingSink sink;
  const auto first = row("res.0.pay.x", "1");
  bus->publish({first, row("res.0.pay.x", "2")}, sink);
  ASSERT_TRUE(bus->flush(sink, seconds{5}));
  ports::StreamHead head = bus->head(kResults);
  EXPECT_FALSE(head.empty);
  EXPECT_EQ(head.sequence, 1U);
  EXPECT_EQ(head.sent_at, first.sent_at);

  const auto consumer = bus->result_consumer();
  for (const auto& delivery : consumer->fetch(1, seconds{5})) delivery->ack();
  EXPECT_TRUE(eventually([&] { return bus->head(kResults).sequence == 2; }));
  for (const auto& delivery : consumer->fetch(1, seconds{5})) delivery->ack();
  EXPECT_TRUE(eventually([&] { return bus->head(kResults).empty; }));

  raw_.publish(name_space_ + ".res.0.pay.x", "without a time");
  EXPECT_TRUE(eventually([&] { return !bus->head(kResults).empty; }));
  EXPECT_FALSE(bus->head(kResults).sent_at);
}

TEST_F(Streams, ShowTheirHeadWhileItMoves) {
  const auto bus = connected_bus();
  const auto consumer = bus->result_consumer();
  bus->ensure_stream(kResults);
  RecordingSink sink;
  bus->publish(rows("res.0.pay.x", 3'000), sink);
  ASSERT_TRUE(bus->flush(sink, seconds{10}));
  std::thread worker([&] { drain(*consumer, 3'000); });
  std::uint64_t last = 0;
  EXPECT_TRUE(eventually([&] {
    const ports::StreamHead head = bus->head(kResults);
    if (head.empty) return true;
    EXPECT_GE(head.sequence, last);
    last = head.sequence;
    return false;
  }));
  worker.join();
}

TEST_F(Streams, DoNotHaveHealthyConsumersRepaired) {
  const auto bus = connected_bus();
  const auto consumer = bus->result_consumer();
  EXPECT_EQ(bus->repair_consumers(kResults, milliseconds{0}), 0);  // no stream, no consumer
  RecordingSink sink;
  bus->ensure_stream(kResults);
  bus->publish(rows("res.0.pay.x", 10), sink);
  ASSERT_TRUE(bus->flush(sink, seconds{5}));
  for (int i = 0; i < 5; ++i) {
    for (const auto& delivery : consumer->fetch(2, seconds{5})) delivery->ack();
    EXPECT_EQ(bus->repair_consumers(kResults, milliseconds{0}), 0);
  }
}

TEST_F(Streams, HaveAConsumerRepairedThatDoesNotMove) {
  const auto bus = connected_bus();
  bus->ensure_stream(kResults);
  RecordingSink sink;
  bus->publish(rows("res.0.pay.x", 3), sink);
  ASSERT_TRUE(bus->flush(sink, seconds{5}));
  // One message is out and holds up the rest: pending, pulled, and not moving.
  jsConsumerConfig config;
  jsConsumerConfig_Init(&config);
  config.Durable = "coordinator";
  config.AckPolicy = js_AckExplicit;
  config.MaxAckPending = 1;
  config.AckWait = 60'000'000'000;
  raw_.add_consumer(names_.stream(kResults), config);
  const std::string next = "$JS.API.CONSUMER.MSG.NEXT." + names_.stream(kResults) + ".coordinator";
  const auto inbox = raw_.subscribe("_INBOX." + name_space_ + ".*");
  raw_.request(next, "_INBOX." + name_space_ + ".1", R"({"batch":1})");
  ASSERT_TRUE(RawNats::next(*inbox));
  raw_.request(next, "_INBOX." + name_space_ + ".2", R"({"batch":1,"expires":30000000000})");

  EXPECT_EQ(bus->repair_consumers(kResults, milliseconds{200}), 0);
  EXPECT_EQ(bus->repair_consumers(kResults, milliseconds{60'000}), 0);
  std::this_thread::sleep_for(milliseconds{250});
  EXPECT_EQ(bus->repair_consumers(kResults, milliseconds{200}), 1);
  EXPECT_EQ(bus->repair_consumers(kResults, milliseconds{200}), 0);
  const auto consumer = bus->result_consumer();
  EXPECT_EQ(drain(*consumer, 3, seconds{5}).size(), 3U);
}

TEST_F(Streams, HaveAConsumerRepairedThatIsAhead) {
  dev::PrivateNats server;
  BusOptions there = options();
  there.url = server.url();
  auto bus = connected_bus(there);
  auto consumer = bus->result_consumer();
  bus->ensure_stream(kResults);
  RecordingSink sink;
  bus->publish(rows("res.0.pay.x", 10), sink);
  ASSERT_TRUE(bus->flush(sink, seconds{5}));
  EXPECT_EQ(drain(*consumer, 10).size(), 10U);
  EXPECT_TRUE(eventually([&] { return bus->head(kResults).empty; }));

  // The messages are lost, the consumer is not: what a restore of half a store leaves.
  server.stop();
  bool lost = false;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(server.folder())) {
    if (entry.path().filename() == "msgs" && entry.is_directory()) {
      for (const auto& file : std::filesystem::directory_iterator(entry.path())) {
        std::filesystem::remove(file.path());
        lost = true;
      }
    }
  }
  ASSERT_TRUE(lost);
  server.start();
  ASSERT_TRUE(eventually([&] { return bus->connected(); }));
  ASSERT_TRUE(eventually([&] {
    RecordingSink again;
    bus->publish(rows("res.0.pay.x", 1), again);
    return bus->flush(again, seconds{5}) && again.confirmed_ids().size() == 1;
  }));
  const auto before = RawNats(server.url()).consumer(names_.stream(kResults), "coordinator");
  ASSERT_GE(before->Delivered.Stream, 10U) << "the server has mended it by itself";
  EXPECT_TRUE(consumer->fetch(10, milliseconds{300}).empty());
  EXPECT_EQ(bus->repair_consumers(kResults, seconds{30}), 1);
  EXPECT_EQ(bus->repair_consumers(kResults, seconds{30}), 0);
  EXPECT_EQ(drain(*consumer, 1, seconds{5}).size(), 1U);
}

TEST_F(Streams, AreUnavailableWhileTheServerIsAway) {
  BusOptions nowhere = options();
  nowhere.url = "nats://127.0.0.1:1";
  const auto bus = make_bus(nowhere, quiet_log());
  EXPECT_FALSE(bus->connected());
  EXPECT_THROW(bus->ensure_stream(kResults), ports::Unavailable);
  EXPECT_THROW(bus->head(kResults), ports::Unavailable);
  EXPECT_THROW(bus->repair_consumers(kResults, seconds{30}), ports::Unavailable);
}

}  // namespace
}  // namespace sagad::jetstream::tests
