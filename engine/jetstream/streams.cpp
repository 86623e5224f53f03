#include "jetstream/streams.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "jetstream/headers.hpp"
#include "ports/errors.hpp"

namespace sagad::jetstream {
namespace {

using std::chrono::nanoseconds;

/// A question about a message that is taken at that moment is asked again so often.
constexpr int kHeadTries = 5;

std::int64_t nanos(base::Duration duration) { return nanoseconds{duration}.count(); }

[[noreturn]] void refuse(const std::string& stream, const std::string& what) {
  throw std::runtime_error(
      "stream " + stream + " is there, but " + what +
      ", which cannot be changed: stop all daemons, delete the stream (nats stream rm " + stream +
      ") and start again, or choose another namespace; nothing is lost, the databases hold it all");
}

/// What a stream was made with and keeps for life.
void check_unchangeable(const std::string& name, const std::string& subject,
                        const jsStreamConfig& config) {
  if (config.Retention != js_WorkQueuePolicy) refuse(name, "its retention is not work queue");
  if (config.Storage != js_FileStorage) refuse(name, "its storage is not file");
  if (config.SubjectsLen != 1 || subject != config.Subjects[0]) {
    throw std::runtime_error("stream " + name + " is there, but not for the subject " + subject +
                             ": it belongs to something else; choose another namespace");
  }
}

}  // namespace

Streams::Streams(BusOptions options, Names names, std::shared_ptr<Connector> connector,
                 std::shared_ptr<spdlog::logger> log)
    : options_(std::move(options)),
      names_(std::move(names)),
      connector_(std::move(connector)),
      log_(std::move(log)) {}

std::int64_t Streams::max_bytes(ports::StreamRef::Kind kind) const {
  switch (kind) {
    case ports::StreamRef::Kind::kCommands:
      return options_.commands_max_bytes;
    case ports::StreamRef::Kind::kResults:
      return options_.results_max_bytes;
    case ports::StreamRef::Kind::kStarts:
      return options_.starts_max_bytes;
    case ports::StreamRef::Kind::kSignals:
      return options_.signals_max_bytes;
    case ports::StreamRef::Kind::kDead:
      break;
  }
  return options_.dead_max_bytes;
}

Streams::Found Streams::find(Link& link, const std::string& name) {
  jsStreamInfo* info = nullptr;
  ApiStatus status = ask([&](jsErrCode* code) {
    return js_GetStreamInfo(&info, link.jetstream(), name.c_str(), nullptr, code);
  });
  return {std::move(status), StreamInfoPtr(info)};
}

void Streams::ensure(const ports::StreamRef& stream) {
  const std::string name = names_.stream(stream);
  const std::shared_ptr<Link> link = connector_->require_link();
  Found found = find(*link, name);
  if (found.status.not_found()) {
    create(*link, stream, name);
    found = find(*link, name);  // somebody else may have made it, otherwise
  }
  if (!found.status.ok()) throw_api_error("look at stream " + name, found.status);
  check_unchangeable(name, names_.stream_subject(stream), *found.info->Config);
  update(*link, stream, name, *found.info);
}

void Streams::create(Link& link, const ports::StreamRef& stream, const std::string& name) {
  const std::string subject = names_.stream_subject(stream);
  const char* subjects[] = {subject.c_str()};
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = name.c_str();
  config.Description = "made by sagad";
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  config.Retention = js_WorkQueuePolicy;
  config.Storage = js_FileStorage;
  config.Discard = js_DiscardNew;
  config.MaxBytes = max_bytes(stream.kind);
  config.MaxAge = nanos(options_.max_age);
  config.Replicas = options_.replicas;
  const ApiStatus made = ask([&](jsErrCode* code) {
    return js_AddStream(nullptr, link.jetstream(), &config, nullptr, code);
  });
  if (made.ok()) {
    log_->info("made stream {} for {}", name, subject);
  } else if (made.code != JSStreamNameExistErr) {
    throw_api_error("create stream " + name, made);
  }
}

void Streams::update(Link& link, const ports::StreamRef& stream, const std::string& name,
                     const jsStreamInfo& info) {
  jsStreamConfig config = *info.Config;  // shares its texts: what we do not set stays as it is
  config.Discard = js_DiscardNew;
  config.MaxBytes = max_bytes(stream.kind);
  config.MaxAge = nanos(options_.max_age);
  config.Replicas = options_.replicas;
  const jsStreamConfig& now = *info.Config;
  if (now.Discard == config.Discard && now.MaxBytes == config.MaxBytes &&
      now.MaxAge == config.MaxAge && now.Replicas == config.Replicas) {
    return;
  }
  const ApiStatus made = ask([&](jsErrCode* code) {
    return js_UpdateStream(nullptr, link.jetstream(), &config, nullptr, code);
  });
  if (!made.ok()) throw_api_error("update stream " + name, made);
  log_->info("updated the settings of stream {}", name);
}

ApiStatus Streams::add_consumer(Link& link, const ConsumerSpec& consumer,
                                const std::string& stream) {
  jsConsumerConfig config;
  jsConsumerConfig_Init(&config);
  config.Durable = consumer.durable.c_str();
  config.FilterSubject = consumer.filter.empty() ? nullptr : consumer.filter.c_str();
  config.DeliverPolicy = js_DeliverAll;
  config.AckPolicy = js_AckExplicit;
  config.ReplayPolicy = js_ReplayInstant;
  config.AckWait = nanos(options_.ack_wait);
  config.MaxDeliver = -1;
  config.MaxAckPending = options_.max_ack_pending;
  return ask([&](jsErrCode* code) {
    return js_AddConsumer(nullptr, link.jetstream(), stream.c_str(), &config, nullptr, code);
  });
}

void Streams::ensure(const ConsumerSpec& consumer) {
  const std::string stream = names_.stream(consumer.stream);
  const std::shared_ptr<Link> link = connector_->require_link();
  ApiStatus made = add_consumer(*link, consumer, stream);
  if (made.not_found()) {
    ensure(consumer.stream);
    made = add_consumer(*link, consumer, stream);
  }
  if (made.ok()) return;
  // Of a consumer that is there, the server changes some settings and refuses others.
  if (made.code == JSConsumerCreateErr || made.code == JSConsumerNameExistErr ||
      made.code == JSConsumerExistingActiveErr) {
    log_->warn("consumer {} of stream {} has other settings ({}); making it anew", consumer.durable,
               stream, made.text);
    recreate(consumer);
    return;
  }
  throw_api_error("create consumer " + consumer.durable + " of stream " + stream, made);
}

void Streams::recreate(const ConsumerSpec& consumer) {
  const std::string stream = names_.stream(consumer.stream);
  const std::shared_ptr<Link> link = connector_->require_link();
  const ApiStatus gone = ask([&](jsErrCode* code) {
    return js_DeleteConsumer(link->jetstream(), stream.c_str(), consumer.durable.c_str(), nullptr,
                             code);
  });
  if (!gone.ok() && !gone.not_found()) {
    throw_api_error("delete consumer " + consumer.durable + " of stream " + stream, gone);
  }
  const ApiStatus made = add_consumer(*link, consumer, stream);
  if (!made.ok()) {
    throw_api_error("create consumer " + consumer.durable + " of stream " + stream, made);
  }
}

ports::StreamHead Streams::head(const ports::StreamRef& stream) {
  const std::string name = names_.stream(stream);
  const std::shared_ptr<Link> link = connector_->require_link();
  ports::StreamHead head;
  for (int attempt = 0; attempt < kHeadTries; ++attempt) {
    const Found found = find(*link, name);
    if (found.status.not_found()) {
      ensure(stream);
      return {};
    }
    if (!found.status.ok()) throw_api_error("look at stream " + name, found.status);
    if (found.info->State.Msgs == 0) return {};
    head = {.empty = false, .sequence = found.info->State.FirstSeq, .sent_at = std::nullopt};

    natsMsg* created = nullptr;
    const ApiStatus got = ask([&](jsErrCode* code) {
      return js_GetMsg(&created, link->jetstream(), name.c_str(), head.sequence, nullptr, code);
    });
    const MessagePtr message(created);
    if (got.ok()) {
      head.sent_at = sent_at_of(*message);
      return head;
    }
    if (!got.not_found()) throw_api_error("read the head of stream " + name, got);
  }
  // It moves faster than we can ask: a head without a time, which proves nothing.
  return head;
}

std::optional<ConsumerState> Streams::state(const ConsumerSpec& consumer) {
  const std::string name = names_.stream(consumer.stream);
  const std::shared_ptr<Link> link = connector_->require_link();
  // The consumer first: what is stored between the two questions must not put it ahead.
  jsConsumerInfo* created = nullptr;
  const ApiStatus got = ask([&](jsErrCode* code) {
    return js_GetConsumerInfo(&created, link->jetstream(), name.c_str(), consumer.durable.c_str(),
                              nullptr, code);
  });
  const ConsumerInfoPtr info(created);
  if (got.not_found()) return std::nullopt;
  if (!got.ok()) throw_api_error("look at consumer " + consumer.durable + " of " + name, got);
  const Found found = find(*link, name);
  if (found.status.not_found()) return std::nullopt;
  if (!found.status.ok()) throw_api_error("look at stream " + name, found.status);
  return ConsumerState{.stream_last = found.info->State.LastSeq,
                       .delivered_stream = info->Delivered.Stream,
                       .delivered_consumer = info->Delivered.Consumer,
                       .floor_stream = info->AckFloor.Stream,
                       .pending = info->NumPending,
                       .waiting = info->NumWaiting,
                       .stream_first = found.info->State.FirstSeq,
                       .stream_messages = found.info->State.Msgs,
                       .unacked = info->NumAckPending};
}

}  // namespace sagad::jetstream
