// Processes, servers and connections that end in the middle of many sagas.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "integration/deployment.hpp"
#include "support/servers.hpp"

namespace sagad::tests {
namespace {

using namespace std::chrono_literals;

class Outage : public ::testing::Test {
 protected:
  /// Starts sagas in SQL, in one transaction: a tenth of them is refused.
  void start_many(int count) {
    deployment_.sql(
        "engine",
        "SELECT count(sagad.start_saga('order-pay', jsonb_build_object('order_name', 'x', "
        "'account', CASE WHEN i % 10 = 0 THEN 'nobody' ELSE 'alice' END, 'amount', 1 + i % 7), "
        "'many-' || i)) FROM generate_series(1, " +
            std::to_string(count) + ") i");
  }
  int count_ended() {
    return std::stoi(deployment_.sql(
        "engine", "SELECT count(*) FROM sagad.saga WHERE status IN ('completed', 'compensated')"));
  }
  void wait_for(int count) {
    for (int tries = 0; tries < 600 && count_ended() < count; ++tries) {
      std::this_thread::sleep_for(50ms);
    }
    ASSERT_GE(count_ended(), count) << "too slow to disturb it in the middle";
  }
  void expect_all_ended(int count) {
    for (int tries = 0; tries < 1200 && count_ended() < count; ++tries) {
      std::this_thread::sleep_for(100ms);
    }
    EXPECT_EQ(count_ended(), count);
    EXPECT_EQ(
        deployment_.sql("engine", "SELECT count(*) FROM sagad.saga WHERE status = 'completed'"),
        std::to_string(count - count / 10));
    deployment_.expect_clean_books();
  }
  Deployment deployment_;
};

TEST_F(Outage, TheDaemonIsKilledInTheMiddleOfAThousandSagas) {
  deployment_.start("sagad", Deployment::everything());
  start_many(1000);
  wait_for(100);
  deployment_.kill("sagad");
  deployment_.start("sagad", Deployment::everything());
  wait_for(300);
  deployment_.kill("sagad");
  deployment_.start("sagad", Deployment::everything());
  expect_all_ended(1000);
}

TEST_F(Outage, TheDaemonIsRestartedInOrderInTheMiddleOfAThousandSagas) {
  deployment_.start("sagad", Deployment::everything());
  start_many(1000);
  wait_for(200);
  deployment_.stop("sagad");
  deployment_.start("sagad", Deployment::everything());
  expect_all_ended(1000);
  deployment_.stop("sagad");
}

TEST_F(Outage, TheJetStreamStoreIsWipedInTheMiddle) {
  deployment_.start("sagad", Deployment::everything());
  start_many(500);
  wait_for(50);
  nats().wipe_store();
  expect_all_ended(500);
}

TEST_F(Outage, NatsIsAwayForAWhile) {
  deployment_.start("sagad", Deployment::everything());
  start_many(300);
  wait_for(30);
  nats().kill();
  std::this_thread::sleep_for(2s);
  nats().start();
  expect_all_ended(300);
}

TEST_F(Outage, PostgresCrashesAndComesBack) {
  deployment_.start("sagad", Deployment::everything());
  start_many(500);
  wait_for(50);
  postgres().kill();
  std::this_thread::sleep_for(500ms);
  postgres().start();
  expect_all_ended(500);
}

TEST_F(Outage, ConnectionsEndAtAnyMomentAlsoAfterCommit) {
  deployment_.start("sagad", Deployment::everything());
  std::atomic<bool> over = false;
  std::thread cutter([&] {
    while (!over) {
      deployment_.sql("engine",
                      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                      "WHERE application_name LIKE 'sagad%' AND pid <> pg_backend_pid() "
                      "AND random() < 0.5");
      std::this_thread::sleep_for(200ms);
    }
  });
  start_many(500);
  std::this_thread::sleep_for(4s);
  over = true;
  cutter.join();
  expect_all_ended(500);
}

}  // namespace
}  // namespace sagad::tests
