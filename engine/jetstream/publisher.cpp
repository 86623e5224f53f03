#include "jetstream/publisher.hpp"

#include <chrono>
#include <cstddef>
#include <utility>

namespace sagad::jetstream {
namespace {

constexpr std::string_view kStartPrefix = "start.";
/// Copies of a start within this time are dropped by the server; a later one asks again for an
/// answer that was lost.
constexpr std::chrono::seconds kStartWindow{10};

/// Few messages are waited for; many are on their way before the last has been written.
constexpr std::size_t kFew = 16;
constexpr std::chrono::milliseconds kFlush{100};

std::string start_id(const ports::OutboxRow& row) {
  const auto window = std::chrono::steady_clock::now().time_since_epoch() / kStartWindow;
  return row.id.str() + '@' + std::to_string(window);
}

void refuse_from(const std::vector<ports::OutboxRow>& rows, std::size_t first,
                 ports::PublishSink& sink, const std::string& reason) {
  for (std::size_t i = first; i < rows.size(); ++i) sink.refused(rows[i].id, reason, false);
}

}  // namespace

Publisher::Publisher(Names names, std::shared_ptr<Connector> connector,
                     std::shared_ptr<InFlight> in_flight, std::shared_ptr<AckInbox> acks,
                     std::shared_ptr<StreamIndex> index)
    : names_(std::move(names)),
      connector_(std::move(connector)),
      in_flight_(std::move(in_flight)),
      acks_(std::move(acks)),
      index_(std::move(index)) {}

void Publisher::publish(const std::vector<ports::OutboxRow>& rows, ports::PublishSink& sink) {
  const std::shared_ptr<Link> link = connector_->link();
  if (!link) {
    refuse_from(rows, 0, sink, "NATS is not connected");
    return;
  }
  const std::vector<StreamTag> tags = index_->numbers(rows);
  const std::vector<InFlight::Token> tokens = in_flight_->enter(rows, sink, InFlight::Clock::now());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    publish_one(*link, rows[i], {tags[i], tokens[i]});
  }
  refuse_from(rows, tokens.size(), sink, "too many publishes are in flight");
  // Else the client's flusher sends them, but only a millisecond later.
  if (rows.size() <= kFew) link->flush(kFlush);
}

void Publisher::publish_one(Link& link, const ports::OutboxRow& row, const ReplyAddress& address) {
  if (!is_publishable_subject(row.subject)) {
    in_flight_->refuse(address.token, "'" + row.subject + "' is not a subject to publish to", true);
    return;
  }
  const std::string confirmation = write_reply(acks_->inbox(), address);
  std::string reply = confirmation;
  PublishHeaders headers{row.sent_at, {}, {}};
  if (row.subject.compare(0, kStartPrefix.size(), kStartPrefix) == 0) {
    headers.reply_to = confirmation;
    headers.message_id = start_id(row);
    reply = write_reply(acks_->inbox(), {address.tag, ReplyAddress::kNobody});
  }
  const natsStatus status =
      link.publish(names_.subject(row.subject), reply.c_str(), row.payload, headers);
  if (status == NATS_OK) return;
  const bool too_large = status == NATS_MAX_PAYLOAD;
  in_flight_->refuse(address.token,
                     too_large ? "it is larger than the server's max_payload: " + describe(status)
                               : "NATS did not take it: " + describe(status),
                     too_large);
}

}  // namespace sagad::jetstream
