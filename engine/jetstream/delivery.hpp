#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "jetstream/connector.hpp"
#include "jetstream/names.hpp"
#include "jetstream/native.hpp"

namespace sagad::jetstream {

/// What deliveries need to be ended, after their consumer and even the bus are gone.
struct DeliveryContext {
  Names names;
  std::weak_ptr<const Connector> connector;
};

/// Keeps the client's message; copies nothing. Acks go over the link of the moment, which may be
/// another than the message came over: JetStream takes them all the same.
class NatsDelivery final : public ports::Delivery {
 public:
  NatsDelivery(MessagePtr message, std::shared_ptr<const DeliveryContext> context);

  std::string_view subject() const override;
  std::string_view payload() const override;
  std::optional<base::Time> sent_at() const override;
  std::string reply_to() const override;
  std::uint64_t deliveries() const override;

  void ack() override;
  void nak(base::Duration delay) override;
  void in_progress() override;

 private:
  void end(std::string_view body);
  void send(std::string_view body);

  MessagePtr message_;
  std::shared_ptr<const DeliveryContext> context_;
  bool ended_ = false;
};

}  // namespace sagad::jetstream
