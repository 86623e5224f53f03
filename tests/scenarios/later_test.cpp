#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "runtime/final_answers.hpp"
#include "scenarios/engine_fixture.hpp"

// Final answers of steps that answered `later`: through the API's door and on the bus.

namespace sagad::tests {
namespace {

using saga::FinalVerdict;
using saga::SagaStatus;
using saga::StepStatus;

class LaterAnswers : public EngineTest {
 protected:
  void open_door() {
    door_ = std::make_unique<runtime::FinalAnswers>(
        stores(), runtime::BatchTools{relay(), *definitions_, &completions_, sums_, log_});
  }
  saga::Command at_pay() {
    id_ = start_saga();
    send(done(command("order"), {{"order_id", 7}}));
    return command("pay");
  }
  void answer_later(const saga::Command& pay) {
    auto result = done(pay);
    result.outcome = saga::Outcome::kLater;
    result.message = "the bank calls back";
    send(result);
  }
  bool waits() {
    return eventually([&] { return get(id_).steps.at(1).status == StepStatus::kWaiting; });
  }
  std::optional<FinalVerdict> give(const std::string& token, const saga::FinalAnswer& answer) {
    return door_->submit(id_, "pay", token, answer);
  }

  base::SagaId id_;
  std::unique_ptr<runtime::FinalAnswers> door_;
};

const saga::FinalAnswer kDone{true, boost::json::object{{"pay_id", 7}}, {}};
const saga::FinalAnswer kDeclined{false, nullptr, {"declined", "no funds"}};

TEST_F(LaterAnswers, EndTheStepWithTheTokenOfItsCommand) {
  start();
  open_door();
  const auto pay = at_pay();
  EXPECT_FALSE(pay.token.empty());
  answer_later(pay);
  ASSERT_TRUE(waits());
  EXPECT_EQ(get(id_).steps.at(1).reason, "the bank calls back");
  EXPECT_EQ(give(pay.token, kDone), FinalVerdict::kTaken);
  EXPECT_EQ(get(id_).status, SagaStatus::kCompleted) << "committed when it returns";
  EXPECT_EQ(give(pay.token, kDone), FinalVerdict::kKnown);
  EXPECT_EQ(give(pay.token, kDeclined), FinalVerdict::kOther);
}

TEST_F(LaterAnswers, MayOvertakeTheLater) {
  start();
  open_door();
  const auto pay = at_pay();
  EXPECT_EQ(give(pay.token, kDeclined), FinalVerdict::kTaken);
  EXPECT_EQ(give(pay.token, kDeclined), FinalVerdict::kKnown);
  answer_later(pay);
  const auto undo = command("pay", ports::CommandLane::kUndo);
  EXPECT_EQ(undo.kind, saga::Kind::kUndo);
  EXPECT_TRUE(undo.token.empty());
  EXPECT_EQ(get(id_).error->code, "declined");
}

TEST_F(LaterAnswers, WantTheRightToken) {
  start();
  open_door();
  const auto pay = at_pay();
  answer_later(pay);
  ASSERT_TRUE(waits());
  auto wrong = pay.token;
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(give(wrong, kDone), FinalVerdict::kBadToken);
  EXPECT_EQ(door_->submit(id_, "create_order", pay.token, kDone), FinalVerdict::kBadToken);
  EXPECT_EQ(door_->submit(ids_.next(clock_.now()), "pay", pay.token, kDone), std::nullopt);
  EXPECT_EQ(get(id_).steps.at(1).status, StepStatus::kWaiting);
}

TEST_F(LaterAnswers, TokenIsTheSameForEveryAttemptAndDaemon) {
  start();
  const auto first = at_pay();
  send(retry(first));
  start_timers();
  const auto second = command("pay");
  EXPECT_EQ(second.attempt, 2);
  EXPECT_EQ(second.token, first.token);
}

TEST_F(LaterAnswers, ComeOnTheBusToo) {
  start();
  const auto pay = at_pay();
  answer_later(pay);
  ASSERT_TRUE(waits());
  const auto message = [&](const std::string& token) {
    return boost::json::serialize(boost::json::object{
        {"saga", id_.str()}, {"step", "pay"}, {"token", token}, {"output", {{"pay_id", 9}}}});
  };
  send_raw("res.answer.order-pay", message("0.0.wrong"));
  send_raw("res.answer.order-pay", "{\"saga\": 1}");
  send_raw("res.answer.order-pay", message(pay.token));
  send_raw("res.answer.order-pay", message(pay.token));
  const auto instance = wait_for(id_, SagaStatus::kCompleted);
  EXPECT_EQ(boost::json::serialize(*instance.steps.at(1).output), R"({"pay_id":9})");
  EXPECT_TRUE(eventually([&] {
    return value("SELECT string_agg(reason, ',' ORDER BY reason) FROM sagad.dead_letter") ==
           "bad_token,unreadable";
  }));
}

TEST_F(LaterAnswers, ParallelOnesOfOneStepAreTakenOnce) {
  start();
  open_door();
  const auto pay = at_pay();
  answer_later(pay);
  ASSERT_TRUE(waits());
  std::atomic<int> taken{0};
  std::atomic<int> known{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      const auto verdict = give(pay.token, kDone);
      ++(verdict == FinalVerdict::kTaken ? taken : known);
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(known, 7);
}

}  // namespace
}  // namespace sagad::tests
