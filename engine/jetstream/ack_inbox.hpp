#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "jetstream/in_flight.hpp"
#include "jetstream/link.hpp"

namespace sagad::jetstream {

/// Which of the bus's streams a publish was meant for (StreamIndex).
using StreamTag = std::uint32_t;

/// What a reply subject `<inbox>.<tag>.<token>` says, so that an answer finds its publish.
struct ReplyAddress {
  /// Names no publish: the answer only tells whether the stream is there.
  static constexpr InFlight::Token kNobody = 0;

  StreamTag tag = 0;
  InFlight::Token token = kNobody;
};
std::string write_reply(const std::string& inbox, const ReplyAddress& address);
/// None if the subject is not one of the inbox's.
std::optional<ReplyAddress> read_reply(const std::string& inbox, std::string_view subject);

/// Where JetStream's answers to publishes arrive. One inbox serves all links of a bus: tokens are
/// never used twice. Shared with the client's threads, so it outlives the bus while an answer is
/// under way.
class AckInbox : public std::enable_shared_from_this<AckInbox> {
 public:
  using Missing = std::function<void(StreamTag)>;

  /// `missing` is called when no stream takes what was published; any thread.
  AckInbox(std::shared_ptr<InFlight> in_flight, Missing missing);
  AckInbox(const AckInbox&) = delete;
  AckInbox& operator=(const AckInbox&) = delete;

  const std::string& inbox() const { return inbox_; }
  /// Listens on this link. Throws ports::Unavailable.
  SubscriptionPtr listen(Link& link);

 private:
  static void on_answer(natsConnection* connection, natsSubscription* subscription,
                        natsMsg* message, void* closure);
  static void on_complete(void* closure);
  void take(natsMsg& message);

  const std::string inbox_;
  const std::shared_ptr<InFlight> in_flight_;
  const Missing missing_;
};

}  // namespace sagad::jetstream
