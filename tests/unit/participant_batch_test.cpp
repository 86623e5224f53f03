#include "runtime/participant_batch.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>

namespace sagad::runtime {
namespace {

using saga::Kind;

/// A message in memory.
class Letter final : public ports::Delivery {
 public:
  explicit Letter(std::string payload) : payload_(std::move(payload)) {}
  std::string_view subject() const override { return "cmd.pay.do.order-pay"; }
  std::string_view payload() const override { return payload_; }
  std::optional<base::Time> sent_at() const override { return std::nullopt; }
  std::string reply_to() const override { return {}; }
  std::uint64_t deliveries() const override { return 1; }
  void ack() override {}
  void nak(base::Duration) override {}
  void in_progress() override {}

 private:
  std::string payload_;
};

/// Knows actions, runs none.
class Catalogue final : public ports::StepRunner {
 public:
  Catalogue() {
    actions_["charge"] = {.name = "charge", .lock_key = "/account"};
    actions_["refund"] = {.name = "refund"};
  }
  const ports::ActionInfo* find(const std::string& action) const override {
    const auto found = actions_.find(action);
    return found == actions_.end() ? nullptr : &found->second;
  }
  ports::StepAnswer run(const saga::Command&, sagad::Transaction&) override { return {}; }
  ports::StepAnswer run_external(const saga::Command&) override { return {}; }
  std::vector<ports::StepAnswer> run_batch(std::span<const saga::Command* const>,
                                           sagad::Transaction&) override {
    return {};
  }

 private:
  std::map<std::string, ports::ActionInfo> actions_;
};

const base::Time kSent = base::from_micros(1'700'000'000'000'000);

saga::Command command(int number, Kind kind = Kind::kDo, const std::string& action = "charge") {
  saga::Command result;
  base::SagaId::Bytes bytes{};
  bytes[15] = static_cast<std::uint8_t>(number);
  result.saga = base::SagaId(bytes);
  result.definition = "order-pay";
  result.participant = "pay";
  result.action = action;
  result.step = "pay";
  result.kind = kind;
  result.sent_at = kSent;
  return result;
}

HeldPtr held(saga::Command what) {
  return std::make_shared<HeldCommand>(std::make_unique<Letter>(saga::encode(what)),
                                       std::move(what));
}

TEST(ParticipantBatch, SortsByKindAndActionWithSettlesFirst) {
  const Catalogue catalogue;
  const auto batch = sort_commands(
      {held(command(1)), held(command(2, Kind::kUndo, "refund")), held(command(3)),
       held(command(4, Kind::kSettle)), held(command(5, Kind::kSettle, "nobody_knows"))},
      catalogue, kSent);
  ASSERT_EQ(batch.groups.size(), 3U);
  EXPECT_EQ(batch.groups[0].size(), 2U);
  EXPECT_EQ(batch.groups[0][0].action, nullptr);
  ASSERT_EQ(batch.groups[1].size(), 2U);
  EXPECT_EQ(batch.groups[1][0].action->name, "charge");
  ASSERT_EQ(batch.groups[2].size(), 1U);
  EXPECT_EQ(batch.groups[2][0].action->name, "refund");
}

TEST(ParticipantBatch, SecondCommandOfAStepWaits) {
  const Catalogue catalogue;
  const auto first = held(command(1));
  const auto copy = held(command(1));
  const auto settle = held(command(1, Kind::kSettle));
  const auto batch = sort_commands({first, copy, settle}, catalogue, kSent);
  ASSERT_EQ(batch.groups.size(), 1U);
  ASSERT_EQ(batch.groups[0].size(), 1U);
  EXPECT_EQ(batch.groups[0][0].held, first);
  EXPECT_EQ(batch.copies, (std::vector<HeldPtr>{copy, settle}));
}

TEST(ParticipantBatch, FollowsTheLockKey) {
  const Catalogue catalogue;
  std::vector<HeldPtr> commands;
  int number = 0;
  for (const char* account : {"b", "a!", "a", "B"}) {
    auto next = command(++number);
    next.input = {{"account", account}};
    commands.push_back(held(std::move(next)));
  }
  const auto batch = sort_commands(commands, catalogue, kSent);
  std::string order;
  for (const auto& work : batch.groups.at(0)) {
    order += work.command().input.at("account").get_string().c_str() + std::string(" ");
  }
  EXPECT_EQ(order, "B a a! b ");
}

TEST(ParticipantBatch, ACompensationTakesItsLockKeyFromWhatItsActionGot) {
  const Catalogue catalogue;
  std::vector<HeldPtr> commands;
  int number = 0;
  for (const char* account : {"b", "a"}) {
    auto next = command(++number);
    next.kind = saga::Kind::kUndo;
    next.input = boost::json::object{};
    next.action_input = {{"account", account}};
    commands.push_back(held(std::move(next)));
  }
  const auto batch = sort_commands(commands, catalogue, kSent);
  EXPECT_EQ(batch.groups.at(0).at(0).command().action_input.at("account"), "a");
}

TEST(ParticipantBatch, NumbersOfLockKeysFollowTheirValue) {
  const boost::json::value documents[] = {{{"k", -5}},
                                          {{"k", -1}},
                                          {{"k", 0}},
                                          {{"k", 9}},
                                          {{"k", 10}},
                                          {{"k", 256}},
                                          {{"k", std::uint64_t{18'000'000'000'000'000'000U}}}};
  for (std::size_t i = 1; i < std::size(documents); ++i) {
    EXPECT_LT(lock_order(documents[i - 1], "/k"), lock_order(documents[i], "/k")) << i;
  }
  EXPECT_LT(lock_order({{"k", -2.5}}, "/k"), lock_order({{"k", -1.5}}, "/k"));
  EXPECT_LT(lock_order({{"k", -1.5}}, "/k"), lock_order({{"k", 2.5}}, "/k"));
  EXPECT_EQ(lock_order({{"k", 1}}, "/missing"), "");
  EXPECT_EQ(lock_order({{"k", 1}}, ""), "");
}

TEST(ParticipantBatch, SetsAsideStaleAndUnknown) {
  const Catalogue catalogue;
  const auto unknown = held(command(2, Kind::kDo, "charm"));
  const auto fresh = sort_commands({unknown}, catalogue, kSent);
  EXPECT_EQ(fresh.unknown, std::vector<HeldPtr>{unknown});
  const auto old = held(command(1));
  const auto later = sort_commands({old}, catalogue, kSent + std::chrono::microseconds(1));
  EXPECT_EQ(later.stale, std::vector<HeldPtr>{old});
  EXPECT_TRUE(later.groups.empty());
}

TEST(ParticipantBatch, WhatIsNoCommandOfOursIsADeadLetter) {
  auto garbage = read_command(std::make_unique<Letter>("{not json"), "pay");
  ASSERT_TRUE(std::holds_alternative<Unreadable>(garbage));
  EXPECT_EQ(std::get<Unreadable>(garbage).report.letter.payload, "{not json");
  EXPECT_EQ(std::get<Unreadable>(garbage).report.letter.reason, "unreadable");
  EXPECT_FALSE(std::get<Unreadable>(garbage).report.letter.saga);

  auto other = read_command(std::make_unique<Letter>(saga::encode(command(1))), "order");
  ASSERT_TRUE(std::holds_alternative<Unreadable>(other));
  EXPECT_EQ(std::get<Unreadable>(other).report.letter.message,
            "it is for participant pay, not for order");
  EXPECT_EQ(std::get<Unreadable>(other).report.letter.saga, command(1).saga);

  auto ours = read_command(std::make_unique<Letter>(saga::encode(command(1))), "pay");
  ASSERT_TRUE(std::holds_alternative<HeldPtr>(ours));
  EXPECT_EQ(std::get<HeldPtr>(ours)->command().action, "charge");
}

}  // namespace
}  // namespace sagad::runtime
