#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "jetstream/ack_inbox.hpp"
#include "ports/bus.hpp"

namespace sagad::jetstream {

/// The streams that this bus uses, numbered, and which of them may be missing. Thread-safe.
class StreamIndex {
 public:
  /// The number of a stream, from 1.
  StreamTag number(const ports::StreamRef& stream);
  /// Of the streams that hold these rows' subjects; 0 for a subject that is none of ours.
  std::vector<StreamTag> numbers(const std::vector<ports::OutboxRow>& rows);

  void suspect(StreamTag tag);
  void suspect_all();
  /// Waits for suspects and takes them; empty after close().
  std::vector<ports::StreamRef> wait_for_suspects();
  /// Waits; true if closed meanwhile.
  bool wait_closed(std::chrono::milliseconds timeout);
  void close();

 private:
  StreamTag number_locked(const ports::StreamRef& stream);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ports::StreamRef> streams_;                    ///< guarded by mutex_, as all below
  std::map<std::string, StreamTag, std::less<>> by_prefix_;  ///< `cmd.pay.`, `res.`, `dead`
  std::set<StreamTag> suspects_;
  bool closed_ = false;
};

}  // namespace sagad::jetstream
