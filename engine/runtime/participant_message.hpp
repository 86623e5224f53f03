#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/sync.hpp"
#include "ports/bus.hpp"
#include "saga/message.hpp"

namespace sagad::runtime {

/// A command that was fetched and is held until it is answered. Thread-safe: the watchdog ends
/// what a hung worker holds, and in-progress acks come from another thread than the work.
class HeldCommand {
 public:
  HeldCommand(ports::DeliveryPtr delivery, saga::Command command);

  const saga::Command& command() const { return command_; }
  /// More than once: an earlier execution may not have come back (poison).
  bool redelivered() const { return deliveries_ > 1; }
  int deliveries() const { return deliveries_; }
  std::string subject() const;
  std::string payload() const;

  /// End it; only the first end counts, later ones do nothing.
  void ack();
  void nak(base::Duration delay);
  /// Nothing if it is ended.
  void in_progress();
  bool ended() const;

 private:
  const saga::Command command_;
  const int deliveries_;
  mutable base::Mutex mutex_;
  ports::DeliveryPtr delivery_;  ///< guarded by mutex_
  bool ended_ = false;           ///< guarded by mutex_
};

using HeldPtr = std::shared_ptr<HeldCommand>;

/// What one worker holds, and which of it is running now: so that others can keep it alive on the
/// bus and, if the worker hangs, end it. Thread-safe.
class HeldSet {
 public:
  void replace(std::vector<HeldPtr> held);
  void add(HeldPtr held);
  void remove(const HeldPtr& held);
  std::vector<HeldPtr> all() const;

  /// The one that runs now; null for none, or for the batch form.
  void running(HeldPtr held);
  HeldPtr running() const;

  /// In-progress acks for all that is not ended.
  void keep_alive() const;

 private:
  mutable base::Mutex mutex_;
  std::vector<HeldPtr> held_;  ///< guarded by mutex_
  HeldPtr running_;            ///< guarded by mutex_
};

}  // namespace sagad::runtime
