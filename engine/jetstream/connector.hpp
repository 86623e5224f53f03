#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "base/random.hpp"
#include "jetstream/ack_inbox.hpp"
#include "jetstream/bus.hpp"
#include "jetstream/link.hpp"

namespace sagad::jetstream {

/// Keeps a link to NATS: connects, listens for confirmations, ends publishes that are not
/// confirmed in time, and when the link is gone refuses what is in flight and connects anew, for
/// ever. One thread of its own. Thread-safe.
class Connector {
 public:
  using OnLink = std::function<void()>;

  /// `on_link` is called by its thread each time that a link is there.
  Connector(BusOptions options, std::shared_ptr<InFlight> in_flight, std::shared_ptr<AckInbox> acks,
            OnLink on_link, std::shared_ptr<spdlog::logger> log);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  void start();
  /// Ends the link (what is buffered is sent, for half a second at most) and joins; twice is fine.
  void stop();

  /// The link of now; null while there is none.
  std::shared_ptr<Link> link() const;
  /// The same, but throws ports::Unavailable while there is none.
  std::shared_ptr<Link> require_link() const;

 private:
  void run();
  /// Null if it failed; the log tells why, once.
  std::shared_ptr<Link> connect();
  /// Returns when the link has ended.
  void serve(const std::shared_ptr<Link>& link);
  void offer(std::shared_ptr<Link> link);
  std::chrono::milliseconds pause_after(int failures);
  bool wait_stopped(std::chrono::milliseconds timeout);
  bool stopping() const;

  const BusOptions options_;
  const std::shared_ptr<InFlight> in_flight_;
  const std::shared_ptr<AckInbox> acks_;
  const OnLink on_link_;
  const std::shared_ptr<spdlog::logger> log_;
  base::Random random_;       ///< of its thread
  std::string last_failure_;  ///< of its thread

  mutable std::mutex mutex_;
  std::condition_variable stop_;
  std::shared_ptr<Link> link_;  ///< guarded by mutex_
  bool stopping_ = false;       ///< guarded by mutex_
  std::thread thread_;
};

}  // namespace sagad::jetstream
