#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ports/bus.hpp"
#include "simulation/world.hpp"

namespace sagad::simulation {

class BusClient;

/// The JetStream server: work-queue streams that may lose what they hold, and
/// consumers that deliver at least once. It outlives all processes.
class BusServer {
 public:
  struct Message {
    std::string subject;
    std::string payload;
    std::optional<base::Time> sent_at;
    std::string reply_to;
  };
  struct Slot {
    Message message;
    Micros available_at = 0;
    std::uint64_t deliveries = 0;
  };
  struct Stream {
    std::map<std::uint64_t, Slot> slots;
    std::uint64_t last = 0;
    std::map<std::string, Micros> ids;  ///< Nats-Msg-Id, until when copies are dropped
    WaitList fetching;
  };
  using Reply = std::function<void(const std::string& payload)>;

  explicit BusServer(World& world) : world_(world) {}

  World& world() { return world_; }
  bool up() const { return world_.scheduler.now() >= down_until_; }
  void down_until(Micros time) { down_until_ = time; }
  /// Everything that it held is gone.
  void wipe();
  /// The last messages of each stream are gone, as after a power cut.
  void lose_last(std::size_t count);
  std::uint64_t incarnation() const { return incarnation_; }

  static std::string stream_of(const std::string& subject);
  static std::string stream_of(const ports::StreamRef& ref);
  Stream& stream(const std::string& name) { return streams_[name]; }
  const std::map<std::string, Stream>& streams() const { return streams_; }

  /// A message arrives. `id` (if any) drops copies for ten seconds.
  void store(const Message& message, const std::string& id);
  /// Answers to this subject are given to `reply`, which runs outside of any
  /// task.
  void listen(const std::string& subject, Reply reply) { listeners_[subject] = std::move(reply); }
  void forget(const std::string& subject) { listeners_.erase(subject); }
  void answer(const std::string& subject, const std::string& payload);

  /// The retries that participants have answered:
  /// `<saga>/<step>/<item>/<kind>/<attempt>`.
  std::set<std::string> retries;

 private:
  World& world_;
  Micros down_until_ = 0;
  std::uint64_t incarnation_ = 1;
  std::map<std::string, Stream> streams_;
  std::map<std::string, Reply> listeners_;
};

/// A process' connection to the server.
std::unique_ptr<ports::Bus> connect(BusServer& server);

}  // namespace sagad::simulation
