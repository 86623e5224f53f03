#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "jetstream/bus_fixture.hpp"
#include "jetstream/names.hpp"
#include "jetstream/raw_nats.hpp"
#include "support/servers.hpp"

namespace sagad::jetstream::tests {
namespace {

using Clock = std::chrono::steady_clock;
using Lane = ports::CommandLane;

class Consume : public BusTest {
 protected:
  Consume() : raw_(sagad::tests::nats().url()) {}

  /// Publishes and waits for the confirmations.
  void publish(ports::Bus& bus, const std::string& subject, std::size_t count) {
    RecordingSink sink;
    bus.publish(rows(subject, count), sink);
    ASSERT_TRUE(bus.flush(sink, seconds{10}));
    ASSERT_EQ(sink.confirmed_ids().size(), count);
  }

  std::uint64_t stored(const ports::StreamRef& ref) {
    return raw_.stream(Names(name_space_).stream(ref))->State.Msgs;
  }

  RawNats raw_;
};

TEST_F(Consume, MakesItsStreamAndItself) {
  const auto bus = connected_bus();
  const auto consumer = bus->command_consumer("pay", Lane::kDo);
  EXPECT_TRUE(consumer->fetch(10, milliseconds{20}).empty());
  const Names names(name_space_);
  const ConsumerInfoPtr info = raw_.consumer(names.stream(kPayCommands), "participant-pay");
  EXPECT_STREQ(info->Config->FilterSubject, names.subject("cmd.pay.do.>").c_str());
  EXPECT_EQ(info->Config->MaxDeliver, -1);
  EXPECT_EQ(info->Config->MaxAckPending, 20'000);
  EXPECT_EQ(info->Config->AckWait, 10'000'000'000);
  EXPECT_EQ(info->Config->AckPolicy, js_AckExplicit);
}

TEST_F(Consume, TakesAllThatWaitAndWhatIsAckedIsGone) {
  const auto bus = connected_bus();
  const auto consumer = bus->result_consumer();
  bus->ensure_stream(kResults);
  publish(*bus, "res.0.pay.x", 200);
  const auto start = Clock::now();
  auto batch = consumer->fetch(256, seconds{5});
  EXPECT_LT(Clock::now() - start, seconds{1});
  ASSERT_EQ(batch.size(), 200U);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    EXPECT_EQ(batch[i]->payload(), std::to_string(i));
    batch[i]->ack();
    batch[i]->ack();
    batch[i]->nak(milliseconds{0});  // ended: says nothing
  }
  EXPECT_TRUE(consumer->fetch(256, milliseconds{50}).empty());
  EXPECT_TRUE(eventually([&] { return stored(kResults) == 0; }));
}

TEST_F(Consume, TakesNoMoreThanAsked) {
  const auto bus = connected_bus();
  const auto consumer = bus->result_consumer();
  bus->ensure_stream(kResults);
  publish(*bus, "res.0.pay.x", 25);
  EXPECT_EQ(consumer->fetch(10, seconds{5}).size(), 10U);
  EXPECT_EQ(consumer->fetch(10, seconds{5}).size(), 10U);
  EXPECT_EQ(consumer->fetch(10, seconds{5}).size(), 5U);
  EXPECT_TRUE(consumer->fetch(0, seconds{5}).empty());
}

TEST_F(Consume, ReturnsSoonAfterTheFirstMessage) {
  const auto bus = connected_bus();
  const auto consumer = bus->result_consumer();
  EXPECT_TRUE(consumer->fetch(256, milliseconds{20}).empty());
  RecordingSink sink;
  Clock::time_point published;
  std::thread publisher([&] {
    std::this_thread::sleep_for(milliseconds{300});
    published = Clock::now();
    bus->publish(rows("res.0.pay.x", 1), sink);
  });
  const auto batch = consumer->fetch(256, seconds{20});
  const auto now = Clock::now();
  publisher.join();
  ASSERT_EQ(batch.size(), 1U);
  EXPECT_LT(now - published, milliseconds{100});  // about 1 ms on an idle machine
  ASSERT_TRUE(bus->flush(sink, seconds{5}));
}

TEST_F(Consume, WaitsNoLongerThanAsked) {
  const auto bus = connected_bus();
  const auto consumer = bus->result_consumer();
  consumer->fetch(1, milliseconds{5});
  for (const milliseconds wait : {milliseconds{0}, milliseconds{30}, milliseconds{3'200}}) {
    const auto start = Clock::now();
    EXPECT_TRUE(consumer->fetch(256, wait).empty());
    const auto took = Clock::now() - start;
    EXPECT_GE(took + milliseconds{25}, wait);
    EXPECT_LT(took, wait + milliseconds{250});
  }
}

TEST_F(Consume, DeliversAgainWhatIsNakedAndCounts) {
  const auto bus = connected_bus();
  const auto consumer = bus->result_consumer();
  bus->ensure_stream(kResults);
  publish(*bus, "res.0.pay.x", 1);
  for (std::uint64_t delivery = 1; delivery <= 3; ++delivery) {
    const auto batch = consumer->fetch(10, seconds{5});
    ASSERT_EQ(batch.size(), 1U);
    EXPECT_EQ(batch[0]->deliveries(), delivery);
    batch[0]->nak(milliseconds{0});
  }
  auto batch = consumer->fetch(10, seconds{5});
  ASSERT_EQ(batch.size(), 1U);
  const auto start = Clock::now();
  batch[0]->nak(milliseconds{400});
  batch = consumer->fetch(10, seconds{5});
  ASSERT_EQ(batch.size(), 1U);
  EXPECT_GE(Clock::now() - start, milliseconds{390});
  EXPECT_EQ(batch[0]->deliveries(), 5U);
  batch[0]->ack();
}

TEST_F(Consume, DeliversAgainWhatWasDroppedAndHoldsWhatIsInProgress) {
  BusOptions quick = options();
  quick.ack_wait = seconds{1};
  const auto bus = connected_bus(quick);
  const auto consumer = bus->result_consumer();
  bus->ensure_stream(kResults);
  publish(*bus, "res.0.pay.x", 2);
  auto batch = consumer->fetch(10, seconds{5});
  ASSERT_EQ(batch.size(), 2U);
  batch.pop_back();  // dropped: "1"
  for (int i = 0; i < 4; ++i) {
    std::this_thread::sleep_for(milliseconds{500});
    batch[0]->in_progress();
    bus->reply("_INBOX.nobody", "");
  }
  const auto again = consumer->fetch(10, seconds{5});
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0]->payload(), "1");
  EXPECT_EQ(again[0]->deliveries(), 2U);
}

TEST_F(Consume, KeepsTheLanesApart) {
  const auto bus = connected_bus();
  const auto action = bus->command_consumer("pay", Lane::kDo);
  const auto undo = bus->command_consumer("pay", Lane::kUndo);
  bus->ensure_stream(kPayCommands);
  publish(*bus, "cmd.pay.do.x", 3);
  publish(*bus, "cmd.pay.undo.x", 2);
  const auto undone = undo->fetch(256, seconds{5});
  ASSERT_EQ(undone.size(), 2U);
  for (const auto& delivery : undone) EXPECT_EQ(delivery->subject(), "cmd.pay.undo.x");
  const auto done = action->fetch(256, seconds{5});
  ASSERT_EQ(done.size(), 3U);
  for (const auto& delivery : done) EXPECT_EQ(delivery->subject(), "cmd.pay.do.x");
  EXPECT_TRUE(undo->fetch(256, milliseconds{30}).empty());
}

TEST_F(Consume, SharesAConsumerBetweenDaemonsWithoutDoubles) {
  const auto one = connected_bus();
  const auto two = connected_bus();
  one->ensure_stream(kResults);
  publish(*one, "res.0.pay.x", 3'000);
  std::mutex mutex;
  std::multiset<std::string> seen;
  const auto work = [&](ports::Bus& bus) {
    const auto consumer = bus.result_consumer();
    const auto deadline = Clock::now() + seconds{20};
    while (Clock::now() < deadline) {
      for (const auto& delivery : consumer->fetch(100, milliseconds{100})) {
        const std::lock_guard lock(mutex);
        seen.emplace(delivery->payload());
        delivery->ack();
      }
      const std::lock_guard lock(mutex);
      if (seen.size() >= 3'000) return;
    }
  };
  std::thread other([&] { work(*two); });
  work(*one);
  other.join();
  EXPECT_EQ(seen.size(), 3'000U);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 3'000U);
}

TEST_F(Consume, IsInterrupted) {
  const auto bus = connected_bus();
  const auto consumer = bus->result_consumer();
  consumer->fetch(1, milliseconds{5});
  std::thread interrupter([&] {
    std::this_thread::sleep_for(milliseconds{200});
    consumer->interrupt();
  });
  const auto start = Clock::now();
  EXPECT_TRUE(consumer->fetch(256, seconds{20}).empty());
  EXPECT_LT(Clock::now() - start, milliseconds{500});
  interrupter.join();

  consumer->interrupt();  // before the fetch
  const auto second = Clock::now();
  EXPECT_TRUE(consumer->fetch(256, seconds{20}).empty());
  EXPECT_LT(Clock::now() - second, milliseconds{300});

  bus->ensure_stream(kResults);
  publish(*bus, "res.0.pay.x", 1);
  EXPECT_EQ(consumer->fetch(256, seconds{5}).size(), 1U);
}

TEST_F(Consume, GivesBackWhatItFetchedAndDidNotHandOut) {
  const auto bus = connected_bus();
  auto consumer = bus->result_consumer();
  consumer->fetch(1, milliseconds{5});
  std::thread interrupter([&] {
    std::this_thread::sleep_for(milliseconds{200});
    consumer->interrupt();
  });
  consumer->fetch(256, seconds{5});  // interrupted: its pull is still open at the server
  interrupter.join();
  publish(*bus, "res.0.pay.x", 5);
  std::this_thread::sleep_for(milliseconds{100});
  consumer.reset();
  const auto next = bus->result_consumer();
  EXPECT_EQ(drain(*next, 5, seconds{5}).size(), 5U);  // well before the ack wait of 10 s
}

TEST_F(Consume, DeliveriesOutliveTheirConsumerAndTheBus) {
  auto bus = connected_bus();
  auto consumer = bus->result_consumer();
  bus->ensure_stream(kResults);
  publish(*bus, "res.0.pay.x", 2);
  auto batch = consumer->fetch(256, seconds{5});
  ASSERT_EQ(batch.size(), 2U);
  consumer.reset();
  batch[0]->ack();
  EXPECT_TRUE(eventually([&] { return stored(kResults) == 1; }));
  bus.reset();
  EXPECT_EQ(batch[1]->payload(), "1");
  EXPECT_EQ(batch[1]->subject(), "res.0.pay.x");
  batch[1]->ack();
  batch.clear();
  EXPECT_EQ(stored(kResults), 1U);
}

TEST_F(Consume, ReadsHeadersOfOtherClients) {
  const auto bus = connected_bus();
  const auto consumer = bus->start_consumer();
  bus->ensure_stream(kStarts);
  const std::string subject = name_space_ + ".start.order-pay";
  raw_.publish(subject, "1", "Sagad-Reply-To", "_INBOX.me");
  raw_.publish(subject, "2", "Sagad-Sent-At", "1700000000000001");
  raw_.publish(subject, "3", "Sagad-Sent-At", "yesterday");
  raw_.publish(subject, "4");
  raw_.publish(subject, "", "Status", "408");  // not ours: an empty start, not a word of the server
  const auto batch = consumer->fetch(256, seconds{5});
  ASSERT_EQ(batch.size(), 5U);
  EXPECT_EQ(batch[0]->reply_to(), "_INBOX.me");
  EXPECT_FALSE(batch[0]->sent_at());
  EXPECT_EQ(batch[1]->sent_at(), base::from_micros(1'700'000'000'000'001));
  EXPECT_FALSE(batch[2]->sent_at());
  EXPECT_FALSE(batch[3]->sent_at());
  EXPECT_EQ(batch[4]->payload(), "");
}

TEST_F(Consume, SurvivesBeingMadeAndEndedInTheMiddleOfWork) {
  RecordingSink sink;
  std::size_t published = 0;
  for (int round = 0; round < 50; ++round) {
    auto bus = connected_bus();
    auto consumer = bus->result_consumer();
    if (round == 0) bus->ensure_stream(kResults);
    std::atomic<bool> stop{false};
    std::thread worker([&] {
      while (!stop) {
        for (const auto& delivery : consumer->fetch(64, milliseconds{500})) delivery->ack();
      }
    });
    bus->publish(rows("res.0.pay.x", 50), sink);
    published += 50;
    stop = true;
    consumer->interrupt();
    worker.join();
    consumer.reset();
    bus.reset();
    ASSERT_EQ(sink.ended(), published);
  }
}

}  // namespace
}  // namespace sagad::jetstream::tests
