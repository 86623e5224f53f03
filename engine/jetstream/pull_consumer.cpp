#include "jetstream/pull_consumer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "ports/errors.hpp"

namespace sagad::jetstream {
namespace {

using std::chrono::milliseconds;

/// How long an interrupt, or a link that is back, may go unnoticed at most.
constexpr milliseconds kSlice{100};
/// Between asking again, where the server says "not now" at once.
constexpr milliseconds kAgain{5};
/// The server ends a pull itself once it has sent all that waits; this is for when that is lost.
constexpr milliseconds kQuiet{20};
constexpr milliseconds kShortestWait{5};
/// A pull is to end so long before its fetch, so that its end is heard by that fetch.
constexpr milliseconds kEarly{20};
constexpr milliseconds kWorthIt{100};
/// The server says that a consumer is gone while it still clears the stream away; what is made
/// anew before it has done that vanishes with the old one.
constexpr milliseconds kClearing{150};
/// A pull ends by a word of the server. One that ends without, so long after, was never heard:
/// nobody answers pulls of a consumer that is not there.
constexpr milliseconds kLateEnd{100};
constexpr milliseconds kHeartbeat{1'000};

milliseconds until(std::chrono::steady_clock::time_point when) {
  return std::chrono::ceil<milliseconds>(when - std::chrono::steady_clock::now());
}

std::string_view header(natsMsg& message, const char* name) {
  const char* value = nullptr;
  return natsMsgHeader_Get(&message, name, &value) == NATS_OK && value ? value : std::string_view{};
}

}  // namespace

PullConsumer::PullConsumer(ConsumerSpec spec, std::shared_ptr<const DeliveryContext> context,
                           std::shared_ptr<Connector> connector, std::shared_ptr<Streams> streams,
                           std::shared_ptr<spdlog::logger> log)
    : spec_(std::move(spec)),
      context_(std::move(context)),
      connector_(std::move(connector)),
      streams_(std::move(streams)),
      log_(std::move(log)),
      next_subject_("$JS.API.CONSUMER.MSG.NEXT." + context_->names.stream(spec_.stream) + "." +
                    spec_.durable),
      inbox_(new_inbox()) {}

PullConsumer::~PullConsumer() {
  natsMsg* raw = nullptr;
  while (link_ && link_->alive() && natsSubscription_NextMsg(&raw, subscription_, 0) == NATS_OK) {
    const MessagePtr message(raw);
    if (const char* ack_subject = natsMsg_GetReply(raw)) link_->send(ack_subject, "-NAK");
  }
  detach();
}

void PullConsumer::interrupt() {
  {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    interrupts_.notify_all();
  }
  // A fetch that waits for messages is woken by one.
  if (const std::shared_ptr<Link> link = connector_->link()) {
    link->send((inbox_ + ".wake").c_str(), {});
  }
}

bool PullConsumer::take_interrupt() { return interrupted_.exchange(false); }

void PullConsumer::pause(Clock::duration duration) {
  std::unique_lock lock(mutex_);
  interrupts_.wait_for(lock, duration, [this] { return interrupted_.load(); });
}

std::vector<ports::DeliveryPtr> PullConsumer::fetch(std::size_t max, base::Duration wait) {
  Batch batch;
  const Clock::time_point deadline = Clock::now() + std::max(wait, kShortestWait);
  while (max > 0 && !take_interrupt()) {
    if (!attach()) {
      pause(std::min(until(deadline), kSlice));
      take_interrupt();
      return batch;
    }
    gather(max, deadline, batch);
    if (!batch.empty() || Clock::now() + kEarly >= deadline) break;
  }
  return batch;
}

bool PullConsumer::attach() {
  std::shared_ptr<Link> link = connector_->link();
  if (!link) {
    detach();
    return false;
  }
  if (link != link_) {
    detach();
    try {
      subscription_ = &link->subscribe(inbox_ + ".>");
    } catch (const ports::Unavailable&) {
      return false;  // the link has just ended; the connector tells it
    }
    link_ = std::move(link);
  }
  return ready_ || ensure_consumer();
}

void PullConsumer::detach() {
  if (link_) link_->unsubscribe(*subscription_);
  subscription_ = nullptr;
  link_.reset();
  ready_ = false;
  pull_.open = false;
}

bool PullConsumer::ensure_consumer() {
  try {
    streams_->ensure(spec_);
    if (!last_failure_.empty()) log_->info("consumer {} is there again", spec_.durable);
    last_failure_.clear();
    ready_ = true;
  } catch (const std::runtime_error& error) {
    // Told once; asked again by the next fetch, for a person may mend it meanwhile.
    if (link_->alive() && last_failure_ != error.what()) {
      last_failure_ = error.what();
      log_->warn("consumer {} cannot fetch: {}", spec_.durable, last_failure_);
    }
  }
  return ready_;
}

void PullConsumer::open_pull(std::size_t max, Clock::time_point deadline) {
  milliseconds expires = std::max(until(deadline), kShortestWait);
  if (expires > kWorthIt) expires -= kEarly;
  pull_.heartbeat = expires >= 3 * kHeartbeat ? kHeartbeat : milliseconds{0};
  ++pull_.number;
  const std::string reply = inbox_ + "." + std::to_string(pull_.number);
  if (link_->request(next_subject_.c_str(), reply.c_str(),
                     pull_request(max, expires, pull_.heartbeat)) != NATS_OK) {
    return;
  }
  pull_.open = true;
  pull_.left = max;
  pull_.heard = Clock::now();
  pull_.ends = pull_.heard + expires;
  // We wait for the server anyway; this sends at once the acks and publishes of the last batch.
  link_->flush(std::min(expires, kSlice));
}

void PullConsumer::gather(std::size_t max, Clock::time_point deadline, Batch& batch) {
  const std::shared_ptr<Link> link = link_;
  if (is_silent(Clock::now())) {
    lose_consumer();
    return;
  }
  if (!pull_.open) open_pull(max, deadline);
  while (batch.size() < max && !interrupted_) {
    const milliseconds patience =
        batch.empty() ? std::clamp(until(deadline), milliseconds{0}, kSlice) : kQuiet;
    natsMsg* raw = nullptr;
    const natsStatus status = natsSubscription_NextMsg(&raw, subscription_, patience.count());
    if (status == NATS_OK) {
      if (!take(MessagePtr(raw), batch)) return;
    } else if (status == NATS_TIMEOUT) {
      const Clock::time_point now = Clock::now();
      if (!batch.empty() || now >= deadline) return;
      if (is_silent(now) || !link->alive()) {
        lose_consumer();
        return;
      }
    } else if (status == NATS_NO_RESPONDERS) {
      lose_consumer();
      pause(kClearing);
      return;
    } else {
      detach();
      return;
    }
  }
}

bool PullConsumer::take(MessagePtr message, Batch& batch) {
  const std::string_view subject = natsMsg_GetSubject(message.get());
  if (subject.substr(0, inbox_.size()) != inbox_) {
    pull_.heard = Clock::now();
    // A pull that is full ends without a word.
    if (pull_.left > 0 && --pull_.left == 0) pull_.open = false;
    batch.push_back(std::make_unique<NatsDelivery>(std::move(message), context_));
    return pull_.open || batch.empty();
  }
  const PullStatus status =
      read_pull_status(header(*message, "Status"), header(*message, "Description"));
  const bool of_this_pull =
      pull_.open && subject.substr(inbox_.size() + 1) == std::to_string(pull_.number);
  return !of_this_pull || take_status(status, !batch.empty());
}

bool PullConsumer::take_status(PullStatus status, bool got_any) {
  switch (status) {
    case PullStatus::kMessage:
    case PullStatus::kHeartbeat:
      pull_.heard = Clock::now();
      return true;
    case PullStatus::kGone:
      lose_consumer();
      pause(kClearing);
      return false;
    case PullStatus::kOver:
    case PullStatus::kFailed:
      pull_.open = false;
      // Ended before its time and with nothing: asking again at once would be a hot loop.
      if (!got_any && Clock::now() + kEarly < pull_.ends) pause(kAgain);
      return false;
  }
  return false;
}

bool PullConsumer::is_silent(Clock::time_point now) const {
  if (!pull_.open) return false;
  const bool no_heartbeat =
      pull_.heartbeat.count() > 0 && now - pull_.heard > pull_.heartbeat * 5 / 2;
  return no_heartbeat || now > pull_.ends + kLateEnd;
}

void PullConsumer::lose_consumer() {
  pull_.open = false;
  ready_ = false;
}

}  // namespace sagad::jetstream
