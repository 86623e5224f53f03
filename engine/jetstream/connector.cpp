#include "jetstream/connector.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/backoff.hpp"
#include "ports/errors.hpp"

namespace sagad::jetstream {
namespace {

using std::chrono::milliseconds;
using Clock = InFlight::Clock;

/// A link that ended sooner counts as a failure to connect.
constexpr std::chrono::seconds kLasting{5};
/// The longest that a late confirmation is noticed after its deadline.
constexpr milliseconds kTick{100};

}  // namespace

Connector::Connector(BusOptions options, std::shared_ptr<InFlight> in_flight,
                     std::shared_ptr<AckInbox> acks, OnLink on_link,
                     std::shared_ptr<spdlog::logger> log)
    : options_(std::move(options)),
      in_flight_(std::move(in_flight)),
      acks_(std::move(acks)),
      on_link_(std::move(on_link)),
      log_(std::move(log)),
      random_(base::Random::from_system()) {}

Connector::~Connector() { stop(); }

void Connector::start() {
  thread_ = std::thread([this] { run(); });
}

void Connector::stop() {
  std::shared_ptr<Link> link;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    link = link_;
    stop_.notify_all();
  }
  if (link) link->wake();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<Link> Connector::link() const {
  const std::lock_guard lock(mutex_);
  return link_ && link_->alive() ? link_ : nullptr;
}

std::shared_ptr<Link> Connector::require_link() const {
  std::shared_ptr<Link> now = link();
  if (!now) throw ports::Unavailable("NATS is not connected");
  return now;
}

void Connector::run() {
  int failures = 0;
  while (!stopping()) {
    const std::shared_ptr<Link> link = connect();
    const Clock::time_point began = Clock::now();
    if (link) serve(link);
    if (stopping()) return;
    failures = link && Clock::now() - began > kLasting ? 1 : failures + 1;
    wait_stopped(pause_after(failures));
  }
}

std::shared_ptr<Link> Connector::connect() {
  try {
    std::shared_ptr<Link> link = Link::open(options_, log_);
    last_failure_.clear();
    return link;
  } catch (const std::runtime_error& error) {
    if (error.what() != last_failure_) {
      last_failure_ = error.what();
      log_->warn("{}; trying again until it works", last_failure_);
    }
    return nullptr;
  }
}

void Connector::serve(const std::shared_ptr<Link>& link) {
  SubscriptionPtr answers;
  try {
    answers = acks_->listen(*link);
  } catch (const ports::Unavailable& error) {
    log_->warn("{}", error.what());
    return;
  }
  offer(link);
  log_->info("connected to NATS at {}", link->server());
  on_link_();
  while (link->alive() && !stopping()) {
    const auto deadline = in_flight_->next_deadline();
    const auto left = deadline ? *deadline - Clock::now() : Clock::duration{kTick};
    link->wait_until_ended(
        std::clamp(std::chrono::ceil<milliseconds>(left), milliseconds{1}, kTick));
    if (const std::size_t late = in_flight_->refuse_expired(Clock::now()); late != 0) {
      log_->warn("JetStream did not confirm {} messages in time; they stay in the outbox", late);
    }
  }
  offer(nullptr);
  link->close();
  const std::size_t open = in_flight_->refuse_all("the connection to NATS was lost");
  if (stopping()) return;
  log_->warn("the connection to NATS at {} was lost with {} messages unconfirmed; connecting again",
             link->server(), open);
}

void Connector::offer(std::shared_ptr<Link> link) {
  const std::lock_guard lock(mutex_);
  link_ = std::move(link);
}

milliseconds Connector::pause_after(int failures) {
  const base::Backoff backoff{.initial = base::Duration{50},
                              .coefficient = 2.0,
                              .max = base::Duration{2'000},
                              .jitter = 0.5};
  return backoff.interval(failures, random_.uniform());
}

bool Connector::wait_stopped(milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return stop_.wait_for(lock, timeout, [this] { return stopping_; });
}

bool Connector::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

}  // namespace sagad::jetstream
