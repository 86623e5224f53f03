#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "ports/outbox.hpp"

namespace sagad::ports {

/// A message that was fetched. Exactly one of ack, nak, terminate ends it; destroyed without,
/// it comes again after the ack wait. One thread at a time; valid after its consumer is gone.
class Delivery {
 public:
  Delivery() = default;
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
  virtual ~Delivery() = default;

  virtual std::string_view subject() const = 0;  ///< without the namespace
  virtual std::string_view payload() const = 0;
  /// The header `Sagad-Sent-At`; none if it is missing or unreadable.
  virtual std::optional<base::Time> sent_at() const = 0;
  /// Where the answer to a start or a signal is wanted (header `Sagad-Reply-To`); empty without
  /// one.
  virtual std::string reply_to() const = 0;
  /// Counted from 1.
  virtual std::uint64_t deliveries() const = 0;

  /// None of these waits or throws: a lost one only means another delivery.
  virtual void ack() = 0;
  virtual void nak(base::Duration delay) = 0;
  virtual void in_progress() = 0;
};

using DeliveryPtr = std::unique_ptr<Delivery>;

/// A durable pull consumer. One thread at a time.
class Consumer {
 public:
  Consumer() = default;
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;
  virtual ~Consumer() = default;

  /// Up to `max` messages: returns as soon as there is one, with all that wait; empty after
  /// `wait`, after interrupt(), and (at once) while the bus is away. Throws nothing for an
  /// outage: it re-creates what is missing when the bus is back.
  virtual std::vector<DeliveryPtr> fetch(std::size_t max, base::Duration wait) = 0;
  /// Ends a fetch that waits. Any thread.
  virtual void interrupt() = 0;
};

/// What becomes of published messages. Called by threads of the bus; must not block.
class PublishSink {
 public:
  PublishSink() = default;
  PublishSink(const PublishSink&) = delete;
  PublishSink& operator=(const PublishSink&) = delete;
  virtual ~PublishSink() = default;

  virtual void confirmed(OutboxId id) = 0;
  /// Not stored; its row stays. `permanent`: it can never be (too large): to the dead letters.
  virtual void refused(OutboxId id, const std::string& reason, bool permanent) = 0;
};

/// The oldest message of a stream.
struct StreamHead {
  bool empty = true;
  std::uint64_t sequence = 0;
  std::optional<base::Time> sent_at;  ///< of its header
};

/// The kinds of streams (protocol, section 5).
struct StreamRef {
  enum class Kind { kCommands, kResults, kStarts, kSignals, kDead };
  Kind kind;
  std::string participant;  ///< with kCommands
};

/// Which messages of a commands stream a consumer is for: undo and settle have one of their own,
/// served first.
enum class CommandLane { kDo, kUndo };

/// The message bus. Thread-safe. Connects in the background, for ever, with back-off: making one
/// while the server is away succeeds.
class Bus {
 public:
  Bus() = default;
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;
  virtual ~Bus() = default;

  virtual bool connected() const = 0;

  /// Publishes without waiting; each message ends in one call of the sink (refused after the
  /// publish timeout of 5 s, or at once while the bus is away or more than the allowed number are
  /// in flight: their rows stay, so nothing is lost, and memory stays bounded). `sink` must
  /// outlive the bus or a call of flush().
  virtual void publish(std::vector<OutboxRow> rows, PublishSink& sink) = 0;
  /// Waits until all publishes of `sink` are ended, or the timeout; true if they are.
  virtual bool flush(PublishSink& sink, base::Duration timeout) = 0;

  /// Publishes to a plain subject (the reply to a start); not stored, not confirmed.
  virtual void reply(const std::string& subject, const std::string& payload) = 0;

  /// Durable `participant-<name>` (do) or `participant-<name>-undo` (undo and settle).
  virtual std::unique_ptr<Consumer> command_consumer(const std::string& participant,
                                                     CommandLane lane) = 0;
  virtual std::unique_ptr<Consumer> result_consumer() = 0;  ///< durable `coordinator`
  virtual std::unique_ptr<Consumer> start_consumer() = 0;   ///< durable `starter`
  virtual std::unique_ptr<Consumer> signal_consumer() = 0;  ///< durable `signals`
  virtual std::unique_ptr<Consumer> dead_consumer() = 0;    ///< durable `dead-letters`

  /// Creates the stream if it is missing, and checks or updates its settings if it is there.
  /// Throws Unavailable while the bus is away; std::runtime_error that says how to mend it if it
  /// is there with settings that cannot be changed.
  virtual void ensure_stream(const StreamRef& stream) = 0;
  /// Throws Unavailable. A stream that is missing is made and is empty.
  virtual StreamHead head(const StreamRef& stream) = 0;
  /// Deletes and makes anew the stream's consumers that can deliver nothing (protocol, section 5:
  /// ahead of the stream, or pending and pulled but not moving for `stuck_for`). Returns how many.
  virtual int repair_consumers(const StreamRef& stream, base::Duration stuck_for) = 0;
};

/// Subjects without the namespace.
std::string command_subject(std::string_view participant, std::string_view lane,
                            std::string_view definition);
std::string result_subject(int shard, std::string_view participant, std::string_view definition);
std::string start_subject(std::string_view definition);
inline constexpr std::string_view kDeadSubject = "dead";
/// Final answers with a token come on `res.answer.<definition>`, in the stream of the results.
inline constexpr std::string_view kAnswerSubjects = "res.answer.";

}  // namespace sagad::ports
