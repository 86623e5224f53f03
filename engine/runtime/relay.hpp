#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/service.hpp"
#include "base/sync.hpp"
#include "ports/bus.hpp"
#include "ports/metrics.hpp"
#include "ports/outbox.hpp"
#include "runtime/relay_book.hpp"
#include "runtime/threads.hpp"

namespace spdlog {
class logger;
}

namespace sagad::runtime {

/// Publishes the outbox of one database. The hot path is publish(), called with the rows of a
/// transaction that has just committed; a sweep over the table is for leftovers only (a crash, a
/// start from SQL, the bus was away). A row is deleted only once JetStream has confirmed it: by
/// the next batch's transaction (take_confirmed), or by the relay itself when there is none within
/// 200 ms. A row that can never be published (too large) is reported on the subject `dead`, and
/// deleted once that report is confirmed. Memory is bounded: above `capacity` rows are left to
/// the sweep.
class Relay final : public base::Service, private ports::PublishSink {
 public:
  struct Options {
    std::string database;               ///< for logs and metrics: `engine`, `pay`
    base::Duration leftover_age{1000};  ///< the sweep leaves younger rows to the hot path
    base::Duration busy_interval{5};    ///< between sweeps that find rows
    base::Duration idle_interval{200};
    std::size_t sweep_limit = 1000;
    base::Duration confirm_timeout{5000};
    std::size_t capacity = 100'000;       ///< rows remembered: in flight or not deleted yet
    base::Duration depth_interval{5000};  ///< between samples of sagad_outbox_depth
  };

  Relay(Options options, ports::OutboxStoreFactory stores, ports::Bus& bus, ports::Metrics& metrics,
        std::shared_ptr<spdlog::logger> log);
  /// The bus has to outlive it.
  ~Relay() override;

  void start() override;
  /// Waits up to confirm_timeout for what is in flight, deletes what is confirmed.
  void stop() override;

  /// Hands the rows to the bus. Thread-safe, does not wait.
  void publish(std::vector<ports::OutboxRow> rows);
  /// Rows that are confirmed and not deleted yet; whoever takes them deletes them in its
  /// transaction, or gives them back by give_back(). Thread-safe.
  std::vector<ports::OutboxId> take_confirmed(std::size_t limit);
  void give_back(const std::vector<ports::OutboxId>& ids);

 private:
  using Clock = base::SteadyClock;

  void confirmed(ports::OutboxId id) override;
  void refused(ports::OutboxId id, const std::string& reason, bool permanent) override;

  void work();
  void round();
  void remove_confirmed(std::size_t limit);
  void sweep();
  std::vector<ports::OutboxId> publish_swept(const std::vector<ports::OutboxRow>& rows);
  std::vector<ports::OutboxId> report_dead(const std::vector<ports::OutboxRow>& rows,
                                           const std::map<ports::OutboxId, std::string>& reasons);
  void sample_depth();

  const Options options_;
  const ports::OutboxStoreFactory stores_;
  ports::Bus& bus_;
  ports::Metrics& metrics_;
  const std::shared_ptr<spdlog::logger> log_;
  RelayBook book_;
  StopSignal stop_;

  // Of the relay's thread, and of stop() after it has ended.
  std::unique_ptr<ports::OutboxStore> store_;
  Outage outage_;
  base::IdGenerator ids_;
  Clock::time_point next_sweep_;
  Clock::time_point next_depth_;
  std::size_t sweep_limit_;
  int fruitless_sweeps_ = 0;

  Threads threads_;
};

}  // namespace sagad::runtime
