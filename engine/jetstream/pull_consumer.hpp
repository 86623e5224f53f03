#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "jetstream/connector.hpp"
#include "jetstream/delivery.hpp"
#include "jetstream/names.hpp"
#include "jetstream/pull.hpp"
#include "jetstream/streams.hpp"

namespace sagad::jetstream {

/// Fetches from a durable pull consumer, and makes the consumer and its stream when they are
/// missing: on every new link, and whenever the server says that they are gone.
class PullConsumer final : public ports::Consumer {
 public:
  PullConsumer(ConsumerSpec spec, std::shared_ptr<const DeliveryContext> context,
               std::shared_ptr<Connector> connector, std::shared_ptr<Streams> streams,
               std::shared_ptr<spdlog::logger> log);
  /// Gives back what was fetched and not taken.
  ~PullConsumer() override;

  std::vector<ports::DeliveryPtr> fetch(std::size_t max, base::Duration wait) override;
  /// An interrupt while no fetch waits ends the next one.
  void interrupt() override;

 private:
  using Clock = std::chrono::steady_clock;
  using Batch = std::vector<ports::DeliveryPtr>;

  /// The pull that the server holds for us.
  struct Pull {
    bool open = false;
    std::uint64_t number = 0;  ///< of the last one, open or not
    std::size_t left = 0;      ///< messages that it may still bring
    Clock::time_point ends;
    Clock::time_point heard;  ///< of it, last
    std::chrono::milliseconds heartbeat{0};
  };

  /// True if there is a link with our subscription and the consumer behind it.
  bool attach();
  void detach();
  bool ensure_consumer();
  void gather(std::size_t max, Clock::time_point deadline, Batch& batch);
  void open_pull(std::size_t max, Clock::time_point deadline);
  /// Takes in one message; false if the batch is at its end.
  bool take(MessagePtr message, Batch& batch);
  bool take_status(PullStatus status, bool got_any);
  /// The open pull should have been heard of, and was not.
  bool is_silent(Clock::time_point now) const;
  /// Has the consumer made by the next fetch, if it is not there.
  void lose_consumer();
  /// Waits for an interrupt.
  void pause(Clock::duration duration);
  bool take_interrupt();

  const ConsumerSpec spec_;
  const std::shared_ptr<const DeliveryContext> context_;
  const std::shared_ptr<Connector> connector_;
  const std::shared_ptr<Streams> streams_;
  const std::shared_ptr<spdlog::logger> log_;
  const std::string next_subject_;  ///< of the API: the next messages
  const std::string inbox_;

  std::shared_ptr<Link> link_;
  natsSubscription* subscription_ = nullptr;  ///< of link_, and there whenever that is
  bool ready_ = false;                        ///< the consumer was there when we last asked
  Pull pull_;
  std::string last_failure_;

  std::mutex mutex_;
  std::condition_variable interrupts_;
  std::atomic<bool> interrupted_{false};
};

}  // namespace sagad::jetstream
