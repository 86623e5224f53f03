#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <sagad/transaction.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "ports/bus.hpp"
#include "ports/metrics.hpp"
#include "ports/participant_store.hpp"
#include "ports/step_runner.hpp"
#include "runtime/dead_letter.hpp"
#include "runtime/participant.hpp"
#include "runtime/relay.hpp"
#include "saga/message.hpp"

namespace sagad::tests {

/// Actions written in a test. Add them before the participant starts.
class Actions final : public ports::StepRunner {
 public:
  using Run = std::function<ports::StepAnswer(const saga::Command&, Transaction&)>;
  using RunBatch = std::function<std::vector<ports::StepAnswer>(
      std::span<const saga::Command* const>, Transaction&)>;
  using RunExternal = std::function<ports::StepAnswer(const saga::Command&)>;

  void add(ports::ActionInfo info, Run run, RunBatch batch = {});
  void add_external(const std::string& name, RunExternal run);
  /// Executions so far, those of batch forms not counted.
  int runs(const std::string& action) const;
  int batch_runs() const { return batch_runs_; }

  const ports::ActionInfo* find(const std::string& action) const override;
  ports::StepAnswer run(const saga::Command& command, Transaction& transaction) override;
  ports::StepAnswer run_external(const saga::Command& command) override;
  std::vector<ports::StepAnswer> run_batch(std::span<const saga::Command* const> commands,
                                           Transaction& transaction) override;

 private:
  struct Entry {
    ports::ActionInfo info;
    Run run;
    RunBatch batch;
    RunExternal external;
    std::atomic<int> runs{0};
  };
  std::map<std::string, Entry> actions_;
  std::atomic<int> batch_runs_{0};
};

ports::StepAnswer done(boost::json::value output = boost::json::object{});
ports::StepAnswer failed(const std::string& code);
ports::StepAnswer retry(const std::string& code);

/// Counts what is added, by counter.
class Counters final : public ports::Metrics {
 public:
  void add(std::string_view counter, Labels labels, double amount) override;
  void set(std::string_view, Labels, double) override {}
  void observe(std::string_view, Labels, double) override {}
  double of(const std::string& counter) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, double> counts_;
};

/// A participant `pay` on a real database and a real bus, driven as the coordinator does: by
/// commands, and read by its results. The database has `account(id, balance)`, with 100 on `rich`
/// and 0 on `poor`, and `effect(saga, step, what)` without any key, so that doubles are seen.
class ParticipantTest : public ::testing::Test {
 protected:
  ParticipantTest();
  ~ParticipantTest() override;

  void start();
  void stop();
  runtime::Participant& participant() { return *participant_; }

  /// A fresh command for `charge`, by the actions of charge_actions().
  saga::Command command(saga::Kind kind = saga::Kind::kDo, const std::string& action = "charge");
  /// The command that undoes or settles what `action` did.
  static saga::Command after(const saga::Command& action, saga::Kind kind,
                             const std::string& name = "refund");
  void send(const std::vector<saga::Command>& commands);
  void send(const saga::Command& command) { send(std::vector<saga::Command>{command}); }
  void send_raw(const std::string& subject, const std::string& payload);

  /// Waits for so many results; those that come later stay for the next call.
  std::vector<saga::Result> results(std::size_t count,
                                    base::Duration timeout = base::Duration{20'000});
  saga::Result result() { return results(1).at(0); }
  /// True if none comes for so long.
  bool silent(base::Duration duration);
  std::optional<runtime::DeadLetterReport> dead_letter();

  std::string value(const std::string& sql);
  int number(const std::string& sql) { return std::stoi(value(sql)); }
  void execute(const std::string& sql) { value(sql); }
  int effects(const saga::Command& command);
  /// Nothing is left: no message on the commands stream, no row in the outbox, no start counted.
  void expect_clean();

  /// `charge`: writes an effect and debits, refuses with `insufficient_funds` without a write.
  /// `refund`: writes an effect and credits.
  void add_charge_and_refund();

  std::unique_ptr<ports::ParticipantStore> store() const;

  std::string database_;
  std::string name_space_;
  std::unique_ptr<ports::Bus> bus_;
  Actions actions_;
  Counters counters_;
  runtime::Participant::Options options_;
  std::atomic<int> hung_calls_{0};
  base::IdGenerator ids_;
  base::SystemClock clock_;

 private:
  std::unique_ptr<ports::SessionTerminator> terminator_;
  std::unique_ptr<runtime::Relay> relay_;
  std::unique_ptr<runtime::Participant> participant_;
  std::unique_ptr<ports::Consumer> results_;
  std::vector<saga::Result> waiting_;
};

/// An effect of the command, in `effect`.
void write_effect(const saga::Command& command, Transaction& transaction, const std::string& what);

}  // namespace sagad::tests
