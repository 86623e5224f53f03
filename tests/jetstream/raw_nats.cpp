#include "jetstream/raw_nats.hpp"

#include <stdexcept>

namespace sagad::jetstream::tests {
namespace {

void check(natsStatus status) {
  if (status != NATS_OK) throw std::runtime_error(describe(status));
}

}  // namespace

RawNats::RawNats(const std::string& url) {
  natsConnection* connection = nullptr;
  check(natsConnection_ConnectTo(&connection, url.c_str()));
  connection_.reset(connection);
  jsCtx* jetstream = nullptr;
  check(natsConnection_JetStream(&jetstream, connection, nullptr));
  jetstream_.reset(jetstream);
}

void RawNats::publish(const std::string& subject, const std::string& payload,
                      const std::string& header, const std::string& value) {
  natsMsg* created = nullptr;
  check(natsMsg_Create(&created, subject.c_str(), nullptr, payload.data(),
                       static_cast<int>(payload.size())));
  const MessagePtr message(created);
  if (!header.empty()) check(natsMsgHeader_Set(created, header.c_str(), value.c_str()));
  check(natsConnection_PublishMsg(connection_.get(), created));
  check(natsConnection_Flush(connection_.get()));
}

void RawNats::request(const std::string& subject, const std::string& reply,
                      const std::string& payload) {
  check(natsConnection_PublishRequest(connection_.get(), subject.c_str(), reply.c_str(),
                                      payload.data(), static_cast<int>(payload.size())));
  check(natsConnection_Flush(connection_.get()));
}

SubscriptionPtr RawNats::subscribe(const std::string& subject) {
  natsSubscription* created = nullptr;
  check(natsConnection_SubscribeSync(&created, connection_.get(), subject.c_str()));
  SubscriptionPtr subscription(created);
  check(natsConnection_Flush(connection_.get()));
  return subscription;
}

std::optional<std::string> RawNats::next(natsSubscription& subscription) {
  natsMsg* created = nullptr;
  if (natsSubscription_NextMsg(&created, &subscription, 2'000) != NATS_OK) return std::nullopt;
  const MessagePtr message(created);
  return std::string(natsMsg_GetData(created),
                     static_cast<std::size_t>(natsMsg_GetDataLength(created)));
}

StreamInfoPtr RawNats::stream(const std::string& name) {
  jsStreamInfo* info = nullptr;
  check(js_GetStreamInfo(&info, jetstream_.get(), name.c_str(), nullptr, nullptr));
  return StreamInfoPtr(info);
}

ConsumerInfoPtr RawNats::consumer(const std::string& stream, const std::string& name) {
  jsConsumerInfo* info = nullptr;
  check(
      js_GetConsumerInfo(&info, jetstream_.get(), stream.c_str(), name.c_str(), nullptr, nullptr));
  return ConsumerInfoPtr(info);
}

void RawNats::add_stream(jsStreamConfig& config) {
  check(js_AddStream(nullptr, jetstream_.get(), &config, nullptr, nullptr));
}

void RawNats::update_stream(jsStreamConfig& config) {
  check(js_UpdateStream(nullptr, jetstream_.get(), &config, nullptr, nullptr));
}

void RawNats::delete_stream(const std::string& name) {
  check(js_DeleteStream(jetstream_.get(), name.c_str(), nullptr, nullptr));
}

void RawNats::delete_consumer(const std::string& stream, const std::string& name) {
  check(js_DeleteConsumer(jetstream_.get(), stream.c_str(), name.c_str(), nullptr, nullptr));
}

void RawNats::add_consumer(const std::string& stream, jsConsumerConfig& config) {
  check(js_AddConsumer(nullptr, jetstream_.get(), stream.c_str(), &config, nullptr, nullptr));
}

}  // namespace sagad::jetstream::tests
