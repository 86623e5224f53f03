#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/sync.hpp"
#include "ports/bus.hpp"
#include "runtime/instance_batch.hpp"
#include "runtime/isolation.hpp"
#include "runtime/threads.hpp"

namespace sagad::runtime {

/// What a message says: something that happened to a saga, or a letter without one.
struct Decoded {
  std::optional<Happening> happening;
  std::optional<ports::DeadLetter> letter;
};

/// One thread's loop over messages about sagas: fetch a batch, have it processed, and only then
/// ack. What is not well is NAKed with a delay; the messages of a broken saga become dead letters
/// after a few failures, and the saga is paused if that is possible.
class MessageLoop {
 public:
  /// Must not throw. What it returns may point into the delivery.
  using Decode = std::function<Decoded(const ports::Delivery&)>;

  struct Options {
    std::size_t max_batch = 256;
    base::Duration fetch_wait{1000};
    std::string name;       ///< of the loop, for logs
    int give_up_after = 5;  ///< failures of one saga
  };

  MessageLoop(Options options, std::unique_ptr<ports::Consumer> consumer, InstanceBatch batch,
              Decode decode, Failures& failures, StopSignal& stop);

  /// Runs until the stop signal; then returns after the batch in work.
  void run();
  /// Ends a fetch that waits. Any thread.
  void interrupt() { consumer_->interrupt(); }

 private:
  struct Message {
    ports::DeliveryPtr delivery;
    Decoded decoded;
    bool ended = false;
  };

  std::vector<Message> read(std::vector<ports::DeliveryPtr> deliveries);
  void process(std::vector<Message> messages);
  void settle(std::vector<Message>& messages, base::SagaId saga, Fate fate, const std::string& why);
  /// True if its messages are dead letters now.
  bool give_up(const std::vector<Message>& messages, base::SagaId saga, const std::string& why);
  void keep_alive(std::vector<Message>& messages);

  Options options_;
  std::unique_ptr<ports::Consumer> consumer_;
  InstanceBatch batch_;
  Decode decode_;
  Failures& failures_;
  StopSignal& stop_;
  std::shared_ptr<spdlog::logger> log_;
  Outage outage_;
  base::SteadyClock::time_point kept_alive_;
};

}  // namespace sagad::runtime
