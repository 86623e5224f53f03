#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "api/metric_catalogue.hpp"
#include "api/metrics.hpp"

namespace sagad::api {
namespace {

using testing::HasSubstr;

TEST(ApiMetrics, CountersAddUpByLabels) {
  PrometheusMetrics metrics;
  metrics.add("sagad_sagas_started_total", {{"definition", "a"}}, 2);
  metrics.add("sagad_sagas_started_total", {{"definition", "a"}}, 1);
  metrics.add("sagad_sagas_started_total", {{"definition", "b"}}, 1);
  const auto text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# HELP sagad_sagas_started_total Sagas started.\n"
                              "# TYPE sagad_sagas_started_total counter\n"));
  EXPECT_THAT(text, HasSubstr("sagad_sagas_started_total{definition=\"a\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("sagad_sagas_started_total{definition=\"b\"} 1\n"));
}

TEST(ApiMetrics, GaugesKeepTheLastValue) {
  PrometheusMetrics metrics;
  metrics.set("sagad_outbox_depth", {{"database", "pay"}}, 5);
  metrics.set("sagad_outbox_depth", {{"database", "pay"}}, 3);
  EXPECT_THAT(metrics.text(), HasSubstr("sagad_outbox_depth{database=\"pay\"} 3\n"));
}

TEST(ApiMetrics, DurationsAndSizesHaveBucketsOfTheirOwn) {
  PrometheusMetrics metrics;
  metrics.observe("sagad_saga_duration_seconds", {}, 0.02);
  metrics.observe("sagad_batch_size", {}, 100);
  const auto text = metrics.text();
  EXPECT_THAT(text, HasSubstr("sagad_saga_duration_seconds_bucket{le=\"0.01\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("sagad_saga_duration_seconds_bucket{le=\"0.025\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sagad_batch_size_bucket{le=\"64\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("sagad_batch_size_bucket{le=\"128\"} 1\n"));
}

TEST(ApiMetrics, LabelValuesAreEscaped) {
  PrometheusMetrics metrics;
  metrics.add("sagad_dead_letters_total", {{"reason", "a\"b\nc"}}, 1);
  EXPECT_THAT(metrics.text(), HasSubstr("{reason=\"a\\\"b\\nc\"} 1\n"));
}

TEST(ApiMetrics, ThreadsLoseNoCounts) {
  PrometheusMetrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics] {
      for (int n = 0; n < 1000; ++n) metrics.add("sagad_sagas_started_total", {}, 1);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(metrics.text(), HasSubstr("sagad_sagas_started_total 4000\n"));
}

/// The page is the promise to those who build dashboards.
TEST(ApiMetrics, PageListsExactlyWhatTheCatalogueHas) {
  std::ifstream file(SAGAD_SOURCE_DIR "/docs/metrics.md");
  std::ostringstream page;
  page << file.rdbuf();
  for (const auto& metric : metric_catalogue()) {
    EXPECT_THAT(page.str(), HasSubstr("`" + std::string(metric.name) + "`"));
  }
}

}  // namespace
}  // namespace sagad::api
