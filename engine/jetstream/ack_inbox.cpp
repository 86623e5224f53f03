#include "jetstream/ack_inbox.hpp"

#include <charconv>
#include <utility>

#include "jetstream/pub_ack.hpp"
#include "ports/errors.hpp"

namespace sagad::jetstream {
namespace {

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, 16);
  return read.ec == std::errc{} && read.ptr == end;
}

}  // namespace

std::string write_reply(const std::string& inbox, const ReplyAddress& address) {
  char text[32];
  char* const end = text + sizeof text;
  auto written = std::to_chars(text, end, address.tag, 16);
  *written.ptr++ = '.';
  written = std::to_chars(written.ptr, end, address.token, 16);
  std::string reply;
  reply.reserve(inbox.size() + sizeof text);
  return reply.append(inbox).append(1, '.').append(text, written.ptr);
}

std::optional<ReplyAddress> read_reply(const std::string& inbox, std::string_view subject) {
  if (subject.size() <= inbox.size() + 1) return std::nullopt;
  subject.remove_prefix(inbox.size() + 1);
  const std::size_t dot = subject.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  ReplyAddress address;
  if (!read_number(subject.substr(0, dot), address.tag) ||
      !read_number(subject.substr(dot + 1), address.token)) {
    return std::nullopt;
  }
  return address;
}

AckInbox::AckInbox(std::shared_ptr<InFlight> in_flight, Missing missing)
    : inbox_(new_inbox()), in_flight_(std::move(in_flight)), missing_(std::move(missing)) {}

SubscriptionPtr AckInbox::listen(Link& link) {
  auto closure = std::make_unique<std::shared_ptr<AckInbox>>(shared_from_this());
  natsSubscription* created = nullptr;
  natsStatus status = natsConnection_Subscribe(&created, link.connection(), (inbox_ + ".>").c_str(),
                                               on_answer, closure.get());
  if (status != NATS_OK) {
    throw ports::Unavailable("cannot listen for confirmations at " + link.server() + ": " +
                             describe(status));
  }
  SubscriptionPtr subscription(created);
  status = natsSubscription_SetOnCompleteCB(created, on_complete, closure.get());
  // Without the callback nobody tells when the client is done with the closure: it stays.
  static_cast<void>(closure.release());
  if (status == NATS_OK) status = natsSubscription_SetPendingLimits(created, -1, -1);
  if (status != NATS_OK) {
    throw ports::Unavailable("cannot listen for confirmations at " + link.server() + ": " +
                             describe(status));
  }
  return subscription;
}

void AckInbox::on_complete(void* closure) {
  delete static_cast<std::shared_ptr<AckInbox>*>(closure);
}

void AckInbox::on_answer(natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
  const MessagePtr owned(message);
  (*static_cast<std::shared_ptr<AckInbox>*>(closure))->take(*message);
}

void AckInbox::take(natsMsg& message) {
  const std::optional<ReplyAddress> address = read_reply(inbox_, natsMsg_GetSubject(&message));
  if (!address) return;
  if (natsMsg_IsNoResponders(&message)) {
    missing_(address->tag);
    in_flight_->refuse(address->token, "no JetStream stream takes its subject", false);
    return;
  }
  const PubAck ack = read_pub_ack(
      {natsMsg_GetData(&message), static_cast<std::size_t>(natsMsg_GetDataLength(&message))});
  if (ack.stored) {
    in_flight_->confirm(address->token);
  } else {
    in_flight_->refuse(address->token, ack.reason, ack.permanent);
  }
}

}  // namespace sagad::jetstream
