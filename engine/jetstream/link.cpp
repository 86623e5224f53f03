#include "jetstream/link.hpp"

#include <spdlog/spdlog.h>

#include <charconv>
#include <chrono>
#include <utility>

#include "jetstream/headers.hpp"
#include "jetstream/link_options.hpp"
#include "ports/errors.hpp"

namespace sagad::jetstream {

struct Link::Events {
  explicit Events(std::shared_ptr<spdlog::logger> logger) : log(std::move(logger)) {}

  void end() {
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
  }

  const std::shared_ptr<spdlog::logger> log;
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<bool> ended{false};
  bool closed = false;  ///< the client has let go of it; guarded by mutex, as all below
  bool woken = false;
  std::string last_error;  ///< told last, and when: the client repeats itself
  std::chrono::steady_clock::time_point last_told;
};

namespace {

constexpr std::chrono::seconds kTellAgain{10};
constexpr std::chrono::seconds kClosing{5};

/// Text of a time as the header has it.
struct MicrosText {
  explicit MicrosText(base::Time time) {
    const auto end = std::to_chars(text, text + sizeof text - 1, base::to_micros(time));
    *end.ptr = '\0';
  }
  char text[24];
};

}  // namespace

std::string without_secrets(std::string_view urls) {
  std::string clean;
  while (true) {
    const std::size_t comma = urls.find(',');
    const std::string_view url = urls.substr(0, comma);
    const std::size_t scheme = url.find("://");
    const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
    const std::size_t at = url.rfind('@');
    clean.append(url.substr(0, host));
    clean.append(url.substr(at == std::string_view::npos || at < host ? host : at + 1));
    if (comma == std::string_view::npos) return clean;
    clean += ',';
    urls.remove_prefix(comma + 1);
  }
}

Link::Link(std::shared_ptr<Events> events) : events_(std::move(events)) {}

Link::~Link() { close(); }

std::shared_ptr<Link> Link::open(const BusOptions& options, std::shared_ptr<spdlog::logger> log) {
  const OptionsPtr native = make_link_options(options);
  std::shared_ptr<Link> link(new Link(std::make_shared<Events>(std::move(log))));
  // The client posts its callbacks to a thread that outlives the connection; on_closed is the
  // last one that it posts, and frees this. A connect that fails posts none.
  auto closure = std::make_unique<std::shared_ptr<Events>>(link->events_);
  natsOptions_SetClosedCB(native.get(), on_closed, closure.get());
  natsOptions_SetErrorHandler(native.get(), on_error, closure.get());

  natsConnection* connection = nullptr;
  const natsStatus status = natsConnection_Connect(&connection, native.get());
  if (status != NATS_OK) {
    throw ports::Unavailable("cannot connect to NATS at " + without_secrets(options.url) + ": " +
                             describe(status));
  }
  static_cast<void>(closure.release());
  link->connection_.reset(connection);

  char url[512] = "";
  natsConnection_GetConnectedUrl(connection, url, sizeof url);
  link->server_ = without_secrets(url);

  jsOptions settings;
  jsOptions_Init(&settings);
  settings.Wait = options.request_timeout.count();
  jsCtx* jetstream = nullptr;
  if (const natsStatus made = natsConnection_JetStream(&jetstream, connection, &settings);
      made != NATS_OK) {
    throw ports::Unavailable("cannot use JetStream at " + link->server_ + ": " + describe(made));
  }
  link->jetstream_.reset(jetstream);
  return link;
}

void Link::on_closed(natsConnection*, void* closure) {
  const std::unique_ptr<std::shared_ptr<Events>> events(
      static_cast<std::shared_ptr<Events>*>(closure));
  {
    const std::lock_guard lock((*events)->mutex);
    (*events)->closed = true;
  }
  (*events)->end();
}

void Link::on_error(natsConnection*, natsSubscription*, natsStatus status, void* closure) {
  Events& events = **static_cast<std::shared_ptr<Events>*>(closure);
  std::string text = describe(status);
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(events.mutex);
    if (text == events.last_error && now - events.last_told < kTellAgain) return;
    events.last_error = text;
    events.last_told = now;
  }
  events.log->warn("nats: {}", text);
}

bool Link::alive() const {
  return !events_->ended.load(std::memory_order_relaxed) &&
         natsConnection_Status(connection_.get()) == NATS_CONN_STATUS_CONNECTED;
}

void Link::wait_until_ended(std::chrono::milliseconds timeout) {
  std::unique_lock lock(events_->mutex);
  events_->changed.wait_for(lock, timeout,
                            [this] { return events_->ended.load() || events_->woken; });
  events_->woken = false;
}

void Link::wake() {
  const std::lock_guard lock(events_->mutex);
  events_->woken = true;
  events_->changed.notify_all();
}

void Link::close() {
  if (connection_ != nullptr) {
    natsConnection_Close(connection_.get());
    // It returns at once if another thread of the client is just closing: only the callback tells
    // that the reading thread has ended, and with it the use of subscriptions.
    std::unique_lock lock(events_->mutex);
    events_->changed.wait_for(lock, kClosing, [this] { return events_->closed; });
  }
  events_->end();
}

natsStatus Link::checked(natsStatus status) {
  if (status != NATS_OK && status != NATS_MAX_PAYLOAD && status != NATS_INVALID_ARG &&
      status != NATS_INVALID_SUBJECT && status != NATS_NO_MEMORY) {
    events_->end();
  }
  return status;
}

natsStatus Link::publish(const std::string& subject, const char* reply, std::string_view payload,
                         const PublishHeaders& headers) {
  natsMsg* created = nullptr;
  natsStatus status = natsMsg_Create(&created, subject.c_str(), reply, payload.data(),
                                     static_cast<int>(payload.size()));
  if (status != NATS_OK) return status;
  const MessagePtr message(created);
  status = natsMsgHeader_Set(created, kSentAtHeader, MicrosText(headers.sent_at).text);
  if (status == NATS_OK && !headers.reply_to.empty()) {
    status = natsMsgHeader_Set(created, kReplyToHeader, headers.reply_to.c_str());
  }
  if (status == NATS_OK && !headers.message_id.empty()) {
    status = natsMsgHeader_Set(created, kMessageIdHeader, headers.message_id.c_str());
  }
  if (status != NATS_OK) return status;
  return checked(natsConnection_PublishMsg(connection_.get(), created));
}

natsStatus Link::send(const char* subject, std::string_view body) {
  return checked(natsConnection_Publish(connection_.get(), subject, body.data(),
                                        static_cast<int>(body.size())));
}

natsStatus Link::request(const char* subject, const char* reply, std::string_view body) {
  return checked(natsConnection_PublishRequest(connection_.get(), subject, reply, body.data(),
                                               static_cast<int>(body.size())));
}

natsStatus Link::flush(std::chrono::milliseconds timeout) {
  return natsConnection_FlushTimeout(connection_.get(), timeout.count());
}

natsSubscription& Link::subscribe(const std::string& subject) {
  natsSubscription* created = nullptr;
  natsStatus status = natsConnection_SubscribeSync(&created, connection_.get(), subject.c_str());
  if (status == NATS_OK) {
    const std::lock_guard lock(mutex_);
    subscriptions_.emplace_back(created);
    status = natsSubscription_SetPendingLimits(created, -1, -1);
  }
  if (status != NATS_OK) {
    throw ports::Unavailable("cannot subscribe at " + server_ + ": " + describe(status));
  }
  return *created;
}

void Link::unsubscribe(natsSubscription& subscription) {
  natsSubscription_Unsubscribe(&subscription);
}

}  // namespace sagad::jetstream
