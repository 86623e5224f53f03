#pragma once

#include <memory>

#include "jetstream/api_error.hpp"
#include "jetstream/bus.hpp"
#include "jetstream/connector.hpp"
#include "jetstream/names.hpp"

namespace sagad::jetstream {

/// What a stream and a consumer of it are at, for the rule that finds stuck consumers. A value.
struct ConsumerState {
  std::uint64_t stream_last = 0;  ///< sequence of the stream's last message
  std::uint64_t delivered_stream = 0;
  std::uint64_t delivered_consumer = 0;
  std::uint64_t floor_stream = 0;
  std::uint64_t pending = 0;
  std::int64_t waiting = 0;           ///< open pulls
  std::uint64_t stream_first = 0;     ///< sequence of the stream's first message
  std::uint64_t stream_messages = 0;  ///< in the whole stream
  std::int64_t unacked = 0;           ///< delivered, and neither acknowledged nor given back
};

/// Asks JetStream for streams and consumers, and makes them as the options say. Every call waits
/// for the server, for the request timeout at most. Thread-safe. All throw ports::Unavailable
/// while the server does not answer, and std::runtime_error with how to mend it otherwise.
class Streams {
 public:
  Streams(BusOptions options, Names names, std::shared_ptr<Connector> connector,
          std::shared_ptr<spdlog::logger> log);

  /// Creates the stream, or updates what differs. Two that create it at once is fine.
  void ensure(const ports::StreamRef& stream);
  /// Creates the consumer; if it is there with other settings, updates it, or if that cannot be
  /// done makes it anew (what was delivered and not acked comes again). Makes the stream, too.
  void ensure(const ConsumerSpec& consumer);

  /// The oldest message; a missing stream is made and is empty.
  ports::StreamHead head(const ports::StreamRef& stream);

  /// None if the stream or the consumer is missing.
  std::optional<ConsumerState> state(const ConsumerSpec& consumer);
  /// Deletes and makes the consumer.
  void recreate(const ConsumerSpec& consumer);

 private:
  struct Found {
    ApiStatus status;
    StreamInfoPtr info;
  };
  Found find(Link& link, const std::string& name);
  void create(Link& link, const ports::StreamRef& stream, const std::string& name);
  void update(Link& link, const ports::StreamRef& stream, const std::string& name,
              const jsStreamInfo& info);
  ApiStatus add_consumer(Link& link, const ConsumerSpec& consumer, const std::string& stream);
  std::int64_t max_bytes(ports::StreamRef::Kind kind) const;

  const BusOptions options_;
  const Names names_;
  const std::shared_ptr<Connector> connector_;
  const std::shared_ptr<spdlog::logger> log_;
};

}  // namespace sagad::jetstream
