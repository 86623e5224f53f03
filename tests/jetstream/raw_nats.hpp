#pragma once

#include <optional>
#include <string>

#include "jetstream/native.hpp"

namespace sagad::jetstream::tests {

/// A NATS client beside the bus, to be the outside: other publishers, and hands on the streams.
/// Every failure throws std::runtime_error.
class RawNats {
 public:
  explicit RawNats(const std::string& url);

  void publish(const std::string& subject, const std::string& payload,
               const std::string& header = {}, const std::string& value = {});
  void request(const std::string& subject, const std::string& reply, const std::string& payload);
  SubscriptionPtr subscribe(const std::string& subject);
  /// The payload of the next message; none after two seconds.
  static std::optional<std::string> next(natsSubscription& subscription);

  StreamInfoPtr stream(const std::string& name);
  ConsumerInfoPtr consumer(const std::string& stream, const std::string& name);
  void add_stream(jsStreamConfig& config);
  void update_stream(jsStreamConfig& config);
  void delete_stream(const std::string& name);
  void delete_consumer(const std::string& stream, const std::string& name);
  void add_consumer(const std::string& stream, jsConsumerConfig& config);

 private:
  ConnectionPtr connection_;
  JetStreamPtr jetstream_;
};

}  // namespace sagad::jetstream::tests
