#include "jetstream/mender.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <stdexcept>
#include <utility>
#include <vector>

#include "ports/errors.hpp"

namespace sagad::jetstream {
namespace {
/// The server forgets a stream before it has cleared it away; what is made anew in between
/// vanishes with the old one.
constexpr std::chrono::milliseconds kClearing{150};
/// A stream that cannot be made is asked for no more often.
constexpr std::chrono::milliseconds kBetween{500};
}  // namespace

Mender::Mender(std::shared_ptr<StreamIndex> index, std::shared_ptr<Streams> streams,
               std::shared_ptr<spdlog::logger> log)
    : index_(std::move(index)),
      streams_(std::move(streams)),
      log_(std::move(log)),
      thread_([this] { run(); }) {}

Mender::~Mender() {
  index_->close();
  thread_.join();
}

void Mender::run() {
  do {
    const std::vector<ports::StreamRef> suspects = index_->wait_for_suspects();
    if (index_->wait_closed(kClearing)) return;
    bool mended = true;
    for (const ports::StreamRef& stream : suspects) mended = mend(stream) && mended;
    if (mended) last_failure_.clear();
  } while (!index_->wait_closed(kBetween));
}

bool Mender::mend(const ports::StreamRef& stream) {
  // Without a stream its messages stay in the outbox; the next publish asks again.
  try {
    streams_->ensure(stream);
    return true;
  } catch (const ports::Unavailable& error) {
    log_->debug("{}", error.what());  // the connector, or a consumer, tells it
  } catch (const std::runtime_error& error) {
    if (last_failure_ != error.what()) {
      last_failure_ = error.what();
      log_->warn("{}", last_failure_);
    }
  }
  return false;
}

}  // namespace sagad::jetstream
