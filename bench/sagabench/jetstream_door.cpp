#include <nats/nats.h>

#include <atomic>
#include <stdexcept>

#include "sagabench/doors.hpp"

namespace sagad::bench {
namespace {

constexpr std::int64_t kMostUnconfirmed = 4096;
constexpr std::int64_t kConfirmMillis = 60'000;

template <auto Destroy>
struct Destroyer {
  template <typename T>
  void operator()(T* object) const {
    Destroy(object);
  }
};
using OptionsPtr = std::unique_ptr<natsOptions, Destroyer<natsOptions_Destroy>>;
using ConnectionPtr = std::unique_ptr<natsConnection, Destroyer<natsConnection_Destroy>>;
using JetStreamPtr = std::unique_ptr<jsCtx, Destroyer<jsCtx_Destroy>>;
using StreamInfoPtr = std::unique_ptr<jsStreamInfo, Destroyer<jsStreamInfo_Destroy>>;

void check(natsStatus status, const char* doing) {
  if (status != NATS_OK) {
    throw std::runtime_error(std::string("nats: cannot ") + doing + ": " +
                             natsStatus_GetText(status));
  }
}

}  // namespace

class JetStreamDoor::Impl {
 public:
  explicit Impl(const std::string& url) {
    natsOptions* options = nullptr;
    check(natsOptions_Create(&options), "make options");
    const OptionsPtr owned_options(options);
    check(natsOptions_SetURL(options, url.c_str()), "take the address");
    natsConnection* connection = nullptr;
    check(natsConnection_Connect(&connection, options), "connect");
    connection_.reset(connection);
    jsOptions settings;
    check(jsOptions_Init(&settings), "make options");
    settings.PublishAsync.MaxPending = kMostUnconfirmed;
    settings.PublishAsync.ErrHandler = &Impl::on_refused;
    settings.PublishAsync.ErrHandlerClosure = this;
    jsCtx* jetstream = nullptr;
    check(natsConnection_JetStream(&jetstream, connection, &settings), "use JetStream");
    jetstream_.reset(jetstream);
  }

  void send() {
    refused_ = 0;
    for (const auto& message : messages_) {
      check(js_PublishAsync(jetstream_.get(), message.subject.c_str(), message.text.data(),
                            static_cast<int>(message.text.size()), nullptr),
            "publish a start");
    }
    jsPubOptions options;
    check(jsPubOptions_Init(&options), "make options");
    options.MaxWait = kConfirmMillis;
    check(js_PublishAsyncComplete(jetstream_.get(), &options), "have the starts confirmed");
    if (refused_ > 0) {
      throw std::runtime_error(std::to_string(refused_) + " starts were refused by JetStream");
    }
  }

  std::int64_t last_sequence(const std::string& stream) const {
    jsStreamInfo* info = nullptr;
    jsErrCode code{};
    const auto status = js_GetStreamInfo(&info, jetstream_.get(), stream.c_str(), nullptr, &code);
    const StreamInfoPtr owned(info);
    if (status == NATS_NOT_FOUND) return 0;
    check(status, "look at a stream");
    return static_cast<std::int64_t>(info->State.LastSeq);
  }

  struct Message {
    std::string subject;
    std::string text;
  };
  std::vector<Message> messages_;

 private:
  static void on_refused(jsCtx*, jsPubAckErr*, void* closure) {
    ++static_cast<Impl*>(closure)->refused_;
  }

  std::atomic<int> refused_{0};
  ConnectionPtr connection_;
  JetStreamPtr jetstream_;
};

JetStreamDoor::JetStreamDoor(const Installation& installation)
    : impl_(std::make_unique<Impl>(installation.nats().url())) {}
JetStreamDoor::~JetStreamDoor() = default;

void JetStreamDoor::prepare(const std::vector<Start>& starts) {
  impl_->messages_.clear();
  impl_->messages_.reserve(starts.size());
  for (const auto& start : starts) {
    impl_->messages_.push_back({std::string(kNamespace) + ".start." + start.definition,
                                R"({"key":")" + start.key + R"(","input":)" + start.input + "}"});
  }
}

void JetStreamDoor::send() { impl_->send(); }

std::int64_t JetStreamDoor::messages() const {
  std::int64_t sum = 0;
  for (const char* stream : {"BENCH_START", "BENCH_CMD_order", "BENCH_CMD_pay", "BENCH_RES"}) {
    sum += impl_->last_sequence(stream);
  }
  return sum;
}

}  // namespace sagad::bench
