#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <thread>

#include "postgres/plugin_fixture.hpp"
#include "support/plugins.hpp"

// Whatever a batch holds: its answers and what it leaves behind are those of single executions,
// no money appears or vanishes, and batches of several workers do not deadlock.

namespace {

using sagad::ports::StepAnswer;
using sagad::saga::Command;
using sagad::saga::Outcome;
using sagad::tests::pay_plugin;
using sagad::tests::PluginDatabase;
using sagad::tests::summary;

constexpr int kAccounts = 6;

std::string account(int number) { return "a\"" + std::to_string(number); }

void add_accounts(PluginDatabase& db) {
  for (int i = 0; i < kAccounts; ++i) {
    db.exec("INSERT INTO tbl_account VALUES ('" + account(i) + "', " + std::to_string(i * 60) +
            ")");
  }
}

const char* const kState =
    "SELECT (SELECT string_agg(id || '=' || balance, ' ' ORDER BY id) FROM tbl_account) || ' / ' "
    "|| "
    "(SELECT coalesce(string_agg(concat_ws(':', saga_id, order_id, account, amount, status), ' ' "
    "ORDER BY saga_id), '') FROM tbl_pay)";

/// Mostly right inputs, some unknown accounts, some that are wrong.
std::string random_charge(std::minstd_rand& random) {
  const auto pick = [&](int below) {
    return static_cast<int>(random() % static_cast<unsigned long>(below));
  };
  return boost::json::serialize(
      boost::json::object{{"order_id", pick(1000)},
                          {"account", account(pick(kAccounts + 1))},  // the last one does not exist
                          {"amount", pick(12) == 0 ? -pick(2) : 1 + pick(50)}});
}

/// Two runs draw other numbers for what they refuse in between: compare all but the pay_id.
std::string without_id(const StepAnswer& answer) {
  return answer.outcome == Outcome::kDone ? "done" : summary(answer) + ": " + answer.message;
}

class Batches : public testing::TestWithParam<unsigned> {};

TEST_P(Batches, OfChargesAndRefundsAreLikeSingleOnes) {
  std::minstd_rand random(GetParam());
  PluginDatabase together(pay_plugin());
  PluginDatabase single(pay_plugin());
  add_accounts(together);
  add_accounts(single);
  const auto conserved =
      "SELECT (SELECT sum(balance) FROM tbl_account) + (SELECT "
      "coalesce(sum(amount), 0) FROM tbl_pay WHERE status = 'paid')";
  const auto money = together.value(conserved);

  std::vector<Command> undo_together, undo_single;
  for (int round = 0; round < 4; ++round) {
    std::vector<Command> batch;
    for (auto n = 1 + random() % 40; n > 0; --n) {
      batch.push_back(together.command("charge", random_charge(random)));
    }
    const auto answers = together.run_batch(batch);
    ASSERT_EQ(answers.size(), batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto alone = single.run(batch[i]);
      ASSERT_EQ(without_id(answers[i]), without_id(alone)) << "seed " << GetParam();
      if (alone.outcome == Outcome::kDone && random() % 2 == 0) {
        undo_together.push_back(together.undo("refund", boost::json::serialize(answers[i].output)));
        undo_single.push_back(undo_together.back());
        undo_single.back().action_output = alone.output;
      }
    }
    ASSERT_EQ(together.value(kState), single.value(kState)) << "seed " << GetParam();
    ASSERT_EQ(together.value(conserved), money);
  }
  if (undo_together.empty()) return;
  undo_together.push_back(undo_together.front());  // and one of them twice
  undo_single.push_back(undo_single.front());
  const auto refunds = together.run_batch(undo_together);
  for (std::size_t i = 0; i < undo_single.size(); ++i) {
    ASSERT_EQ(without_id(refunds[i]), without_id(single.run(undo_single[i])));
  }
  EXPECT_EQ(together.value(kState), single.value(kState)) << "seed " << GetParam();
  EXPECT_EQ(together.value(conserved), money);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Batches, testing::Range(1U, 11U));

/// Commits `rounds` batches, each over all accounts in another order; false after an error.
void charge_and_refund(PluginDatabase& db, unsigned seed, int rounds, std::string& error) {
  std::minstd_rand random(seed);
  pqxx::connection connection(db.url());
  sagad::Transaction::Prepared prepared;
  const auto run = [&](const std::vector<Command>& commands) {
    std::vector<const Command*> pointers;
    for (const auto& command : commands) pointers.push_back(&command);
    pqxx::work work(connection);
    sagad::Transaction tx(work, prepared);
    auto answers = db.runner().run_batch(pointers, tx);
    work.commit();
    return answers;
  };
  try {
    for (int round = 0; round < rounds; ++round) {
      std::vector<Command> charges, refunds;
      for (int i = 0; i < 60; ++i) {
        Command command;
        command.action = "charge";
        command.input = {{"order_id", i}, {"account", account(i % kAccounts)}, {"amount", 1}};
        charges.push_back(std::move(command));
      }
      std::shuffle(charges.begin(), charges.end(), random);
      for (const auto& answer : run(charges)) {
        if (answer.outcome != Outcome::kDone) continue;
        Command command;
        command.action = "refund";
        command.kind = sagad::saga::Kind::kUndo;
        command.action_output = answer.output;
        refunds.push_back(std::move(command));
      }
      std::shuffle(refunds.begin(), refunds.end(), random);
      run(refunds);
    }
  } catch (const std::exception& caught) {
    error = caught.what();
  }
}

TEST(BatchesOfSeveralWorkers, DoNotDeadlockOverTheSameAccounts) {
  PluginDatabase db(pay_plugin());
  add_accounts(db);
  const auto before =
      db.value("SELECT string_agg(id || balance, ' ' ORDER BY id) FROM tbl_account");
  std::string errors[3];
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] { charge_and_refund(db, i, 20, errors[i]); });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& error : errors) EXPECT_EQ(error, "");
  EXPECT_EQ(db.value("SELECT string_agg(id || balance, ' ' ORDER BY id) FROM tbl_account"), before);
  EXPECT_EQ(db.value("SELECT count(*) FROM tbl_pay WHERE status = 'paid'"), "0");
}

}  // namespace
