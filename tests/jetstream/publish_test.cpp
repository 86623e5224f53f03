#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "jetstream/bus_fixture.hpp"
#include "jetstream/names.hpp"
#include "jetstream/raw_nats.hpp"
#include "support/servers.hpp"

namespace sagad::jetstream::tests {
namespace {

class Publish : public BusTest {
 protected:
  Publish() : raw_(sagad::tests::nats().url()) {}

  std::string stream(const ports::StreamRef& ref) const { return Names(name_space_).stream(ref); }

  /// From now on the stream stores, and never confirms.
  void silence(const ports::StreamRef& ref) {
    const StreamInfoPtr info = raw_.stream(stream(ref));
    jsStreamConfig config = *info->Config;
    config.NoAck = true;
    raw_.update_stream(config);
  }

  RecordingSink sink_;
  RawNats raw_;
};

TEST_F(Publish, ConfirmsEveryMessageAndKeepsWhatItSays) {
  const auto bus = connected_bus();
  bus->ensure_stream(kPayCommands);
  const auto consumer = bus->command_consumer("pay", ports::CommandLane::kDo);
  const ports::OutboxRow sent = row("cmd.pay.do.order-pay", R"({"a":1})");
  bus->publish({sent}, sink_);
  ASSERT_TRUE(bus->flush(sink_, seconds{5}));
  ASSERT_EQ(sink_.confirmed_ids(), std::vector<ports::OutboxId>{sent.id});

  const auto batch = consumer->fetch(10, seconds{5});
  ASSERT_EQ(batch.size(), 1U);
  EXPECT_EQ(batch[0]->subject(), "cmd.pay.do.order-pay");
  EXPECT_EQ(batch[0]->payload(), R"({"a":1})");
  EXPECT_EQ(batch[0]->sent_at(), sent.sent_at);
  EXPECT_EQ(batch[0]->reply_to(), "");
  EXPECT_EQ(batch[0]->deliveries(), 1U);
}

TEST_F(Publish, ConfirmsThousandsFromSeveralThreadsOnceEach) {
  const auto bus = connected_bus();
  bus->ensure_stream(kResults);
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kEach = 1'500;
  std::vector<std::vector<ports::OutboxRow>> batches;
  for (std::size_t i = 0; i < kThreads; ++i) batches.push_back(rows("res.0.pay.x", kEach));
  std::vector<std::thread> threads;
  for (auto& batch : batches) {
    threads.emplace_back([&] { bus->publish(std::move(batch), sink_); });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(bus->flush(sink_, seconds{10}));
  auto ids = sink_.confirmed_ids();
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids.size(), kThreads * kEach);
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
  EXPECT_TRUE(sink_.refusals().empty());
  EXPECT_EQ(raw_.stream(stream(kResults))->State.Msgs, kThreads * kEach);
}

TEST_F(Publish, StoresAReSendAgain) {
  const auto bus = connected_bus();
  bus->ensure_stream(kResults);
  const ports::OutboxRow same = row("res.0.pay.x", "{}");
  bus->publish({same}, sink_);
  bus->publish({same}, sink_);
  ASSERT_TRUE(bus->flush(sink_, seconds{5}));
  EXPECT_EQ(sink_.confirmed_ids().size(), 2U);
  EXPECT_EQ(raw_.stream(stream(kResults))->State.Msgs, 2U);
}

TEST_F(Publish, RefusesWhatIsMoreThanMayBeInFlight) {
  BusOptions few = options();
  few.max_in_flight = 100;
  const auto bus = connected_bus(few);
  bus->ensure_stream(kResults);
  bus->publish(rows("res.0.pay.x", 1'000), sink_);
  ASSERT_TRUE(bus->flush(sink_, seconds{5}));
  EXPECT_EQ(sink_.confirmed_ids().size(), 100U);
  ASSERT_EQ(sink_.refusals().size(), 900U);
  EXPECT_FALSE(sink_.refusals()[0].permanent);
  EXPECT_EQ(sink_.refusals()[0].reason, "too many publishes are in flight");
}

TEST_F(Publish, RefusesForGoodWhatIsLargerThanTheServerTakes) {
  const auto bus = connected_bus();
  bus->ensure_stream(kResults);
  const auto small = row("res.0.pay.x", "{}");
  const auto large = row("res.0.pay.x", std::string(2 << 20, 'x'));
  bus->publish({large, small}, sink_);
  ASSERT_TRUE(bus->flush(sink_, seconds{5}));
  EXPECT_EQ(sink_.confirmed_ids(), std::vector<ports::OutboxId>{small.id});
  ASSERT_EQ(sink_.refusals().size(), 1U);
  EXPECT_EQ(sink_.refusals()[0].id, large.id);
  EXPECT_TRUE(sink_.refusals()[0].permanent);
  EXPECT_TRUE(bus->connected());
}

TEST_F(Publish, RefusesForGoodWhatIsLargerThanTheStreamTakes) {
  const auto bus = connected_bus();
  bus->ensure_stream(kResults);
  const StreamInfoPtr info = raw_.stream(stream(kResults));
  jsStreamConfig config = *info->Config;
  config.MaxMsgSize = 1'000;
  raw_.update_stream(config);
  const auto large = row("res.0.pay.x", std::string(2'000, 'x'));
  bus->publish({large}, sink_);
  ASSERT_TRUE(bus->flush(sink_, seconds{5}));
  ASSERT_EQ(sink_.refusals().size(), 1U);
  EXPECT_TRUE(sink_.refusals()[0].permanent);
}

TEST_F(Publish, RefusesForGoodWhatHasNoSubject) {
  const auto bus = connected_bus();
  bus->ensure_stream(kResults);
  const auto good = row("res.0.pay.x", "{}");
  bus->publish({row("res.0.pay x", "{}"), row("res.*.pay.x", "{}"),
                row("res.0.x\r\nPUB other 2\r\nhi", "{}"), good},
               sink_);
  ASSERT_TRUE(bus->flush(sink_, seconds{5}));
  EXPECT_EQ(sink_.confirmed_ids(), std::vector<ports::OutboxId>{good.id});
  ASSERT_EQ(sink_.refusals().size(), 3U);
  for (const auto& refusal : sink_.refusals()) EXPECT_TRUE(refusal.permanent) << refusal.reason;
}

TEST_F(Publish, RefusesForNowWhatAFullStreamDoesNotTake) {
  BusOptions small = options();
  small.results_max_bytes = 4'000;
  const auto bus = connected_bus(small);
  bus->ensure_stream(kResults);
  bus->publish(rows("res.0.pay.x", 100), sink_);
  ASSERT_TRUE(bus->flush(sink_, seconds{5}));
  EXPECT_FALSE(sink_.confirmed_ids().empty());
  ASSERT_FALSE(sink_.refusals().empty());
  EXPECT_FALSE(sink_.refusals()[0].permanent);
  EXPECT_NE(sink_.refusals()[0].reason.find("maximum bytes"), std::string::npos)
      << sink_.refusals()[0].reason;
}

TEST_F(Publish, MakesAStreamThatIsMissingAndRefusesForNow) {
  const auto bus = connected_bus();
  bus->publish({row("cmd.pay.do.x", "{}")}, sink_);
  ASSERT_TRUE(bus->flush(sink_, seconds{2}));
  ASSERT_EQ(sink_.refusals().size(), 1U);
  EXPECT_FALSE(sink_.refusals()[0].permanent);
  EXPECT_EQ(sink_.refusals()[0].reason, "no JetStream stream takes its subject");
  EXPECT_TRUE(eventually([&] {
    RecordingSink again;
    bus->publish({row("cmd.pay.do.x", "{}")}, again);
    return bus->flush(again, seconds{2}) && again.confirmed_ids().size() == 1;
  }));
}

TEST_F(Publish, RefusesWhatIsNotConfirmedInTime) {
  BusOptions impatient = options();
  impatient.publish_timeout = milliseconds{300};
  const auto bus = connected_bus(impatient);
  bus->ensure_stream(kResults);
  silence(kResults);
  const auto start = std::chrono::steady_clock::now();
  bus->publish(rows("res.0.pay.x", 10), sink_);
  EXPECT_FALSE(bus->flush(sink_, milliseconds{100}));
  ASSERT_TRUE(bus->flush(sink_, seconds{2}));
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, milliseconds{300});
  EXPECT_LT(took, milliseconds{800});
  ASSERT_EQ(sink_.refusals().size(), 10U);
  EXPECT_FALSE(sink_.refusals()[0].permanent);
}

TEST_F(Publish, EndsWhatIsInFlightWhenTheBusGoes) {
  auto bus = connected_bus();
  bus->ensure_stream(kResults);
  silence(kResults);
  bus->publish(rows("res.0.pay.x", 200), sink_);
  bus.reset();
  EXPECT_EQ(sink_.refusals().size(), 200U);
  EXPECT_TRUE(sink_.confirmed_ids().empty());
}

TEST_F(Publish, FlushKnowsSinksApart) {
  const auto bus = connected_bus();
  bus->ensure_stream(kResults);
  bus->ensure_stream(kPayCommands);
  silence(kResults);
  RecordingSink other;
  bus->publish(rows("res.0.pay.x", 1), sink_);
  bus->publish(rows("cmd.pay.do.x", 50), other);
  EXPECT_TRUE(bus->flush(other, seconds{2}));
  EXPECT_EQ(other.confirmed_ids().size(), 50U);
  EXPECT_FALSE(bus->flush(sink_, milliseconds{50}));
}

TEST_F(Publish, AStartIsConfirmedByItsAnswerAndNotByTheStream) {
  const auto bus = connected_bus();
  bus->ensure_stream(kStarts);
  const auto consumer = bus->start_consumer();
  const auto start = row("start.order-pay", "{}");
  bus->publish({start}, sink_);
  const auto fetched = consumer->fetch(1, seconds{5});
  ASSERT_EQ(fetched.size(), 1U);
  EXPECT_EQ(sink_.ended(), 0U) << "the stream has it, but no saga has begun";
  bus->reply(fetched[0]->reply_to(), R"({"status":"started"})");
  EXPECT_TRUE(bus->flush(sink_, seconds{2}));
  EXPECT_EQ(sink_.confirmed_ids(), std::vector<ports::OutboxId>{start.id});
}

TEST_F(Publish, AStartThatNobodyAnswersIsRefusedAndItsCopiesDoNotPileUp) {
  auto brief = options();
  brief.publish_timeout = milliseconds{200};
  const auto bus = connected_bus(brief);
  bus->ensure_stream(kStarts);
  const auto start = row("start.order-pay", "{}");
  for (int times = 0; times < 3; ++times) {
    bus->publish({start}, sink_);
    EXPECT_TRUE(bus->flush(sink_, seconds{2}));
  }
  EXPECT_EQ(sink_.refusals().size(), 3U);
  EXPECT_FALSE(sink_.refusals()[0].permanent);
  // One copy; two, if a window of ten seconds in which copies are dropped has ended in between.
  EXPECT_LE(raw_.stream(stream(kStarts))->State.Msgs, 2U);
}

TEST_F(Publish, RepliesToPlainSubjectsOnly) {
  const auto bus = connected_bus();
  bus->ensure_stream(kResults);
  const auto inbox = raw_.subscribe("_INBOX.someone");
  const auto api = raw_.subscribe("$JS.API.STREAM.DELETE.X");
  bus->reply("$JS.API.STREAM.DELETE.X", "");
  bus->reply(name_space_ + ".res.0.pay.x", "{}");
  bus->reply("bad subject", "{}");
  bus->reply("", "{}");
  bus->reply("_INBOX.someone", "hello");
  EXPECT_EQ(RawNats::next(*inbox), "hello");
  EXPECT_EQ(raw_.stream(stream(kResults))->State.Msgs, 0U);
  std::uint64_t pending = 0;
  natsSubscription_QueuedMsgs(api.get(), &pending);
  EXPECT_EQ(pending, 0U);
}

}  // namespace
}  // namespace sagad::jetstream::tests
