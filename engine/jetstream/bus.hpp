#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "ports/bus.hpp"

namespace spdlog {
class logger;
}

namespace sagad::jetstream {

/// How to reach NATS, and how the streams and consumers in it are to be. A value.
struct BusOptions {
  /// One address or several with commas: `nats://host:4222`, `tls://host:4222`,
  /// `nats://user:password@host:4222`, `nats://token@host:4222`. Never logged with its secrets.
  std::string url = "nats://127.0.0.1:4222";
  std::string credentials_file;  ///< JWT and seed (.creds); empty without
  std::string tls_ca_file;       ///< what the server's certificate is checked against
  std::string tls_cert_file;     ///< our own certificate, with tls_key_file
  std::string tls_key_file;
  std::string client_name = "sagad";  ///< as NATS lists the connection

  /// First tokens of all subjects, in [A-Za-z0-9_-] and dots; upper-cased in stream names.
  std::string name_space = "sagad";

  std::size_t max_in_flight = 8192;  ///< unconfirmed publishes; at most 65536
  base::Duration publish_timeout{5'000};
  base::Duration request_timeout{2'000};  ///< of one question to the JetStream API

  /// Streams: bytes on disk, after which publishes are refused (their rows stay in the outbox).
  std::int64_t commands_max_bytes = 256LL << 20;  ///< of each participant
  std::int64_t results_max_bytes = 256LL << 20;
  std::int64_t starts_max_bytes = 64LL << 20;
  std::int64_t signals_max_bytes = 64LL << 20;
  std::int64_t dead_max_bytes = 64LL << 20;
  base::Duration max_age{72LL * 3600 * 1000};
  int replicas = 1;

  /// Consumers.
  base::Duration ack_wait{10'000};
  std::int64_t max_ack_pending = 20'000;
};

/// A bus over NATS JetStream. Returns at once and connects in the background, for ever, with
/// back-off and jitter; the log tells each change once. Throws std::invalid_argument if the
/// options cannot be right (namespace, sizes), naming the option.
///
/// Of the ports it promises, besides:
/// - PublishSink is called by the thread of the bus, and, for what is refused at once, by the
///   thread that calls publish(), before publish() returns; also by the destructor, for what is
///   still in flight. A refused message may still have been stored: it is a duplicate then.
/// - Consumer::fetch() while the bus is away returns empty after at most 100 ms, so that a loop
///   over it neither spins nor is late.
/// - Deliveries may outlive the bus; their acks do nothing then.
/// - The destructor joins its threads; it is to be called when nothing else is in a call.
///   Consumers are to be destroyed before the bus.
std::unique_ptr<ports::Bus> make_bus(const BusOptions& options,
                                     std::shared_ptr<spdlog::logger> log);

}  // namespace sagad::jetstream
