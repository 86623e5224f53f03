#include "runtime/message_loop.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/mutant.hpp"
#include "base/sync.hpp"
#include "ports/errors.hpp"

namespace sagad::runtime {
namespace {

/// A third of the ack wait.
constexpr std::chrono::seconds kKeepAlive{3};
constexpr base::Duration kLockedDelay{2000};
constexpr base::Duration kUnexpectedDelay{5000};

template <typename Messages, typename Use>
void for_saga(Messages& messages, base::SagaId saga, Use use) {
  for (auto& message : messages) {
    const auto& happening = message.decoded.happening;
    if (!message.ended && happening && happening->saga == saga) use(message);
  }
}

}  // namespace

MessageLoop::MessageLoop(Options options, std::unique_ptr<ports::Consumer> consumer,
                         InstanceBatch batch, Decode decode, Failures& failures, StopSignal& stop)
    : options_(std::move(options)),
      consumer_(std::move(consumer)),
      batch_(std::move(batch)),
      decode_(std::move(decode)),
      failures_(failures),
      stop_(stop),
      log_(batch_.tools().log),
      outage_(log_, options_.name + ": engine database") {}

void MessageLoop::run() {
  while (!stop_.requested()) {
    auto deliveries = consumer_->fetch(options_.max_batch, options_.fetch_wait);
    if (!deliveries.empty()) process(read(std::move(deliveries)));
  }
}

std::vector<MessageLoop::Message> MessageLoop::read(std::vector<ports::DeliveryPtr> deliveries) {
  std::vector<Message> messages;
  messages.reserve(deliveries.size());
  for (auto& delivery : deliveries) {
    auto decoded = decode_(*delivery);
    messages.push_back({std::move(delivery), std::move(decoded)});
  }
  return messages;
}

void MessageLoop::process(std::vector<Message> messages) {
  kept_alive_ = base::SteadyClock::now();
  const auto collect = [&](ports::EngineTransaction&) {
    BatchWork work;
    for (const auto& message : messages) {
      if (message.decoded.happening) work.happenings.push_back(*message.decoded.happening);
      if (message.decoded.letter) work.letters.push_back(*message.decoded.letter);
    }
    return work;
  };
  const auto nak_rest = [&](base::Duration delay) {
    for (auto& message : messages) {
      if (!message.ended) message.delivery->nak(delay);
    }
    stop_.wait_for(delay);
  };
  if (SAGAD_MUTANT("result_acknowledged_before_commit")) {
    for (auto& message : messages) message.delivery->ack();
  }
  try {
    run_isolating(batch_, collect, [&](base::SagaId saga, Fate fate, const std::string& why) {
      settle(messages, saga, fate, why);
    });
    outage_.over();
    for (auto& message : messages) {
      if (!message.ended) message.delivery->ack();
    }
  } catch (const ports::Unavailable& error) {
    nak_rest(outage_.failed(error.what()));
  } catch (const ports::CommitUnknown& error) {
    nak_rest(outage_.failed(error.what()));
  } catch (const ports::Conflict& error) {
    nak_rest(outage_.failed(error.what()));
  } catch (const std::exception& error) {
    log_->error("{}: a batch of {} messages failed, they come again: {}", options_.name,
                messages.size(), error.what());
    nak_rest(kUnexpectedDelay);
  }
}

void MessageLoop::settle(std::vector<Message>& messages, base::SagaId saga, Fate fate,
                         const std::string& why) {
  bool ack = fate == Fate::kDone;
  base::Duration delay = kLockedDelay;
  if (fate == Fate::kBroken) {
    const auto failure = failures_.record(saga, why);
    delay = failure.delay;
    if (failure.count >= options_.give_up_after) ack = give_up(messages, saga, why);
  }
  for_saga(messages, saga, [&](Message& message) {
    message.ended = true;
    if (ack) {
      message.delivery->ack();
    } else {
      message.delivery->nak(delay);
    }
  });
  keep_alive(messages);
}

bool MessageLoop::give_up(const std::vector<Message>& messages, base::SagaId saga,
                          const std::string& why) {
  BatchWork work;
  std::string step;
  for_saga(messages, saga, [&](const Message& message) {
    const auto& happening = *message.decoded.happening;
    work.letters.push_back(happening.letter.value_or(
        ports::DeadLetter{saga, "coordinator", std::string(happening.subject), "broken_instance",
                          why, std::string(happening.payload)}));
  });
  auto with_pause = work;
  Happening pause;
  pause.saga = saga;
  pause.event = std::make_shared<const saga::Event>(
      saga::event::DeadLettered{std::string(), "broken_instance"});
  with_pause.happenings.push_back(std::move(pause));
  try {
    try {
      batch_.run([&](ports::EngineTransaction&) { return with_pause; });
    } catch (const ports::Unavailable&) {
      throw;
    } catch (const ports::CommitUnknown&) {
      throw;
    } catch (const std::exception& error) {
      // What is broken may be what has to be read to pause it.
      log_->error("{}: saga {} cannot even be paused: {}", options_.name, saga.str(), error.what());
      batch_.run([&](ports::EngineTransaction&) { return work; });
    }
  } catch (const std::exception& error) {
    log_->warn("{}: the dead letters of saga {} are not stored yet: {}", options_.name, saga.str(),
               error.what());
    return false;
  }
  log_->error("{}: {} messages of saga {} are dead letters now: {}", options_.name,
              work.letters.size(), saga.str(), why);
  return true;
}

void MessageLoop::keep_alive(std::vector<Message>& messages) {
  const auto now = base::SteadyClock::now();
  if (now - kept_alive_ < kKeepAlive) return;
  kept_alive_ = now;
  for (auto& message : messages) {
    if (!message.ended) message.delivery->in_progress();
  }
}

}  // namespace sagad::runtime
