#include <algorithm>
#include <utility>

#include "ports/errors.hpp"
#include "simulation/bus_server.hpp"

namespace sagad::simulation {
namespace {

constexpr Micros kAckWait = 10 * kSecond;
constexpr Micros kPublishTimeout = 5 * kSecond;
constexpr double kLatency = 0.8;  ///< milliseconds, at most

class SimulatedDelivery final : public ports::Delivery {
 public:
  SimulatedDelivery(BusServer& server, std::string stream, std::uint64_t sequence,
                    const BusServer::Slot& slot)
      : server_(server),
        stream_(std::move(stream)),
        incarnation_(server.incarnation()),
        sequence_(sequence),
        message_(slot.message),
        deliveries_(slot.deliveries) {}

  std::string_view subject() const override { return message_.subject; }
  std::string_view payload() const override { return message_.payload; }
  std::optional<base::Time> sent_at() const override { return message_.sent_at; }
  std::string reply_to() const override { return message_.reply_to; }
  std::uint64_t deliveries() const override { return deliveries_; }

  void ack() override {
    if (!touch("ack") || server_.world().strikes(server_.world().faults.lost_ack)) return;
    if (auto* stream = reach()) stream->slots.erase(sequence_);
  }
  void nak(base::Duration delay) override {
    if (touch("nak")) available_in(delay.count() * 1000);
  }
  void in_progress() override {
    if (!server_.world().scheduler.is_dying()) available_in(kAckWait);
  }

 private:
  /// None of these waits; but the process may die here.
  bool touch(const char* what) {
    if (server_.world().scheduler.is_dying()) return false;
    server_.world().touch(what, 0);
    return true;
  }
  BusServer::Stream* reach() {
    return server_.up() && server_.incarnation() == incarnation_ ? &server_.stream(stream_)
                                                                 : nullptr;
  }
  void available_in(Micros time) {
    auto* stream = reach();
    if (stream == nullptr) return;
    const auto slot = stream->slots.find(sequence_);
    if (slot == stream->slots.end()) return;
    slot->second.available_at = server_.world().scheduler.now() + time;
    stream->fetching.wake_all();
  }

  BusServer& server_;
  const std::string stream_;
  const std::uint64_t incarnation_;
  const std::uint64_t sequence_;
  const BusServer::Message message_;
  const std::uint64_t deliveries_;
};

class SimulatedConsumer final : public ports::Consumer {
 public:
  /// `lane`: the third token of the subjects that it is for; empty for all.
  SimulatedConsumer(BusServer& server, std::string stream, std::string lane)
      : server_(server), stream_(std::move(stream)), lane_(std::move(lane)) {}

  std::vector<ports::DeliveryPtr> fetch(std::size_t max, base::Duration wait) override;
  void interrupt() override {
    interrupted_ = true;
    server_.stream(stream_).fetching.wake_all();
  }

 private:
  bool is_mine(const BusServer::Message& message) const {
    return lane_.empty() || message.subject.compare(stream_.size() + 1, lane_.size(), lane_) == 0;
  }
  std::vector<ports::DeliveryPtr> take(std::size_t max, Micros& next);

  BusServer& server_;
  const std::string stream_;
  const std::string lane_;
  bool interrupted_ = false;
};

std::vector<ports::DeliveryPtr> SimulatedConsumer::fetch(std::size_t max, base::Duration wait) {
  auto& world = server_.world();
  const Micros deadline = world.scheduler.now() + wait.count() * 1000;
  while (true) {
    if (std::exchange(interrupted_, false)) return {};
    const Micros now = world.scheduler.now();
    if (!server_.up()) {
      world.scheduler.park(std::min(deadline, now + kSecond / 2));
      return {};
    }
    Micros next = deadline;
    auto taken = take(max, next);
    if (!taken.empty()) {
      world.touch(("fetched from " + stream_).c_str(), kLatency);
      return taken;
    }
    if (now >= deadline) return {};
    server_.stream(stream_).fetching.wait(next);
  }
}

/// `next`: when there may be more.
std::vector<ports::DeliveryPtr> SimulatedConsumer::take(std::size_t max, Micros& next) {
  auto& world = server_.world();
  auto& slots = server_.stream(stream_).slots;
  std::vector<std::uint64_t> available;
  for (const auto& [sequence, slot] : slots) {
    if (!is_mine(slot.message)) continue;
    if (slot.available_at <= world.scheduler.now()) {
      available.push_back(sequence);
    } else {
      next = std::min(next, slot.available_at);
    }
  }
  if (world.strikes(world.faults.reorder)) {
    for (std::size_t i = available.size(); i > 1; --i) {
      std::swap(available[i - 1], available[world.below(i)]);
    }
    if (available.size() > 1) available.resize(1 + world.below(available.size()));
  }
  if (available.size() > max) available.resize(max);
  std::vector<ports::DeliveryPtr> taken;
  for (const auto sequence : available) {
    auto& slot = slots.at(sequence);
    ++slot.deliveries;
    const bool early = world.strikes(world.faults.early_redelivery);
    slot.available_at = world.scheduler.now() +
                        (early ? static_cast<Micros>(world.between(0, 0.2) * kSecond) : kAckWait);
    taken.push_back(std::make_unique<SimulatedDelivery>(server_, stream_, sequence, slot));
  }
  return taken;
}

/// What is in flight, apart from the bus: late events outlive it.
struct Flights {
  struct Flight {
    ports::OutboxId id;
    ports::PublishSink* sink;
  };
  std::map<std::uint64_t, Flight> open;
  std::uint64_t last = 0;
  WaitList landed;

  void confirm(std::uint64_t token) {
    const auto flight = open.find(token);
    if (flight == open.end()) return;
    const auto [id, sink] = flight->second;
    open.erase(flight);
    sink->confirmed(id);
    landed.wake_all();
  }
  void refuse(std::uint64_t token, const std::string& reason) {
    const auto flight = open.find(token);
    if (flight == open.end()) return;
    const auto [id, sink] = flight->second;
    open.erase(flight);
    sink->refused(id, reason, false);
    landed.wake_all();
  }
};

Micros latency(World& world) {
  return 50 + static_cast<Micros>(1000 * kLatency * world.random.uniform());
}

void arrive(BusServer& server, const BusServer::Message& message, const std::string& id,
            const std::shared_ptr<Flights>& flights, std::uint64_t token) {
  auto& world = server.world();
  if (!server.up()) return;
  server.store(message, id);
  if (id.empty() && world.strikes(world.faults.double_publish)) server.store(message, id);
  // A start is confirmed by its answer.
  if (!id.empty() || world.strikes(world.faults.lost_confirm)) return;
  world.scheduler.at(world.scheduler.now() + latency(world),
                     [flights, token] { flights->confirm(token); });
}

class SimulatedBus final : public ports::Bus {
 public:
  explicit SimulatedBus(BusServer& server) : server_(server), world_(server.world()) {}
  ~SimulatedBus() override { flights_->open.clear(); }

  bool connected() const override { return server_.up(); }
  void publish(std::vector<ports::OutboxRow> rows, ports::PublishSink& sink) override;
  bool flush(ports::PublishSink& sink, base::Duration timeout) override;
  void reply(const std::string& subject, const std::string& payload) override {
    world_.touch("reply", 0);
    server_.answer(subject, payload);
  }
  std::unique_ptr<ports::Consumer> command_consumer(const std::string& participant,
                                                    ports::CommandLane lane) override {
    return std::make_unique<SimulatedConsumer>(server_, "cmd." + participant,
                                               lane == ports::CommandLane::kDo ? "do." : "undo.");
  }
  std::unique_ptr<ports::Consumer> result_consumer() override { return consumer("res"); }
  std::unique_ptr<ports::Consumer> start_consumer() override { return consumer("start"); }
  std::unique_ptr<ports::Consumer> signal_consumer() override { return consumer("signal"); }
  std::unique_ptr<ports::Consumer> dead_consumer() override { return consumer("dead"); }
  void ensure_stream(const ports::StreamRef&) override { ask("ensure stream"); }
  ports::StreamHead head(const ports::StreamRef& ref) override;
  int repair_consumers(const ports::StreamRef&, base::Duration) override {
    ask("repair consumers");
    return 0;
  }

 private:
  std::unique_ptr<ports::Consumer> consumer(const char* stream) {
    return std::make_unique<SimulatedConsumer>(server_, stream, "");
  }
  void ask(const char* what) {
    world_.touch(what, kLatency);
    if (!server_.up()) throw ports::Unavailable("NATS is not connected");
  }
  void send(const ports::OutboxRow& row, ports::PublishSink& sink);

  BusServer& server_;
  World& world_;
  std::shared_ptr<Flights> flights_ = std::make_shared<Flights>();
};

void SimulatedBus::publish(std::vector<ports::OutboxRow> rows, ports::PublishSink& sink) {
  for (const auto& row : rows) {
    if (world_.scheduler.check_alive()) return;
    world_.touch("publish", 0);
    send(row, sink);
  }
}

void SimulatedBus::send(const ports::OutboxRow& row, ports::PublishSink& sink) {
  if (!server_.up()) return sink.refused(row.id, "NATS is not connected", false);
  const auto token = ++flights_->last;
  flights_->open.emplace(token, Flights::Flight{row.id, &sink});
  BusServer::Message message{row.subject, row.payload, row.sent_at, {}};
  std::string id;
  const Micros now = world_.scheduler.now();
  if (row.subject.compare(0, 6, "start.") == 0) {
    // A start is confirmed by its answer (docs/adr/0001).
    id = row.id.str() + "@" + std::to_string(now / (10 * kSecond));
    message.reply_to = "inbox." + row.id.str() + "." + std::to_string(world_.random.next());
    server_.listen(message.reply_to, [flights = std::weak_ptr(flights_), token](const auto&) {
      if (const auto known = flights.lock()) known->confirm(token);
    });
  }
  if (!world_.strikes(world_.faults.lost_publish)) {
    world_.scheduler.at(now + latency(world_),
                        [flights = flights_, &server = server_, message, id, token] {
                          arrive(server, message, id, flights, token);
                        });
  }
  world_.scheduler.at(now + kPublishTimeout,
                      [flights = flights_, token, &server = server_, to = message.reply_to] {
                        if (!to.empty()) server.forget(to);
                        flights->refuse(token, "no confirmation within 5s");
                      });
}

bool SimulatedBus::flush(ports::PublishSink& sink, base::Duration timeout) {
  const Micros deadline = world_.scheduler.now() + timeout.count() * 1000;
  const auto in_flight = [&] {
    return std::any_of(flights_->open.begin(), flights_->open.end(),
                       [&](const auto& entry) { return entry.second.sink == &sink; });
  };
  while (in_flight()) {
    if (world_.scheduler.check_alive()) {
      // Unwound with its process: nobody is called any more.
      flights_->open.clear();
      return true;
    }
    if (world_.scheduler.now() >= deadline) return false;
    flights_->landed.wait(deadline);
  }
  return true;
}

ports::StreamHead SimulatedBus::head(const ports::StreamRef& ref) {
  ask("stream head");
  const auto& slots = server_.stream(BusServer::stream_of(ref)).slots;
  if (slots.empty()) return {};
  const auto& [sequence, slot] = *slots.begin();
  return {false, sequence, slot.message.sent_at};
}

}  // namespace

std::unique_ptr<ports::Bus> connect(BusServer& server) {
  return std::make_unique<SimulatedBus>(server);
}

}  // namespace sagad::simulation
