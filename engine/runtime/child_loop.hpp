#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ports/bus.hpp"
#include "runtime/child_batch.hpp"
#include "runtime/threads.hpp"
#include "runtime/try_alone.hpp"

namespace sagad::runtime {

/// One thread's loop over the commands of child steps of one lane: fetch, carry out in a batch,
/// ack.
class ChildLoop {
 public:
  struct Options {
    std::size_t max_batch = 64;
    base::Duration fetch_wait{1000};
    int give_up_after = 5;
  };

  ChildLoop(Options options, std::unique_ptr<ports::Consumer> consumer, ChildBatch batch,
            BatchTools tools, StopSignal& stop);

  void run();
  /// Any thread.
  void interrupt() { consumer_->interrupt(); }

 private:
  struct Message {
    ports::DeliveryPtr delivery;
    std::optional<ChildItem> item;
    std::optional<ports::DeadLetter> letter;  ///< instead of an item
    std::string step;                         ///< id; empty if it is not known
  };

  Message read(ports::DeliveryPtr delivery);
  void process(std::vector<Message> messages);
  Tried process_alone(Message& message);

  Options options_;
  std::unique_ptr<ports::Consumer> consumer_;
  ChildBatch batch_;
  BatchTools tools_;
  StopSignal& stop_;
  Outage outage_;
};

}  // namespace sagad::runtime
