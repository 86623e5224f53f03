// The parts of the bus that work without a server.

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "jetstream/ack_inbox.hpp"
#include "jetstream/bus.hpp"
#include "jetstream/bus_fixture.hpp"
#include "jetstream/headers.hpp"
#include "jetstream/in_flight.hpp"
#include "jetstream/link.hpp"
#include "jetstream/names.hpp"
#include "jetstream/pub_ack.hpp"
#include "jetstream/pull.hpp"
#include "jetstream/repair.hpp"
#include "jetstream/stream_index.hpp"

namespace sagad::jetstream::tests {
namespace {

using Now = InFlight::Clock;

TEST(Names, FollowTheProtocol) {
  const Names names("prod.sagad-1");
  EXPECT_EQ(names.stream(kPayCommands), "PROD_SAGAD_1_CMD_pay");
  EXPECT_EQ(names.stream(kResults), "PROD_SAGAD_1_RES");
  EXPECT_EQ(names.stream(kStarts), "PROD_SAGAD_1_START");
  EXPECT_EQ(names.stream(kSignals), "PROD_SAGAD_1_SIGNAL");
  EXPECT_EQ(names.stream(kDead), "PROD_SAGAD_1_DEAD");
  EXPECT_EQ(names.stream_subject(kPayCommands), "prod.sagad-1.cmd.pay.>");
  EXPECT_EQ(names.stream_subject(kResults), "prod.sagad-1.res.>");
  EXPECT_EQ(names.stream_subject(kStarts), "prod.sagad-1.start.>");
  EXPECT_EQ(names.stream_subject(kSignals), "prod.sagad-1.signal.>");
  EXPECT_EQ(names.stream_subject(kDead), "prod.sagad-1.dead");
  EXPECT_EQ(names.subject("cmd.pay.do.x"), "prod.sagad-1.cmd.pay.do.x");
  EXPECT_EQ(names.strip("prod.sagad-1.cmd.pay.do.x"), "cmd.pay.do.x");
}

TEST(Names, GiveEachLaneAConsumerAndNoOverlap) {
  const std::vector<ConsumerSpec> two = Names("s").consumers(kPayCommands);
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[0].durable, "participant-pay-undo");
  EXPECT_EQ(two[0].filter, "s.cmd.pay.undo.>");
  EXPECT_EQ(two[1].durable, "participant-pay");
  EXPECT_EQ(two[1].filter, "s.cmd.pay.do.>");
  EXPECT_EQ(Names("s").consumers(kResults).at(0).durable, "coordinator");
  EXPECT_EQ(Names("s").consumers(kStarts).at(0).durable, "starter");
  EXPECT_EQ(Names("s").consumers(kSignals).at(0).durable, "signals");
  EXPECT_EQ(Names("s").consumers(kDead).at(0).durable, "dead-letters");
}

TEST(Names, RefuseWhatCannotBeASubjectOrAStream) {
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a b", "a*", "a>", "ä", "a\n"}) {
    EXPECT_THROW(Names{bad}, std::invalid_argument) << bad;
  }
  EXPECT_THROW(Names{std::string(65, 'a')}, std::invalid_argument);
  for (const char* bad : {"", "a.b", "a b", "a>", "a/b"}) {
    EXPECT_THROW(Names("s").stream({ports::StreamRef::Kind::kCommands, bad}), std::invalid_argument)
        << bad;
  }
}

TEST(Names, FindTheStreamOfASubject) {
  const auto commands = Names::stream_of(ports::command_subject("pay", "do", "order-pay"));
  ASSERT_TRUE(commands);
  EXPECT_EQ(commands->kind, ports::StreamRef::Kind::kCommands);
  EXPECT_EQ(commands->participant, "pay");
  EXPECT_EQ(Names::stream_of(ports::result_subject(0, "pay", "x"))->kind, kResults.kind);
  EXPECT_EQ(Names::stream_of(ports::start_subject("x"))->kind, kStarts.kind);
  EXPECT_EQ(Names::stream_of("signal.x")->kind, kSignals.kind);
  EXPECT_EQ(Names::stream_of("cmd.@child.do.x")->participant, "@child");
  EXPECT_EQ(Names("s").stream({ports::StreamRef::Kind::kCommands, "@child"}), "S_CMD_@child");
  EXPECT_EQ(Names::stream_of(ports::kDeadSubject)->kind, kDead.kind);
  EXPECT_FALSE(Names::stream_of("cmd.pay"));
  EXPECT_FALSE(Names::stream_of("other.pay"));
  EXPECT_FALSE(Names::stream_of(""));
}

TEST(Subjects, ThatBreakTheProtocolAreNotPublishable) {
  EXPECT_TRUE(is_publishable_subject("sagad.cmd.pay.do.order-pay"));
  for (const char* bad : {"", "a b", "a.*", "a.>", "a..b", ".a", "a.", "a\r\nPUB x 0", "a\t"}) {
    EXPECT_FALSE(is_publishable_subject(bad)) << bad;
  }
}

TEST(ReplyAddress, IsReadBack) {
  const std::string inbox = "_INBOX.abc";
  const ReplyAddress address{0xfedc, 0x123456789abcdefULL};
  const std::string subject = write_reply(inbox, address);
  EXPECT_EQ(subject, "_INBOX.abc.fedc.123456789abcdef");
  const auto read = read_reply(inbox, subject);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->tag, address.tag);
  EXPECT_EQ(read->token, address.token);
  for (const char* bad : {"", "_INBOX.abc", "_INBOX.abc.", "_INBOX.abc.1", "_INBOX.abc.1.",
                          "_INBOX.abc.1.2x", "_INBOX.abc.g.2"}) {
    EXPECT_FALSE(read_reply(inbox, bad)) << bad;
  }
}

TEST(PubAck, IsRead) {
  EXPECT_TRUE(read_pub_ack(R"({"stream":"S", "seq":7})").stored);
  EXPECT_TRUE(read_pub_ack(R"({"seq":7,"stream":"S"})").stored);
  const PubAck full = read_pub_ack(
      R"({"type":"x","error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"}})");
  EXPECT_FALSE(full.stored);
  EXPECT_FALSE(full.permanent);
  EXPECT_EQ(full.reason, "JetStream refused it: maximum bytes exceeded");
  const PubAck large = read_pub_ack(
      R"({"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum allowed"},"stream":"S","seq":0})");
  EXPECT_FALSE(large.stored);
  EXPECT_TRUE(large.permanent);
  for (const char* bad : {"", "{", "[]", "{}", "+OK"}) {
    EXPECT_FALSE(read_pub_ack(bad).stored) << bad;
    EXPECT_FALSE(read_pub_ack(bad).permanent) << bad;
  }
}

TEST(Deliveries, AreReadFromTheAckSubject) {
  EXPECT_EQ(deliveries_of("$JS.ACK.S.C.3.10.20.1700000000000000000.5"), 3U);
  EXPECT_EQ(deliveries_of("$JS.ACK.dom.acc.S.C.4.10.20.1700000000000000000.5.rnd"), 4U);
  EXPECT_EQ(deliveries_of("$JS.ACK.dom.acc.S.C.4.10.20.1700000000000000000.5"), 4U);
  EXPECT_EQ(deliveries_of("some.reply"), 1U);
  EXPECT_EQ(deliveries_of("$JS.ACK.S.C.x.10.20.17.5"), 1U);
  EXPECT_EQ(deliveries_of(nullptr), 1U);
}

TEST(PullStatus, IsRead) {
  EXPECT_EQ(read_pull_status("", ""), PullStatus::kMessage);
  EXPECT_EQ(read_pull_status("100", "Idle Heartbeat"), PullStatus::kHeartbeat);
  EXPECT_EQ(read_pull_status("404", "No Messages"), PullStatus::kOver);
  EXPECT_EQ(read_pull_status("408", "Request Timeout"), PullStatus::kOver);
  EXPECT_EQ(read_pull_status("408", "Requests Pending"), PullStatus::kOver);
  EXPECT_EQ(read_pull_status("409", "Exceeded MaxWaiting"), PullStatus::kOver);
  EXPECT_EQ(read_pull_status("409", "Consumer Deleted"), PullStatus::kGone);
  EXPECT_EQ(read_pull_status("400", "Bad Request"), PullStatus::kFailed);
  EXPECT_EQ(pull_request(256, milliseconds{3'000}, milliseconds{1'000}),
            R"({"batch":256,"no_wait":true,"expires":3000000000,"idle_heartbeat":1000000000})");
}

std::vector<ports::OutboxRow> some_rows(std::size_t count) {
  base::IdGenerator ids(1);
  std::vector<ports::OutboxRow> rows(count);
  for (ports::OutboxRow& row : rows) row.id = ids.next(base::Time{});
  return rows;
}

TEST(InFlight, EndsEachPublishOnceAndIgnoresLateAnswers) {
  InFlight table(4, seconds{5});
  RecordingSink sink;
  const auto rows = some_rows(2);
  const auto tokens = table.enter(rows, sink, Now::now());
  ASSERT_EQ(tokens.size(), 2U);
  table.confirm(tokens[0]);
  table.confirm(tokens[0]);
  table.refuse(tokens[0], "late", true);
  table.refuse(tokens[1], "full", false);
  table.confirm(tokens[1]);
  table.confirm(~InFlight::Token{0});
  ASSERT_EQ(sink.confirmed_ids().size(), 1U);
  EXPECT_EQ(sink.confirmed_ids()[0], rows[0].id);
  ASSERT_EQ(sink.refusals().size(), 1U);
  EXPECT_EQ(sink.refusals()[0].id, rows[1].id);
  EXPECT_EQ(sink.refusals()[0].reason, "full");
  EXPECT_EQ(table.size(), 0U);
}

TEST(InFlight, DoesNotTakeAnOldAnswerForANewPublishInTheSamePlace) {
  InFlight table(1, seconds{5});
  RecordingSink sink;
  const auto rows = some_rows(2);
  const auto first = table.enter({&rows[0], 1}, sink, Now::now());
  table.refuse_all("lost");
  const auto second = table.enter({&rows[1], 1}, sink, Now::now());
  ASSERT_EQ(second.size(), 1U);
  table.confirm(first[0]);
  EXPECT_TRUE(sink.confirmed_ids().empty());
  table.confirm(second[0]);
  ASSERT_EQ(sink.confirmed_ids().size(), 1U);
  EXPECT_EQ(sink.confirmed_ids()[0], rows[1].id);
}

TEST(InFlight, TakesInNoMoreThanItHasRoomFor) {
  InFlight table(3, seconds{5});
  RecordingSink sink;
  const auto rows = some_rows(5);
  EXPECT_EQ(table.enter(rows, sink, Now::now()).size(), 3U);
  EXPECT_EQ(table.enter(rows, sink, Now::now()).size(), 0U);
  EXPECT_EQ(table.refuse_all("gone"), 3U);
  EXPECT_EQ(table.enter(rows, sink, Now::now()).size(), 3U);
  table.refuse_all("gone");
  EXPECT_THROW(InFlight(0, seconds{5}), std::invalid_argument);
  EXPECT_THROW(InFlight(65'537, seconds{5}), std::invalid_argument);
}

TEST(InFlight, RefusesInTheOrderOfDeadlinesWhateverEndedBetween) {
  InFlight table(8, milliseconds{100});
  RecordingSink sink;
  const auto rows = some_rows(6);
  const Now::time_point start = Now::now();
  const auto early = table.enter({rows.data(), 3}, sink, start);
  const auto late = table.enter({rows.data() + 3, 3}, sink, start + milliseconds{50});
  EXPECT_EQ(table.next_deadline(), start + milliseconds{100});
  table.confirm(early[1]);
  table.confirm(late[0]);
  EXPECT_EQ(table.refuse_expired(start + milliseconds{99}), 0U);
  EXPECT_EQ(table.refuse_expired(start + milliseconds{100}), 2U);
  EXPECT_EQ(table.next_deadline(), start + milliseconds{150});
  EXPECT_EQ(table.refuse_expired(start + milliseconds{150}), 2U);
  EXPECT_FALSE(table.next_deadline());
  ASSERT_EQ(sink.refusals().size(), 4U);
  EXPECT_EQ(sink.refusals()[0].id, rows[0].id);
  EXPECT_EQ(sink.refusals()[3].id, rows[5].id);
  EXPECT_FALSE(sink.refusals()[0].permanent);
}

TEST(InFlight, WaitsForTheSinkItIsAskedFor) {
  InFlight table(4, seconds{5});
  RecordingSink one;
  RecordingSink other;
  const auto rows = some_rows(2);
  const auto of_one = table.enter({&rows[0], 1}, one, Now::now());
  table.enter({&rows[1], 1}, other, Now::now());
  EXPECT_FALSE(table.wait_for(one, milliseconds{10}));
  table.confirm(of_one[0]);
  EXPECT_TRUE(table.wait_for(one, milliseconds{10}));
  EXPECT_FALSE(table.wait_for(other, milliseconds{10}));
  table.refuse_all("gone");
  table.wait_idle();
}

ConsumerState at(std::uint64_t last, std::uint64_t delivered, std::uint64_t pending,
                 std::int64_t waiting) {
  return {.stream_last = last,
          .delivered_stream = delivered,
          .delivered_consumer = delivered,
          .floor_stream = 0,
          .pending = pending,
          .waiting = waiting,
          .stream_first = 1,
          .stream_messages = pending,
          .unacked = 0};
}

TEST(StuckFinder, FindsAConsumerAheadOfItsStreamAtOnce) {
  StuckFinder finder;
  EXPECT_TRUE(finder.is_stuck("c", at(3, 4, 0, 0), seconds{30}, Now::now()));
  EXPECT_FALSE(finder.is_stuck("c", at(4, 4, 0, 0), seconds{30}, Now::now()));
}

TEST(StuckFinder, FindsAConsumerThatIsPulledAndDoesNotMove) {
  StuckFinder finder;
  const Now::time_point start = Now::now();
  const auto look = [&](const ConsumerState& state, seconds after) {
    return finder.is_stuck("c", state, seconds{30}, start + after);
  };
  EXPECT_FALSE(look(at(9, 4, 5, 1), seconds{0}));
  EXPECT_FALSE(look(at(9, 4, 5, 1), seconds{29}));
  EXPECT_TRUE(look(at(9, 4, 5, 1), seconds{30}));
  EXPECT_FALSE(look(at(9, 5, 4, 1), seconds{31}));  // it moved
  EXPECT_FALSE(look(at(9, 5, 4, 1), seconds{60}));
  EXPECT_FALSE(look(at(9, 5, 4, 0), seconds{61}));  // nobody pulls
  EXPECT_FALSE(look(at(9, 5, 4, 1), seconds{62}));  // counted anew
  EXPECT_FALSE(look(at(9, 5, 4, 1), seconds{91}));
  EXPECT_TRUE(look(at(9, 5, 4, 1), seconds{92}));
  finder.forget("c");
  EXPECT_FALSE(look(at(9, 5, 4, 1), seconds{93}));
}

TEST(StuckFinder, FindsMessagesThatNoConsumerHas) {
  StuckFinder finder;
  const Now::time_point start = Now::now();
  const auto look = [&](std::uint64_t first, std::uint64_t messages, std::uint64_t pending,
                        std::int64_t unacked, seconds after) {
    auto one = at(9, 9, 0, 1);
    auto other = at(9, 9, pending, 1);
    one.stream_first = other.stream_first = first;
    one.stream_messages = other.stream_messages = messages;
    one.unacked = unacked;
    return finder.has_orphans("s", {one, other}, seconds{30}, start + after);
  };
  EXPECT_FALSE(look(5, 3, 1, 1, seconds{0}));
  EXPECT_FALSE(look(5, 3, 1, 1, seconds{29}));
  EXPECT_FALSE(look(6, 2, 0, 0, seconds{30})) << "it begins elsewhere: counted anew";
  EXPECT_FALSE(look(6, 2, 0, 0, seconds{59}));
  EXPECT_TRUE(look(6, 2, 0, 0, seconds{60}));
  EXPECT_FALSE(look(6, 2, 0, 0, seconds{61})) << "its consumers have just been made anew";
  EXPECT_FALSE(look(6, 2, 2, 0, seconds{62}));
  EXPECT_FALSE(look(6, 2, 0, 2, seconds{100}));
}

TEST(StreamIndex, NumbersStreamsAndHandsOutSuspectsOnce) {
  StreamIndex index;
  std::vector<ports::OutboxRow> rows(5);
  rows[0].subject = "cmd.pay.do.x";
  rows[1].subject = "cmd.order.do.x";
  rows[2].subject = "cmd.pay.undo.x";
  rows[3].subject = "nonsense";
  rows[4].subject = "res.0.pay.x";
  const auto tags = index.numbers(rows);
  EXPECT_EQ(tags[0], tags[2]);
  EXPECT_NE(tags[0], tags[1]);
  EXPECT_EQ(tags[3], 0U);
  EXPECT_NE(tags[4], 0U);
  EXPECT_EQ(index.number(kPayCommands), tags[0]);
  index.suspect(0);
  index.suspect(99);
  index.suspect(tags[0]);
  index.suspect(tags[0]);
  const auto suspects = index.wait_for_suspects();
  ASSERT_EQ(suspects.size(), 1U);
  EXPECT_EQ(suspects[0].participant, "pay");
  index.suspect_all();
  EXPECT_EQ(index.wait_for_suspects().size(), 3U);
  index.close();
  EXPECT_TRUE(index.wait_for_suspects().empty());
}

TEST(Links, DoNotShowSecrets) {
  EXPECT_EQ(without_secrets("nats://bob:secret@h:1,tls://token@[::1]:2, nats://h"),
            "nats://h:1,tls://[::1]:2, nats://h");
  EXPECT_EQ(without_secrets("h:4222"), "h:4222");
  EXPECT_EQ(without_secrets(""), "");
}

TEST(MakeBus, RefusesOptionsThatCannotBeRight) {
  const auto refused = [](const auto& change) {
    BusOptions options;
    change(options);
    EXPECT_THROW(make_bus(options, quiet_log()), std::invalid_argument);
  };
  refused([](BusOptions& o) { o.name_space = "a b"; });
  refused([](BusOptions& o) { o.url = ","; });
  refused([](BusOptions& o) { o.max_in_flight = 0; });
  refused([](BusOptions& o) { o.results_max_bytes = 0; });
  refused([](BusOptions& o) { o.max_age = seconds{1}; });
  refused([](BusOptions& o) { o.replicas = 0; });
  refused([](BusOptions& o) { o.tls_cert_file = "c"; });
}

}  // namespace
}  // namespace sagad::jetstream::tests
