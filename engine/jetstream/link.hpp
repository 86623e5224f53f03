#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "jetstream/bus.hpp"
#include "jetstream/headers.hpp"
#include "jetstream/native.hpp"

namespace sagad::jetstream {

/// One connection to NATS, from its making to its end: it does not reconnect, it is replaced.
/// The client's own reconnecting is off on purpose: it buffers publishes while the server is
/// away, gives up for good after two refused log-ins, and would be a second way to begin beside
/// the first connect. Thread-safe.
class Link {
 public:
  /// Connects; takes as long as connecting to each address in vain, 2 s each. Throws
  /// ports::Unavailable that says why not, without secrets.
  static std::shared_ptr<Link> open(const BusOptions& options, std::shared_ptr<spdlog::logger> log);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  bool alive() const;
  /// Returns when the link has ended or wake() was called, or after `timeout`.
  void wait_until_ended(std::chrono::milliseconds timeout);
  void wake();
  /// Sends what is buffered, for half a second at most, and ends the connection.
  void close();

  /// Publishes into the client's buffer, with these headers.
  natsStatus publish(const std::string& subject, const char* reply, std::string_view payload,
                     const PublishHeaders& headers);
  /// Publishes without headers.
  natsStatus send(const char* subject, std::string_view body);
  natsStatus request(const char* subject, const char* reply, std::string_view body);
  /// Sends the buffer now, not with the client's next tick of a millisecond, and waits for the
  /// server to have read it.
  natsStatus flush(std::chrono::milliseconds timeout);

  /// A synchronous subscription without limits, which stays valid as long as the link does: the
  /// client (before 3.10) may use one that is destroyed while its reading thread has a message for
  /// it, so none is before the connection has ended. Throws ports::Unavailable.
  natsSubscription& subscribe(const std::string& subject);
  /// No more messages for it.
  void unsubscribe(natsSubscription& subscription);

  natsConnection* connection() { return connection_.get(); }
  jsCtx* jetstream() { return jetstream_.get(); }
  /// Without secrets.
  const std::string& server() const { return server_; }

 private:
  struct Events;  // what the client's callbacks know of it; outlives the link

  explicit Link(std::shared_ptr<Events> events);
  static void on_closed(natsConnection* connection, void* closure);
  static void on_error(natsConnection* connection, natsSubscription* subscription,
                       natsStatus status, void* closure);

  /// A failed write leaves half a message on the wire: such a link must end.
  natsStatus checked(natsStatus status);

  std::shared_ptr<Events> events_;
  ConnectionPtr connection_;
  JetStreamPtr jetstream_;
  std::string server_;
  std::mutex mutex_;
  std::vector<SubscriptionPtr> subscriptions_;  ///< guarded by mutex_
};

/// An address without user, password and token.
std::string without_secrets(std::string_view urls);

}  // namespace sagad::jetstream
