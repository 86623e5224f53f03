#include "jetstream/delivery.hpp"

#include <chrono>
#include <utility>

#include "jetstream/headers.hpp"

namespace sagad::jetstream {

NatsDelivery::NatsDelivery(MessagePtr message, std::shared_ptr<const DeliveryContext> context)
    : message_(std::move(message)), context_(std::move(context)) {}

std::string_view NatsDelivery::subject() const {
  return context_->names.strip(natsMsg_GetSubject(message_.get()));
}

std::string_view NatsDelivery::payload() const {
  return {natsMsg_GetData(message_.get()),
          static_cast<std::size_t>(natsMsg_GetDataLength(message_.get()))};
}

std::optional<base::Time> NatsDelivery::sent_at() const { return sent_at_of(*message_); }

std::string NatsDelivery::reply_to() const { return reply_to_of(*message_); }

std::uint64_t NatsDelivery::deliveries() const {
  return deliveries_of(natsMsg_GetReply(message_.get()));
}

void NatsDelivery::ack() { end("+ACK"); }

void NatsDelivery::nak(base::Duration delay) {
  if (delay <= base::Duration::zero()) {
    end("-NAK");
    return;
  }
  const std::chrono::nanoseconds nanos = delay;
  end("-NAK {\"delay\":" + std::to_string(nanos.count()) + "}");
}

void NatsDelivery::in_progress() {
  if (!ended_) send("+WPI");
}

void NatsDelivery::end(std::string_view body) {
  if (ended_) return;
  ended_ = true;
  send(body);
}

void NatsDelivery::send(std::string_view body) {
  const char* ack_subject = natsMsg_GetReply(message_.get());
  const std::shared_ptr<const Connector> connector = context_->connector.lock();
  if (ack_subject == nullptr || !connector) return;
  if (const std::shared_ptr<Link> link = connector->link()) link->send(ack_subject, body);
}

}  // namespace sagad::jetstream
