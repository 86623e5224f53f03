#pragma once

#include <nats/nats.h>

#include <memory>
#include <string>

namespace sagad::jetstream {

/// Owners of the handles of the NATS client.
template <auto Destroy>
struct Destroyer {
  template <class Handle>
  void operator()(Handle* handle) const {
    Destroy(handle);
  }
};

using OptionsPtr = std::unique_ptr<natsOptions, Destroyer<natsOptions_Destroy>>;
using ConnectionPtr = std::unique_ptr<natsConnection, Destroyer<natsConnection_Destroy>>;
using SubscriptionPtr = std::unique_ptr<natsSubscription, Destroyer<natsSubscription_Destroy>>;
using MessagePtr = std::unique_ptr<natsMsg, Destroyer<natsMsg_Destroy>>;
using JetStreamPtr = std::unique_ptr<jsCtx, Destroyer<jsCtx_Destroy>>;
using StreamInfoPtr = std::unique_ptr<jsStreamInfo, Destroyer<jsStreamInfo_Destroy>>;
using ConsumerInfoPtr = std::unique_ptr<jsConsumerInfo, Destroyer<jsConsumerInfo_Destroy>>;

/// The text of a status, with what the client last said of it in this thread, if it said more.
std::string describe(natsStatus status);

/// A subject that nobody else uses: `_INBOX.…`. Throws std::runtime_error.
std::string new_inbox();

}  // namespace sagad::jetstream
