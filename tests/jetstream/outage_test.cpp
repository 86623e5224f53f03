// The server goes away, comes back, forgets, or hangs.

#include <gtest/gtest.h>
#include <sys/types.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "dev/private_nats.hpp"
#include "jetstream/bus_fixture.hpp"
#include "jetstream/names.hpp"
#include "jetstream/raw_nats.hpp"

namespace sagad::jetstream::tests {
namespace {

using Clock = std::chrono::steady_clock;

/// The process that runs with this folder in its command line.
pid_t process_of(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "cmdline");
    std::stringstream line;
    line << file.rdbuf();
    if (line.str().find("nats-server") != std::string::npos &&
        line.str().find(folder.string()) != std::string::npos) {
      return std::stoi(name);
    }
  }
  return 0;
}

/// Each test has a server of its own to be unkind to.
class Outage : public BusTest {
 protected:
  BusOptions here() const {
    BusOptions options = this->options();
    options.url = server_.url();
    return options;
  }

  /// Publishes again what is refused, as the relay does, until all are confirmed.
  void publish_all(ports::Bus& bus, std::vector<ports::OutboxRow> left,
                   seconds timeout = seconds{30}) {
    const auto deadline = Clock::now() + timeout;
    while (!left.empty() && Clock::now() < deadline) {
      RecordingSink sink;
      bus.publish(left, sink);
      ASSERT_TRUE(bus.flush(sink, seconds{10}));
      ASSERT_EQ(sink.ended(), left.size());
      std::set<ports::OutboxId> refused;
      for (const auto& refusal : sink.refusals()) {
        EXPECT_FALSE(refusal.permanent) << refusal.reason;
        refused.insert(refusal.id);
      }
      std::erase_if(left, [&](const ports::OutboxRow& row) { return !refused.count(row.id); });
      if (!left.empty()) std::this_thread::sleep_for(milliseconds{20});
    }
    EXPECT_TRUE(left.empty()) << left.size() << " were never confirmed";
  }

  dev::PrivateNats server_;
};

TEST_F(Outage, StartsBeforeTheServerAndFindsIt) {
  server_.stop();
  const auto bus = make_bus(here(), quiet_log());
  const auto consumer = bus->result_consumer();
  EXPECT_FALSE(bus->connected());

  RecordingSink sink;
  const auto start = Clock::now();
  bus->publish(rows("res.0.pay.x", 10), sink);
  EXPECT_EQ(sink.refusals().size(), 10U);  // at once, without a flush
  EXPECT_LT(Clock::now() - start, milliseconds{100});
  EXPECT_TRUE(bus->flush(sink, milliseconds{1}));
  EXPECT_TRUE(consumer->fetch(256, seconds{20}).empty());
  EXPECT_LT(Clock::now() - start, milliseconds{500});

  server_.start();
  ASSERT_TRUE(eventually([&] { return bus->connected(); }, seconds{5}));
  publish_all(*bus, rows("res.0.pay.x", 10));
  EXPECT_EQ(drain(*consumer, 10).size(), 10U);
}

TEST_F(Outage, LosesNothingWhenTheServerIsKilledAgainAndAgain) {
  const auto bus = connected_bus(here());
  bus->ensure_stream(kResults);
  constexpr std::size_t kBatches = 60;
  constexpr std::size_t kEach = 50;
  std::set<std::string> sent;
  std::vector<std::vector<ports::OutboxRow>> batches(kBatches);
  for (std::size_t i = 0; i < kBatches * kEach; ++i) {
    batches[i / kEach].push_back(row("res.0.pay.x", std::to_string(i)));
    sent.insert(std::to_string(i));
  }
  std::atomic<bool> done{false};
  std::thread killer([&] {
    for (int i = 0; i < 3; ++i) {
      std::this_thread::sleep_for(milliseconds{120});
      server_.kill();
      std::this_thread::sleep_for(milliseconds{50});
      server_.start();
    }
    done = true;
  });
  std::multiset<std::string> got;
  std::thread worker([&] {
    const auto consumer = bus->result_consumer();
    got = drain(*consumer, sent.size(), seconds{45});
  });
  for (auto& batch : batches) {
    publish_all(*bus, std::move(batch));
    if (!done) std::this_thread::sleep_for(milliseconds{10});
  }
  killer.join();
  worker.join();
  EXPECT_EQ(std::set<std::string>(got.begin(), got.end()), sent);
}

TEST_F(Outage, RefusesAtOnceWhatIsInFlightWhenTheConnectionBreaks) {
  BusOptions patient = here();
  patient.publish_timeout = seconds{60};
  const auto bus = connected_bus(patient);
  bus->ensure_stream(kResults);
  {
    RawNats raw(server_.url());
    const StreamInfoPtr info = raw.stream(Names(name_space_).stream(kResults));
    jsStreamConfig config = *info->Config;
    config.NoAck = true;
    raw.update_stream(config);
  }
  RecordingSink sink;
  bus->publish(rows("res.0.pay.x", 100), sink);
  EXPECT_FALSE(bus->flush(sink, milliseconds{50}));
  server_.kill();
  EXPECT_TRUE(bus->flush(sink, seconds{2}));
  ASSERT_EQ(sink.refusals().size(), 100U);
  EXPECT_EQ(sink.refusals()[0].reason, "the connection to NATS was lost");
  EXPECT_FALSE(bus->connected());
}

TEST_F(Outage, FindsItsWayAfterTheStoreWasWiped) {
  const auto bus = connected_bus(here());
  bus->ensure_stream(kPayCommands);
  const auto action = bus->command_consumer("pay", ports::CommandLane::kDo);
  const auto undo = bus->command_consumer("pay", ports::CommandLane::kUndo);
  publish_all(*bus, rows("cmd.pay.do.x", 20));
  EXPECT_EQ(drain(*action, 20).size(), 20U);
  EXPECT_TRUE(undo->fetch(1, milliseconds{10}).empty());

  std::atomic<bool> stop{false};
  std::atomic<int> undone{0};
  std::thread worker([&] {  // in the middle of a fetch when it happens
    while (!stop) {
      for (const auto& delivery : undo->fetch(256, seconds{5})) {
        delivery->ack();
        ++undone;
      }
    }
  });
  server_.wipe_store();
  const auto wiped = Clock::now();
  publish_all(*bus, rows("cmd.pay.undo.x", 5));
  EXPECT_TRUE(eventually([&] { return undone == 5; }, seconds{5}));
  publish_all(*bus, rows("cmd.pay.do.x", 5));
  EXPECT_EQ(drain(*action, 5, seconds{5}).size(), 5U);
  EXPECT_LT(Clock::now() - wiped, seconds{4});
  stop = true;
  undo->interrupt();
  worker.join();
}

TEST_F(Outage, MakesAgainAStreamThatIsDeletedUnderIt) {
  const auto bus = connected_bus(here());
  bus->ensure_stream(kResults);
  const auto consumer = bus->result_consumer();
  EXPECT_TRUE(consumer->fetch(1, milliseconds{10}).empty());
  std::vector<ports::DeliveryPtr> batch;
  std::thread worker([&] { batch = consumer->fetch(256, seconds{20}); });
  std::this_thread::sleep_for(milliseconds{200});
  const auto start = Clock::now();
  RawNats(server_.url()).delete_stream(Names(name_space_).stream(kResults));
  publish_all(*bus, rows("res.0.pay.x", 1));
  worker.join();
  ASSERT_EQ(batch.size(), 1U);
  EXPECT_LT(Clock::now() - start, seconds{3});
}

TEST_F(Outage, MakesAgainAConsumerThatIsDeletedUnderIt) {
  const auto bus = connected_bus(here());
  bus->ensure_stream(kResults);
  const auto consumer = bus->result_consumer();
  publish_all(*bus, rows("res.0.pay.x", 3));
  EXPECT_EQ(consumer->fetch(1, seconds{5}).size(), 1U);  // not acked
  RawNats raw(server_.url());
  raw.delete_consumer(Names(name_space_).stream(kResults), "coordinator");
  EXPECT_EQ(drain(*consumer, 3, seconds{3}).size(), 3U);  // idle when it was deleted

  std::vector<ports::DeliveryPtr> batch;
  std::thread worker([&] { batch = consumer->fetch(256, seconds{20}); });
  std::this_thread::sleep_for(milliseconds{200});
  raw.delete_consumer(Names(name_space_).stream(kResults), "coordinator");
  publish_all(*bus, rows("res.0.pay.x", 1));
  worker.join();
  EXPECT_EQ(batch.size(), 1U);
}

TEST_F(Outage, KeepsNothingInMemoryWhileTheServerIsAway) {
  const auto bus = connected_bus(here());
  bus->ensure_stream(kResults);
  server_.kill();
  ASSERT_TRUE(eventually([&] { return !bus->connected(); }));
  RecordingSink sink;
  const auto start = Clock::now();
  for (int i = 0; i < 20; ++i) bus->publish(rows("res.0.pay.x", 1'000), sink);
  EXPECT_EQ(sink.refusals().size(), 20'000U);
  EXPECT_LT(Clock::now() - start, seconds{3});
  server_.start();
  ASSERT_TRUE(eventually([&] { return bus->connected(); }));
  publish_all(*bus, rows("res.0.pay.x", 1));
  EXPECT_EQ(RawNats(server_.url()).stream(Names(name_space_).stream(kResults))->State.Msgs, 1U);
}

TEST_F(Outage, DoesNotHangWithAServerThatHangs) {
  BusOptions brief = here();
  brief.publish_timeout = seconds{1};
  const auto bus = connected_bus(brief);
  bus->ensure_stream(kResults);
  const auto consumer = bus->result_consumer();
  EXPECT_TRUE(consumer->fetch(1, milliseconds{10}).empty());
  const pid_t server = process_of(server_.folder());
  ASSERT_GT(server, 0);
  ASSERT_EQ(::kill(server, SIGSTOP), 0);

  const auto start = Clock::now();
  RecordingSink sink;
  std::vector<ports::OutboxRow> large;
  for (int i = 0; i < 2'000; ++i) large.push_back(row("res.0.pay.x", std::string(20'000, 'x')));
  bus->publish(std::move(large), sink);  // far more than the sockets hold
  EXPECT_TRUE(bus->flush(sink, seconds{5}));
  EXPECT_LT(Clock::now() - start, seconds{6});
  EXPECT_EQ(sink.ended(), 2'000U);
  EXPECT_FALSE(sink.refusals().empty());
  EXPECT_TRUE(consumer->fetch(256, milliseconds{100}).empty());

  ASSERT_EQ(::kill(server, SIGCONT), 0);
  publish_all(*bus, rows("cmd.pay.do.x", 1));
  EXPECT_EQ(drain(*bus->command_consumer("pay", ports::CommandLane::kDo), 1).size(), 1U);
}

TEST_F(Outage, EndsQuicklyWhileTheServerIsAway) {
  server_.stop();
  for (int i = 0; i < 20; ++i) {
    auto bus = make_bus(here(), quiet_log());
    auto consumer = bus->result_consumer();
    const auto start = Clock::now();
    consumer.reset();
    bus.reset();
    EXPECT_LT(Clock::now() - start, milliseconds{500});
  }
}

}  // namespace
}  // namespace sagad::jetstream::tests
