#include "jetstream/stream_index.hpp"

#include <optional>

#include "jetstream/names.hpp"

namespace sagad::jetstream {
namespace {

/// What the subjects of a stream, and only they, begin with.
std::string prefix_of(const ports::StreamRef& stream) {
  switch (stream.kind) {
    case ports::StreamRef::Kind::kCommands:
      return "cmd." + stream.participant + ".";
    case ports::StreamRef::Kind::kResults:
      return "res.";
    case ports::StreamRef::Kind::kStarts:
      return "start.";
    case ports::StreamRef::Kind::kSignals:
      return "signal.";
    case ports::StreamRef::Kind::kDead:
      break;
  }
  return std::string(ports::kDeadSubject);
}

}  // namespace

StreamTag StreamIndex::number_locked(const ports::StreamRef& stream) {
  const auto [found, is_new] = by_prefix_.try_emplace(prefix_of(stream), 0);
  if (is_new) {
    streams_.push_back(stream);
    found->second = static_cast<StreamTag>(streams_.size());
  }
  return found->second;
}

StreamTag StreamIndex::number(const ports::StreamRef& stream) {
  const std::lock_guard lock(mutex_);
  return number_locked(stream);
}

std::vector<StreamTag> StreamIndex::numbers(const std::vector<ports::OutboxRow>& rows) {
  std::vector<StreamTag> tags;
  tags.reserve(rows.size());
  const std::lock_guard lock(mutex_);
  std::string prefix;  // of the row before: most rows of a batch go to one stream or two
  StreamTag tag = 0;
  for (const ports::OutboxRow& row : rows) {
    if (prefix.empty() || row.subject.compare(0, prefix.size(), prefix) != 0) {
      const std::optional<ports::StreamRef> stream = Names::stream_of(row.subject);
      prefix = stream ? prefix_of(*stream) : std::string{};
      tag = stream ? number_locked(*stream) : 0;
    }
    tags.push_back(tag);
  }
  return tags;
}

void StreamIndex::suspect(StreamTag tag) {
  const std::lock_guard lock(mutex_);
  if (tag == 0 || tag > streams_.size()) return;
  suspects_.insert(tag);
  changed_.notify_all();
}

void StreamIndex::suspect_all() {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 1; i <= streams_.size(); ++i) suspects_.insert(static_cast<StreamTag>(i));
  changed_.notify_all();
}

std::vector<ports::StreamRef> StreamIndex::wait_for_suspects() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !suspects_.empty(); });
  std::vector<ports::StreamRef> taken;
  if (closed_) return taken;
  for (const StreamTag tag : suspects_) taken.push_back(streams_[tag - 1]);
  suspects_.clear();
  return taken;
}

bool StreamIndex::wait_closed(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return closed_; });
}

void StreamIndex::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace sagad::jetstream
