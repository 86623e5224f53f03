#include "runtime/signal_loop.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "ports/errors.hpp"
#include "runtime/signal_message.hpp"
#include "saga/message.hpp"

namespace sagad::runtime {
namespace {

using Kind = SignalOutcome::Kind;

/// Whether a signal with this outcome would be lost without a trace if its sender did not listen.
bool needs_letter(Kind kind) {
  return kind == Kind::kUnknownSaga || kind == Kind::kUnknownSignal || kind == Kind::kEnded ||
         kind == Kind::kTooMany || kind == Kind::kInvalid || kind == Kind::kConflict;
}

ports::DeadLetter letter_about(const ports::Delivery& delivery, const SignalOutcome& outcome) {
  const auto reason = "signal_" + std::string(to_string(outcome.kind));
  return {outcome.saga, "coordinator",  std::string(delivery.subject()),
          reason,       outcome.detail, std::string(delivery.payload())};
}

}  // namespace

SignalLoop::SignalLoop(Options options, std::unique_ptr<ports::Consumer> consumer, ports::Bus& bus,
                       SignalBatch batch, std::shared_ptr<spdlog::logger> log, StopSignal& stop)
    : options_(options),
      consumer_(std::move(consumer)),
      bus_(bus),
      batch_(std::move(batch)),
      log_(std::move(log)),
      stop_(stop),
      outage_(log_, "signals: engine database") {}

void SignalLoop::run() {
  while (!stop_.requested()) {
    auto deliveries = consumer_->fetch(options_.max_batch, options_.fetch_wait);
    std::vector<Message> messages;
    messages.reserve(deliveries.size());
    for (auto& delivery : deliveries) messages.push_back(read(std::move(delivery)));
    if (!messages.empty()) process(std::move(messages));
  }
}

SignalLoop::Message SignalLoop::read(ports::DeliveryPtr delivery) {
  Message message;
  message.delivery = std::move(delivery);
  try {
    message.item.request = decode_signal(message.delivery->subject(), message.delivery->payload());
  } catch (const saga::MessageError& error) {
    message.readable = false;
    message.item.outcome = {Kind::kInvalid, std::nullopt, error.what()};
  }
  return message;
}

void SignalLoop::process(std::vector<Message> messages) {
  std::vector<Message*> all;
  for (auto& message : messages) all.push_back(&message);
  const auto nak_all = [&](const char* why) {
    const auto delay = outage_.failed(why);
    for (auto* message : all) message->delivery->nak(delay);
    stop_.wait_for(delay);
  };
  try {
    run_batch(all);
    outage_.over();
  } catch (const ports::CommitUnknown& error) {
    nak_all(error.what());
    return;
  } catch (const std::exception& error) {
    // One saga that is locked for too long looks the same as a database in trouble.
    if (all.size() == 1 && dynamic_cast<const ports::Unavailable*>(&error) != nullptr) {
      nak_all(error.what());
      return;
    }
    log_->warn("a batch of {} signals failed, taking them one by one: {}", all.size(),
               error.what());
    int unavailable = 0;
    for (auto* message : all) {
      if (unavailable >= kMostUnavailable) {
        message->delivery->nak(kAloneDelay);
      } else if (process_alone(*message) == Tried::kUnavailable) {
        ++unavailable;
      }
    }
    return;
  }
  for (auto* message : all) answer(*message);
}

Tried SignalLoop::process_alone(Message& message) {
  const auto& delivery = *message.delivery;
  const auto run = [&] { run_batch({&message}); };
  const auto tried = try_alone(*message.delivery, run, [&](const std::exception& error) {
    log_->error("a signal on {} cannot be processed, the others go on: {}", delivery.subject(),
                error.what());
    const auto deliveries = static_cast<int>(delivery.deliveries());
    if (!message.readable || deliveries < options_.give_up_after) return false;
    message.readable = false;
    message.item.outcome = {Kind::kInvalid, message.item.request.saga, error.what()};
    return true;
  });
  if (tried == Tried::kDone) answer(message);
  return tried;
}

/// The letters in a second transaction, because it is the first that finds out who needs one.
/// Killed between the two, the signals come again and are found to have come before.
void SignalLoop::run_batch(const std::vector<Message*>& messages) {
  std::vector<SignalItem*> items;
  for (auto* message : messages) {
    if (message->readable) items.push_back(&message->item);
  }
  batch_.run(items);
  std::vector<ports::DeadLetter> letters;
  for (const auto* message : messages) {
    const auto& outcome = message->item.outcome;
    if (needs_letter(outcome.kind)) letters.push_back(letter_about(*message->delivery, outcome));
  }
  batch_.store(letters);
}

/// The commit is done: the answer may be lost, the signal is not.
void SignalLoop::answer(Message& message) {
  const auto& outcome = message.item.outcome;
  if (outcome.kind == Kind::kUnavailable) {
    message.delivery->nak(kAloneDelay);
    return;
  }
  const auto reply_to = message.delivery->reply_to();
  if (!reply_to.empty()) bus_.reply(reply_to, encode_signal_reply(outcome));
  message.delivery->ack();
}

}  // namespace sagad::runtime
