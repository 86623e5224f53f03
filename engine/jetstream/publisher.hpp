#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jetstream/ack_inbox.hpp"
#include "jetstream/connector.hpp"
#include "jetstream/in_flight.hpp"
#include "jetstream/names.hpp"
#include "jetstream/stream_index.hpp"

namespace sagad::jetstream {

/// Publishes outbox rows; the answers come back to the AckInbox. Commands and results carry no
/// `Nats-Msg-Id`: the server would drop a re-send for two minutes, even of a message that is gone.
///
/// A start is confirmed by the answer of whoever committed it, not by JetStream: nobody sends it
/// again once its row is deleted, so the row has to outlive a stream that loses it (ADR 1). It
/// does carry a `Nats-Msg-Id`, of its row and of ten seconds, so that what is sent again while no
/// starter runs does not pile up.
/// Thread-safe.
class Publisher {
 public:
  Publisher(Names names, std::shared_ptr<Connector> connector, std::shared_ptr<InFlight> in_flight,
            std::shared_ptr<AckInbox> acks, std::shared_ptr<StreamIndex> index);

  void publish(const std::vector<ports::OutboxRow>& rows, ports::PublishSink& sink);

 private:
  void publish_one(Link& link, const ports::OutboxRow& row, const ReplyAddress& address);

  const Names names_;
  const std::shared_ptr<Connector> connector_;
  const std::shared_ptr<InFlight> in_flight_;
  const std::shared_ptr<AckInbox> acks_;
  const std::shared_ptr<StreamIndex> index_;
};

}  // namespace sagad::jetstream
