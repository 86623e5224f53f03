#include "runtime/child_loop.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "ports/errors.hpp"
#include "runtime/definitions.hpp"

namespace sagad::runtime {
namespace {

ports::DeadLetter letter_about(const ports::Delivery& delivery, std::string reason,
                               std::string message) {
  return {std::nullopt,
          std::string(definition::kChildParticipant),
          std::string(delivery.subject()),
          std::move(reason),
          std::move(message),
          std::string(delivery.payload())};
}

}  // namespace

ChildLoop::ChildLoop(Options options, std::unique_ptr<ports::Consumer> consumer, ChildBatch batch,
                     BatchTools tools, StopSignal& stop)
    : options_(options),
      consumer_(std::move(consumer)),
      batch_(std::move(batch)),
      tools_(std::move(tools)),
      stop_(stop),
      outage_(tools_.log, "children: engine database") {}

void ChildLoop::run() {
  while (!stop_.requested()) {
    auto deliveries = consumer_->fetch(options_.max_batch, options_.fetch_wait);
    if (deliveries.empty()) continue;
    std::vector<Message> messages;
    messages.reserve(deliveries.size());
    try {
      for (auto& delivery : deliveries) messages.push_back(read(std::move(delivery)));
    } catch (const ports::Unavailable& error) {
      // Definitions could not be loaded. What is not acknowledged comes again.
      stop_.wait_for(outage_.failed(error.what()));
      continue;
    }
    process(std::move(messages));
  }
}

/// Throws ports::Unavailable.
ChildLoop::Message ChildLoop::read(ports::DeliveryPtr delivery) {
  Message message;
  message.delivery = std::move(delivery);
  try {
    ChildItem item;
    item.command = saga::decode_command(message.delivery->payload());
    message.step = item.command.step;
    item.definition = tools_.definitions.by_digest(item.command.digest);
    if (item.definition == nullptr) {
      message.letter =
          letter_about(*message.delivery, "unknown_definition",
                       "the child's definition " + item.command.action + " with the digest '" +
                           item.command.digest + "' is not in the engine's database");
      message.letter->saga = item.command.saga;
    }
    message.item = std::move(item);
  } catch (const saga::MessageError& error) {
    message.letter = letter_about(*message.delivery, "unreadable", error.what());
  }
  return message;
}

void ChildLoop::process(std::vector<Message> messages) {
  try {
    std::vector<ChildItem> items;
    for (const auto& message : messages) {
      if (!message.letter) items.push_back(*message.item);
    }
    batch_.run(items);
    for (const auto& message : messages) {
      if (message.letter) batch_.give_up(*message.letter, message.step);
    }
    outage_.over();
    for (auto& message : messages) message.delivery->ack();
    return;
  } catch (const ports::CommitUnknown& error) {
    // Run again, every one finds what is true.
    stop_.wait_for(outage_.failed(error.what()));
  } catch (const std::exception& error) {
    tools_.log->warn("a batch of {} commands to children failed, taking them one by one: {}",
                     messages.size(), error.what());
  }
  int unavailable = 0;
  for (auto& message : messages) {
    if (unavailable >= kMostUnavailable) {
      message.delivery->nak(kAloneDelay);
    } else if (process_alone(message) == Tried::kUnavailable) {
      ++unavailable;
    }
  }
}

Tried ChildLoop::process_alone(Message& message) {
  const auto& delivery = *message.delivery;
  const auto run = [&] {
    if (message.letter) {
      batch_.give_up(*message.letter, message.step);
    } else {
      batch_.run({*message.item});
    }
    message.delivery->ack();
  };
  return try_alone(*message.delivery, run, [&](const std::exception& error) {
    tools_.log->error("a command to a child on {} cannot be carried out, the others go on: {}",
                      delivery.subject(), error.what());
    const auto deliveries = static_cast<int>(delivery.deliveries());
    if (message.letter || deliveries < options_.give_up_after) return false;
    message.letter = letter_about(delivery, "broken_child", error.what());
    message.letter->saga = message.item->command.saga;
    return true;
  });
}

}  // namespace sagad::runtime
