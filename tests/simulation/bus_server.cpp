#include "simulation/bus_server.hpp"

#include "saga/message.hpp"

namespace sagad::simulation {
namespace {

constexpr Micros kWindow = 10 * kSecond;

/// What the oracle wants to know of the results that pass.
void note_retry(BusServer& server, const BusServer::Message& message) {
  if (message.subject.compare(0, 4, "res.") != 0) return;
  if (message.payload.find("\"retry\"") == std::string::npos) return;
  const auto result = saga::decode_result(message.payload);
  if (result.outcome != saga::Outcome::kRetry) return;
  server.retries.insert(result.saga.str() + "/" + result.step + "/" + std::to_string(result.item) +
                        "/" + std::string(saga::to_string(result.kind)) + "/" +
                        std::to_string(result.attempt));
}

}  // namespace

void BusServer::wipe() {
  ++incarnation_;
  for (auto& [name, stream] : streams_) {
    stream.slots.clear();
    stream.ids.clear();
    stream.last = 0;
  }
}

void BusServer::lose_last(std::size_t count) {
  for (auto& [name, stream] : streams_) {
    for (std::size_t i = 0; i < count && !stream.slots.empty(); ++i) {
      stream.slots.erase(std::prev(stream.slots.end()));
    }
  }
}

std::string BusServer::stream_of(const std::string& subject) {
  if (subject.compare(0, 4, "cmd.") == 0) return subject.substr(0, subject.find('.', 4));
  return subject.substr(0, subject.find('.'));
}

std::string BusServer::stream_of(const ports::StreamRef& ref) {
  switch (ref.kind) {
    case ports::StreamRef::Kind::kCommands:
      return "cmd." + ref.participant;
    case ports::StreamRef::Kind::kResults:
      return "res";
    case ports::StreamRef::Kind::kStarts:
      return "start";
    case ports::StreamRef::Kind::kSignals:
      return "signal";
    case ports::StreamRef::Kind::kDead:
      break;
  }
  return "dead";
}

void BusServer::store(const Message& message, const std::string& id) {
  auto& stream = streams_[stream_of(message.subject)];
  const Micros now = world_.scheduler.now();
  if (!id.empty()) {
    auto& until = stream.ids[id];
    if (now < until) return;
    until = now + kWindow;
  }
  note_retry(*this, message);
  if (world_.faults.bus_loses && world_.strikes(world_.faults.lost_message)) {
    world_.trace("loses " + message.subject);
    return;
  }
  const Micros late = world_.strikes(world_.faults.late_message)
                          ? static_cast<Micros>(world_.between(0, 20) * kSecond)
                          : 0;
  stream.slots[++stream.last] = {message, now + late, 0};
  world_.trace("stored " + message.subject);
  stream.fetching.wake_all();
}

void BusServer::answer(const std::string& subject, const std::string& payload) {
  if (!up() || world_.strikes(world_.faults.lost_reply)) return;
  world_.scheduler.at(world_.scheduler.now() + 300, [this, subject, payload] {
    const auto listener = listeners_.find(subject);
    if (listener == listeners_.end()) return;
    const auto reply = listener->second;  // it may forget itself
    reply(payload);
  });
}

}  // namespace sagad::simulation
