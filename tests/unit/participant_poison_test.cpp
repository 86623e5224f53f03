// What counts as a start that did not come back (protocol, section 3, "Poison"); on a database that
// the test makes fail. tests/scenarios/participant_watchdog_test.cpp has the same on a real one.

#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <map>
#include <memory>
#include <stdexcept>

#include "ports/metrics.hpp"
#include "runtime/participant_context.hpp"
#include "runtime/participant_executor.hpp"
#include "runtime/relay.hpp"
#include "unit/idle_bus.hpp"

namespace sagad::runtime {
namespace {

/// What the database holds of starts, and how it fails.
struct Starts {
  std::map<ports::ExecutionKey, int> counted;
  bool unknown_commits = false;
};

class EmptyTransaction final : public ports::ParticipantTransaction {
 public:
  std::vector<std::optional<ports::InboxRow>> find(
      std::span<const ports::ExecutionKey> keys) override {
    return std::vector<std::optional<ports::InboxRow>>(keys.size());
  }
  std::vector<bool> insert(std::span<const ports::InboxRow>) override { refuse(); }
  void replace(std::span<const ports::InboxRow>) override { refuse(); }
  ports::Claims& claims() override { refuse(); }
  void append_outbox(std::span<const ports::OutboxRow>) override { refuse(); }
  void delete_outbox(std::span<const ports::OutboxId>) override { refuse(); }
  void clear_starts(std::span<const ports::ExecutionKey>) override { refuse(); }
  void allow_idle(base::Duration) override { refuse(); }
  void lock_action(const std::string&) override { refuse(); }
  sagad::Transaction& business() override { refuse(); }
  void savepoint() override { refuse(); }
  void release() override { refuse(); }
  void rollback_to_savepoint() override { refuse(); }
  void commit() override { refuse(); }

 private:
  [[noreturn]] static void refuse() { throw std::logic_error("nothing is to be run"); }
};

class StartsStore final : public ports::ParticipantStore {
 public:
  explicit StartsStore(Starts& starts) : starts_(starts) {}
  std::unique_ptr<ports::ParticipantTransaction> begin() override {
    return std::make_unique<EmptyTransaction>();
  }
  ports::Session session() override { return {}; }
  ports::Fault classify(std::exception_ptr error) const override {
    try {
      std::rethrow_exception(std::move(error));
    } catch (const ports::CommitUnknown& unknown) {
      return {ports::Fault::Kind::kCommitUnknown, {}, unknown.what()};
    } catch (const std::exception& other) {
      return {ports::Fault::Kind::kStep, "exception", other.what()};
    }
  }
  std::vector<bool> mark_starts(std::span<const ports::ExecutionKey> keys) override {
    return std::vector<bool>(keys.size(), false);
  }
  int record_start(const ports::ExecutionKey& key) override {
    const int count = ++starts_.counted[key];
    if (starts_.unknown_commits) throw ports::CommitUnknown("the connection was lost");
    return count;
  }
  void clear_starts(std::span<const ports::ExecutionKey> keys) override {
    for (const auto& key : keys) starts_.counted.erase(key);
  }

 private:
  Starts& starts_;
};

class Redelivered final : public ports::Delivery {
 public:
  std::string_view subject() const override { return "cmd.pay.do.order-pay"; }
  std::string_view payload() const override { return "{}"; }
  std::optional<base::Time> sent_at() const override { return std::nullopt; }
  std::string reply_to() const override { return {}; }
  std::uint64_t deliveries() const override { return 2; }
  void ack() override {}
  void nak(base::Duration) override {}
  void in_progress() override {}
};

class NoPlugin final : public ports::StepRunner {
 public:
  const ports::ActionInfo* find(const std::string&) const override { return &info_; }
  ports::StepAnswer run(const saga::Command&, sagad::Transaction&) override { return {}; }
  ports::StepAnswer run_external(const saga::Command&) override { return {}; }
  std::vector<ports::StepAnswer> run_batch(std::span<const saga::Command* const>,
                                           sagad::Transaction&) override {
    return {};
  }

 private:
  ports::ActionInfo info_{.name = "charge"};
};

class Poison : public ::testing::Test {
 protected:
  Poison() {
    worker_.store = std::make_unique<StartsStore>(starts_);
    worker_.slot = std::make_shared<Watchdog::Slot>();
  }

  void deliver_again() {
    saga::Command command;
    command.participant = "pay";
    command.action = "charge";
    command.step = "pay";
    Work work;
    work.held = std::make_shared<HeldCommand>(std::make_unique<Redelivered>(), command);
    work.action = plugin_.find("charge");
    std::vector<Work> works;
    works.push_back(std::move(work));
    Executor(worker_).execute(std::move(works));
  }

  Starts starts_;
  tests::IdleBus bus_;
  NoPlugin plugin_;
  ports::NoMetrics metrics_;
  base::SystemClock clock_;
  std::shared_ptr<spdlog::logger> log_ =
      std::make_shared<spdlog::logger>("none", std::make_shared<spdlog::sinks::null_sink_mt>());
  const ports::ParticipantStoreFactory stores_ = [this] {
    return std::make_unique<StartsStore>(starts_);
  };
  Relay relay_{{}, [] { return nullptr; }, bus_, metrics_, log_};
  ParticipantContext shared_{{}, stores_, plugin_, bus_, relay_, clock_, metrics_, log_};
  WorkerContext worker_{shared_};
};

TEST_F(Poison, AStartWhoseCommitIsNotKnownIsNoStart) {
  starts_.unknown_commits = true;
  for (int i = 0; i < 5; ++i) deliver_again();
  EXPECT_TRUE(starts_.counted.empty());
}

}  // namespace
}  // namespace sagad::runtime
