#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "ports/bus.hpp"
#include "runtime/signal_batch.hpp"
#include "runtime/threads.hpp"
#include "runtime/try_alone.hpp"

namespace sagad::runtime {

/// One thread's loop over the signals that came over the bus: fetch, give all of them to their
/// sagas in one transaction, answer, ack.
class SignalLoop {
 public:
  struct Options {
    std::size_t max_batch = 64;
    base::Duration fetch_wait{1000};
    int give_up_after = 5;  ///< deliveries of a signal that fails alone
  };

  SignalLoop(Options options, std::unique_ptr<ports::Consumer> consumer, ports::Bus& bus,
             SignalBatch batch, std::shared_ptr<spdlog::logger> log, StopSignal& stop);

  void run();
  /// Any thread.
  void interrupt() { consumer_->interrupt(); }

 private:
  /// A signal on its way; `readable` if it has an item that can be run.
  struct Message {
    ports::DeliveryPtr delivery;
    SignalItem item;
    bool readable = true;
  };

  Message read(ports::DeliveryPtr delivery);
  void process(std::vector<Message> messages);
  Tried process_alone(Message& message);
  void run_batch(const std::vector<Message*>& messages);
  void answer(Message& message);

  Options options_;
  std::unique_ptr<ports::Consumer> consumer_;
  ports::Bus& bus_;
  SignalBatch batch_;
  std::shared_ptr<spdlog::logger> log_;
  StopSignal& stop_;
  Outage outage_;
};

}  // namespace sagad::runtime
