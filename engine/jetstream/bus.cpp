#include "jetstream/bus.hpp"

#include <spdlog/spdlog.h>

#include <stdexcept>
#include <utility>

#include "jetstream/mender.hpp"
#include "jetstream/publisher.hpp"
#include "jetstream/pull_consumer.hpp"
#include "jetstream/repair.hpp"

namespace sagad::jetstream {
namespace {

class NatsBus final : public ports::Bus {
 public:
  NatsBus(const BusOptions& options, std::shared_ptr<spdlog::logger> log);
  ~NatsBus() override;

  bool connected() const override { return connector_->link() != nullptr; }
  void publish(std::vector<ports::OutboxRow> rows, ports::PublishSink& sink) override {
    publisher_.publish(rows, sink);
  }
  bool flush(ports::PublishSink& sink, base::Duration timeout) override {
    return in_flight_->wait_for(sink, timeout);
  }
  void reply(const std::string& subject, const std::string& payload) override;

  std::unique_ptr<ports::Consumer> command_consumer(const std::string& participant,
                                                    ports::CommandLane lane) override {
    return consumer(names_.command_consumer(participant, lane));
  }
  std::unique_ptr<ports::Consumer> result_consumer() override {
    return consumer(names_.single_consumer(ports::StreamRef::Kind::kResults));
  }
  std::unique_ptr<ports::Consumer> start_consumer() override {
    return consumer(names_.single_consumer(ports::StreamRef::Kind::kStarts));
  }
  std::unique_ptr<ports::Consumer> signal_consumer() override {
    return consumer(names_.single_consumer(ports::StreamRef::Kind::kSignals));
  }
  std::unique_ptr<ports::Consumer> dead_consumer() override {
    return consumer(names_.single_consumer(ports::StreamRef::Kind::kDead));
  }

  void ensure_stream(const ports::StreamRef& stream) override {
    index_->number(stream);  // from now on it is made again when it goes missing
    streams_->ensure(stream);
  }
  ports::StreamHead head(const ports::StreamRef& stream) override { return streams_->head(stream); }
  int repair_consumers(const ports::StreamRef& stream, base::Duration stuck_for) override {
    return repair_.run(stream, stuck_for);
  }

 private:
  std::unique_ptr<ports::Consumer> consumer(ConsumerSpec spec);

  const std::shared_ptr<spdlog::logger> log_;
  const Names names_;
  const std::shared_ptr<StreamIndex> index_;
  const std::shared_ptr<InFlight> in_flight_;
  const std::shared_ptr<AckInbox> acks_;
  const std::shared_ptr<Connector> connector_;
  const std::shared_ptr<Streams> streams_;
  const std::shared_ptr<const DeliveryContext> deliveries_;
  Publisher publisher_;
  Repair repair_;
  Mender mender_;  // ends first: it asks through the others
};

NatsBus::NatsBus(const BusOptions& options, std::shared_ptr<spdlog::logger> log)
    : log_(std::move(log)),
      names_(options.name_space),
      index_(std::make_shared<StreamIndex>()),
      in_flight_(std::make_shared<InFlight>(options.max_in_flight, options.publish_timeout)),
      acks_(std::make_shared<AckInbox>(in_flight_,
                                       [index = index_](StreamTag tag) { index->suspect(tag); })),
      connector_(std::make_shared<Connector>(
          options, in_flight_, acks_, [index = index_] { index->suspect_all(); }, log_)),
      streams_(std::make_shared<Streams>(options, names_, connector_, log_)),
      deliveries_(std::make_shared<DeliveryContext>(DeliveryContext{names_, connector_})),
      publisher_(names_, connector_, in_flight_, acks_, index_),
      repair_(names_, streams_, log_),
      mender_(index_, streams_, log_) {
  connector_->start();
}

NatsBus::~NatsBus() {
  connector_->stop();
  in_flight_->wait_idle();
}

std::unique_ptr<ports::Consumer> NatsBus::consumer(ConsumerSpec spec) {
  return std::make_unique<PullConsumer>(std::move(spec), deliveries_, connector_, streams_, log_);
}

void NatsBus::reply(const std::string& subject, const std::string& payload) {
  // The subject came with a message from outside: it must not make us command ourselves, or the
  // server.
  const bool is_ours = subject.compare(0, names_.prefix().size(), names_.prefix()) == 0;
  if (is_ours || !is_publishable_subject(subject) || subject.front() == '$') {
    log_->warn("no reply to '{}': not a subject that replies may go to", subject);
    return;
  }
  if (const std::shared_ptr<Link> link = connector_->link()) link->send(subject.c_str(), payload);
}

void check(const BusOptions& options) {
  const auto want = [](bool right, const char* what) {
    if (!right) throw std::invalid_argument(what);
  };
  want(options.url.find_first_not_of(", ") != std::string::npos,
       "nats url is empty: give nats://host:4222");
  want(options.tls_cert_file.empty() == options.tls_key_file.empty(),
       "nats tls: give the certificate and the key together");
  want(options.publish_timeout.count() > 0, "nats publish_timeout must be more than 0");
  want(options.request_timeout.count() > 0, "nats request_timeout must be more than 0");
  want(options.commands_max_bytes > 0 && options.results_max_bytes > 0 &&
           options.starts_max_bytes > 0 && options.signals_max_bytes > 0 &&
           options.dead_max_bytes > 0,
       "nats max_bytes of every kind of stream must be more than 0");
  // The server keeps ids of messages for two minutes, and refuses a shorter life.
  want(options.max_age >= std::chrono::minutes{2}, "nats max_age must be 2m or more");
  want(options.replicas >= 1 && options.replicas <= 5, "nats replicas must be 1 to 5");
  want(options.ack_wait.count() >= 1'000, "nats ack_wait must be 1s or more");
  want(options.max_ack_pending > 0, "nats max_ack_pending must be more than 0");
}

}  // namespace

std::unique_ptr<ports::Bus> make_bus(const BusOptions& options,
                                     std::shared_ptr<spdlog::logger> log) {
  check(options);
  return std::make_unique<NatsBus>(options, std::move(log));
}

}  // namespace sagad::jetstream
